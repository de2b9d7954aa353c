//! The tables as boxes, a row for each column, and a line for each foreign key.

use maud::{Markup, html};

use super::layout::{Layout, Spot, place};
use super::{Colours, entity, name};
use crate::model::{DrawnColumn, DrawnTable};
use crate::report::text::{count, cut, one_line};

/// One column, pixels.
const ROW: f64 = 22.0;
/// A table's name, pixels.
const HEAD: f64 = 28.0;
/// A letter of the drawing's typeface, pixels.
const LETTER: f64 = 7.3;
/// What stands before a column's name, and the room around texts, pixels.
const GUTTER: f64 = 44.0;
/// Wider drawings than this are made smaller to fit their page, as far as they stay readable, pixels.
const WIDE: f64 = 900.0;
/// How long a text in the drawing may be, in characters.
const LONG: usize = 26;

/// A table as it is drawn.
struct Drawn<'a> {
    table: &'a DrawnTable,
    rows: Vec<Row<'a>>,
    width: f64,
}

struct Row<'a> {
    column: &'a DrawnColumn,
    key: &'static str,
    name: String,
    holds: String,
}

/// The drawing of these tables.
pub(super) fn draw(tables: &[&DrawnTable], colours: &Colours<'_>) -> Markup {
    let drawn: Vec<Drawn<'_>> = tables.iter().map(|t| prepare(t)).collect();
    let sizes: Vec<(f64, f64)> = drawn.iter().map(size).collect();
    let place_of = |name: &str| tables.iter().position(|t| t.name == name);
    let from = |n: usize, t: &DrawnTable| {
        let to = t.references.iter().filter_map(|r| place_of(&r.table));
        to.map(|to| (to, n)).collect::<Vec<_>>()
    };
    let lines: Vec<(usize, usize)> = tables
        .iter()
        .enumerate()
        .flat_map(|(n, t)| from(n, t))
        .collect();
    let layout = place(&sizes, &lines);
    let says = format!(
        "{}, {}. The same is told in words below.",
        count(tables.len(), "table"),
        count(lines.len(), "foreign key")
    );
    html! {
        svg.diagram.wide[layout.width > WIDE] role="img" aria-labelledby="diagram-title diagram-says"
            width=(whole(layout.width)) height=(whole(layout.height))
            viewBox={ "0 0 " (whole(layout.width)) " " (whole(layout.height)) } {
            title #diagram-title { "Your tables and what refers to what" }
            desc #diagram-says { (says) }
            defs {
                marker #arrow markerWidth="9" markerHeight="9" refX="8" refY="4.5" orient="auto" {
                    path.tip d="M0 0 L9 4.5 L0 9 z" {}
                }
            }
            @for bends in &layout.lines { (line(bends)) }
            @for (n, drawn) in drawn.iter().enumerate() { (table(drawn, &layout, n, colours)) }
        }
    }
}

fn prepare(table: &DrawnTable) -> Drawn<'_> {
    let row = |column| Row {
        column,
        key: key(table, column),
        name: cut(&one_line(&column.name), LONG),
        holds: cut(&one_line(&holds(column)), LONG),
    };
    let rows: Vec<Row<'_>> = table.columns.iter().map(row).collect();
    let letters = |text: &str| f64::from(u16::try_from(text.chars().count()).unwrap_or(u16::MAX));
    let of_row = |r: &Row<'_>| GUTTER + LETTER * (letters(&r.name) + letters(&r.holds) + 3.0);
    let of_head = 2.0 * LETTER + LETTER * 1.1 * letters(&name(table));
    let width = rows.iter().map(of_row).fold(of_head.max(120.0), f64::max);
    Drawn { table, rows, width }
}

/// `venue.city`, or what is the matter with the column where something is.
fn holds(column: &DrawnColumn) -> String {
    let held = column.holds.join(", ");
    match column.mark.as_deref() {
        Some(mark @ ("copy" | "list")) => format!("{mark}: {held}"),
        _ => held,
    }
}

fn key(table: &DrawnTable, column: &DrawnColumn) -> &'static str {
    let refers = table
        .references
        .iter()
        .any(|r| r.columns.contains(&column.name));
    match (table.primary_key.contains(&column.name), refers) {
        (true, _) => "PK",
        (false, true) => "FK",
        (false, false) => "",
    }
}

fn size(drawn: &Drawn<'_>) -> (f64, f64) {
    let rows = f64::from(u16::try_from(drawn.rows.len()).unwrap_or(u16::MAX));
    (drawn.width, HEAD + ROW * rows)
}

/// From what refers to what it refers to.
fn line(bends: &[Spot]) -> Markup {
    let at = |(n, spot): (usize, &Spot)| {
        let letter = if n == 0 { 'M' } else { 'L' };
        format!("{letter}{} {}", whole(spot.x), whole(spot.y))
    };
    let path: Vec<String> = bends.iter().rev().enumerate().map(at).collect();
    html! {
        @if !path.is_empty() { path.reference d=(path.join(" ")) marker-end="url(#arrow)" {} }
    }
}

fn table(drawn: &Drawn<'_>, layout: &Layout, n: usize, colours: &Colours<'_>) -> Markup {
    let Some(at) = layout.boxes.get(n) else {
        return html! {};
    };
    let (width, height) = size(drawn);
    let about = colours.class(drawn.table.about.first().map(String::as_str));
    html! {
        g.table transform={ "translate(" (whole(at.x)) " " (whole(at.y)) ")" } {
            title { (super::sentence(drawn.table)) }
            rect.box width=(whole(width)) height=(whole(height)) rx="4" {}
            rect.head.(about) width=(whole(width)) height=(whole(HEAD)) rx="4" {}
            text.name x="10" y="19" { (name(drawn.table)) }
            @for (row, n) in drawn.rows.iter().zip(0_u16..) {
                (column(row, HEAD + ROW * f64::from(n), width, colours))
            }
        }
    }
}

fn column(row: &Row<'_>, top: f64, width: f64, colours: &Colours<'_>) -> Markup {
    let colour = colours.class(entity(row.column));
    let base = whole(top + 15.0);
    let wrong = matches!(row.column.mark.as_deref(), Some("copy" | "list"));
    html! {
        rect.stripe.(colour) x="4" y=(whole(top + 3.0)) width="6" height=(whole(ROW - 6.0)) {}
        text.key x="14" y=(base) { (row.key) }
        text x=(whole(GUTTER - 8.0)) y=(base) { (row.name) }
        text.holds x=(whole(width - 8.0)) y=(base) text-anchor="end" { (row.holds) }
        @if wrong {
            rect.wrong x="1.5" y=(whole(top + 1.0)) width=(whole(width - 3.0)) height=(whole(ROW - 2.0)) rx="3" {}
        }
    }
}

/// Pixels without a fraction that nobody sees.
fn whole(pixels: f64) -> String {
    format!("{pixels:.0}")
}
