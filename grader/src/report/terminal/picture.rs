//! The learner's tables in a terminal: what each column holds, and what stands where it should not.

use super::page::Page;
use crate::model::{DrawnColumn, DrawnTable, Picture, Report};
use crate::report::Ink;

/// The tables, where there is something to mend in them. What is in order takes no room here.
pub(super) fn tables(page: &mut Page, report: &Report) {
    let Some(picture) = report.picture.as_ref().filter(|p| !p.cures.is_empty()) else {
        return;
    };
    page.heading("your tables", &[]);
    for table in picture.tables.iter().filter(|t| concerns(picture, t)) {
        page.gap();
        page.text(2, 4, Ink::Strong, &title(table));
        for column in &table.columns {
            page.text(4, 6, ink(column), &line(table, column));
        }
    }
    for cure in &picture.cures {
        page.gap();
        page.text(2, 4, Ink::Plain, &format!("instead of {}:", cure.table));
        for wanted in &cure.instead {
            let name = wanted.exists.as_deref().unwrap_or("a new table");
            page.text(
                4,
                6,
                Ink::Good,
                &format!("{name} ({})", wanted.facts.join(", ")),
            );
        }
    }
}

/// A table with a flaw, or one that a cure would use.
fn concerns(picture: &Picture, table: &DrawnTable) -> bool {
    picture.cures.iter().any(|cure| {
        let used = cure
            .instead
            .iter()
            .any(|w| w.exists.as_ref() == Some(&table.name));
        used || cure.table == table.name
    })
}

fn title(table: &DrawnTable) -> String {
    match table.about.as_slice() {
        [] => table.name.clone(),
        about => format!("{}: {}", table.name, about.join(" and ")),
    }
}

/// `venue_id bigint, key, → public.venue: the venue of event`.
fn line(table: &DrawnTable, column: &DrawnColumn) -> String {
    let mut line = format!("{} {}", column.name, column.type_name);
    if table.primary_key.contains(&column.name) {
        line.push_str(", key");
    }
    for reference in table
        .references
        .iter()
        .filter(|r| r.columns.contains(&column.name))
    {
        line.push_str(&format!(", → {}", reference.table));
    }
    if !column.holds.is_empty() {
        line.push_str(&format!(": {}", column.holds.join(", ")));
    }
    if let Some(mark) = &column.mark {
        line.push_str(&format!(" ({mark})"));
    }
    line
}

fn ink(column: &DrawnColumn) -> Ink {
    match column.mark.as_deref() {
        Some("copy" | "list") => Ink::Bad,
        _ if column.holds.is_empty() => Ink::Faint,
        _ => Ink::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::super::render;
    use crate::report::{Style, sample};

    #[test]
    fn tables_with_a_copy_at_60() {
        let mut report = sample::mixed();
        report.picture = Some(sample::picture());
        let text = render(&report, 60, Style::PLAIN);
        let (_, shown) = text.split_once("your tables").unwrap_or_default();
        assert!(
            shown.contains("venue_city text: venue.city (copy)"),
            "{shown}"
        );
        assert!(
            shown.contains("venue_id bigint, → public.venue: venue"),
            "{shown}"
        );
        assert!(!shown.contains("public.log"), "{shown}");
        let (shown, _) = shown.split_once("──").unwrap_or_default();
        assert!(shown.lines().all(|l| l.chars().count() <= 60), "{shown}");
    }
}
