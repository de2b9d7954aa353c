//! The learner's tables: a drawing coloured by what each column is about, what stands where it should not, what would
//! cure it, and all of it in words.

mod diagram;
mod layout;

use maud::{Markup, html};

use super::line;
use crate::model::{Cure, DrawnColumn, DrawnTable, Picture, Report};
use crate::report::text::{cut, one_line};

/// More tables than these make no picture that anybody reads: those that hold what was planted are drawn.
const DRAWN: usize = 40;
/// How long a table's name may be in the drawing, in characters.
const NAME: usize = 40;
/// The colours of the style sheet, `.of-0` to `.of-7`.
const COLOURS: usize = 8;

/// Which colour stands for which entity.
struct Colours<'a>(Vec<&'a str>);

impl<'a> Colours<'a> {
    /// In the order in which the tables name them.
    fn of(picture: &'a Picture) -> Self {
        let mut entities: Vec<&str> = Vec::new();
        let about = |t: &'a DrawnTable| {
            let columns = t.columns.iter().filter_map(entity);
            t.about.iter().map(String::as_str).chain(columns)
        };
        for entity in picture.tables.iter().flat_map(about) {
            if !entity.is_empty() && !entities.contains(&entity) {
                entities.push(entity);
            }
        }
        Self(entities)
    }

    fn class(&self, entity: Option<&str>) -> String {
        let place = entity.and_then(|e| self.0.iter().position(|known| *known == e));
        place.map_or("of-none".to_owned(), |n| format!("of-{}", n % COLOURS))
    }
}

/// The section; nothing where the run did not look at the tables.
pub(super) fn tables(report: &Report) -> Markup {
    let Some(picture) = report.picture.as_ref().filter(|p| !p.tables.is_empty()) else {
        return html! {};
    };
    let colours = Colours::of(picture);
    let planted: Vec<&DrawnTable> = picture.tables.iter().filter(|t| used(t)).collect();
    let drawn: Vec<&DrawnTable> = match picture.tables.len() {
        0..=DRAWN => picture.tables.iter().collect(),
        _ => planted.into_iter().take(DRAWN).collect(),
    };
    let left = picture.tables.len() - drawn.len();
    html! {
        section.tables aria-labelledby="tables" {
            h2 #tables { "your tables" }
            (legend(&colours))
            div.scroll tabindex="0" role="group" aria-labelledby="tables" { (diagram::draw(&drawn, &colours)) }
            @if left > 0 { p.more { (crate::report::text::count(left, "more table")) " in words only." } }
            @for cure in &picture.cures { (instead(cure)) }
            details {
                summary { "The same in words" }
                @for (n, table) in picture.tables.iter().enumerate() { (words(table, n)) }
            }
        }
    }
}

fn used(table: &DrawnTable) -> bool {
    table.about.iter().any(|a| !a.is_empty())
}

fn legend(colours: &Colours<'_>) -> Markup {
    html! {
        ul.legend aria-label="Colours" {
            @for entity in &colours.0 {
                li { span.patch.(colours.class(Some(entity))) {} (line(entity)) }
            }
            li { span.patch.wrong {} "stands here again, or several in one cell" }
        }
    }
}

/// The tables to have instead.
fn instead(cure: &Cure) -> Markup {
    html! {
        section.cure {
            p { (line(&cure.says)) }
            p { "Instead of " code { (line(&cure.table)) } ":" }
            ul {
                @for wanted in &cure.instead {
                    li {
                        @match &wanted.exists {
                            Some(table) => code { (line(table)) },
                            None => "a new table",
                        }
                        " (" (line(&wanted.facts.join(", "))) ")"
                    }
                }
            }
        }
    }
}

fn words(table: &DrawnTable, n: usize) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-labelledby={ "table-" (n) } {
            table {
                caption #{ "table-" (n) } { strong { code { (line(&table.name)) } } " " (sentence(table)) }
                thead { tr { th scope="col" { "Column" } th scope="col" { "Type" } th scope="col" { "Holds" } th scope="col" { "Notes" } } }
                tbody {
                    @for column in &table.columns {
                        tr {
                            th scope="row" { code { (line(&column.name)) } }
                            td { (line(&column.type_name)) }
                            td { (line(&column.holds.join(", "))) }
                            td { (line(&notes(table, column).join(", "))) }
                        }
                    }
                }
            }
        }
    }
}

/// What the table is about, and whether anybody reads it.
fn sentence(table: &DrawnTable) -> String {
    let about: Vec<&str> = table.about.iter().map(String::as_str).collect();
    let about: Vec<&str> = about.into_iter().filter(|a| !a.is_empty()).collect();
    let about = match about.as_slice() {
        [] => "holds nothing that was planted".to_owned(),
        about => format!("is about {}", about.join(" and ")),
    };
    let read = if table.read {
        ""
    } else {
        "; no request reads it"
    };
    line(&format!("{about}{read}"))
}

fn notes(table: &DrawnTable, column: &DrawnColumn) -> Vec<String> {
    let mut notes = Vec::new();
    if table.primary_key.contains(&column.name) {
        notes.push("primary key".to_owned());
    }
    let own = |columns: &&Vec<String>| columns.contains(&column.name);
    let uniques = table.uniques.iter().filter(own);
    notes.extend(uniques.map(|u| match u.as_slice() {
        [_] => "unique".to_owned(),
        several => format!("unique: {}", several.join(", ")),
    }));
    let references = table.references.iter();
    let references = references.filter(|r| r.columns.contains(&column.name));
    notes.extend(references.map(|r| format!("refers to {}", r.table)));
    if column.nullable {
        notes.push("may be null".to_owned());
    }
    notes.extend(column.mark.iter().map(|mark| match mark.as_str() {
        "honest" => "a copy that is meant to be one".to_owned(),
        mark => mark.to_owned(),
    }));
    notes
}

/// The entity that what a column holds is about.
fn entity(column: &DrawnColumn) -> Option<&str> {
    column.entity.as_deref()
}

/// `venue`, or `other.venue` where the schema is not the usual one.
fn name(table: &DrawnTable) -> String {
    let name = table.name.strip_prefix("public.").unwrap_or(&table.name);
    cut(&one_line(name), NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn page(picture: Picture) -> String {
        let mut report = sample::mixed();
        report.picture = Some(picture);
        tables(&report).into_string()
    }

    #[test]
    fn every_table_and_column_is_drawn_and_told_in_words() {
        let page = page(sample::picture());
        for text in ["venue_city", "copy: venue.city", "FK", "event", "log"] {
            assert!(page.contains(text), "{text}");
        }
        assert_eq!(
            page.matches("class=\"wrong\"").count(),
            1,
            "one copy is outlined"
        );
        assert_eq!(
            page.matches("class=\"reference\"").count(),
            1,
            "one foreign key"
        );
        assert!(page.contains("refers to public.venue"));
        assert!(page.contains("no request reads it"));
        assert!(page.contains("is no key of"), "the cure stands beside");
    }

    #[test]
    fn a_run_that_saw_no_tables_says_nothing_of_them() {
        assert_eq!(tables(&sample::mixed()).into_string(), "");
        assert_eq!(page(Picture::default()), "");
    }

    #[test]
    fn of_many_tables_those_that_hold_something_are_drawn() {
        let one = &sample::picture().tables[0];
        let numbered = |n: usize| DrawnTable {
            name: format!("public.t{n}"),
            about: if n.is_multiple_of(2) {
                vec!["event".into()]
            } else {
                vec![]
            },
            ..one.clone()
        };
        let tables = (0..300).map(numbered).collect();
        let page = page(Picture {
            tables,
            cures: vec![],
        });
        assert_eq!(page.matches("<g class=\"table\"").count(), DRAWN);
        assert!(page.contains("260 more tables"));
        assert!(page.contains("public.t299"), "in words");
    }
}
