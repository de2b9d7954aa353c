//! `cohort.html`: a whole cohort on one self-contained page, under the same policy as a report's page.

mod heat;
mod lists;
#[cfg(test)]
pub(crate) mod sample;
mod sums;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::row::{Outcome, Row};
use super::store::link;
use crate::model::CheckIndex;
use crate::report::html::policy;
use crate::report::{count, cut, one_line};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The page of these submissions. `checks` says what each check is about.
pub fn render(rows: &[Row], checks: &CheckIndex) -> String {
    let mut rows: Vec<&Row> = rows.iter().collect();
    rows.sort_by_key(|row| (&row.id, &row.name));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(STYLE, SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "grader " (env!("CARGO_PKG_VERSION")) };
                title { "Cohort: " (count(rows.len(), "submission")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#heat" { "To the map of checks and submissions" }
                (head(&rows))
                main {
                    (sums::totals(&rows))
                    (lists::stuck(&rows))
                    (sums::failing(&rows, checks))
                    (lists::copies(&rows))
                    (lists::ungraded(&rows))
                    (heat::map(&rows, checks))
                }
                footer { p { "Made by grader " (env!("CARGO_PKG_VERSION"))
                    ". Nothing on this page leaves it; reports lie beside it." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn head(rows: &[&Row]) -> Markup {
    let counted = |word: &str| rows.iter().filter(|row| row.word() == word).count();
    let words = [
        ("graded", "graded"),
        ("refused", "cannot be graded"),
        ("missing", "not handed in"),
        ("waiting", "not graded yet"),
        ("fault", "our fault"),
    ];
    let gates = rows.iter().filter(|row| opened(row)).count();
    html! {
        header {
            h1 { (count(rows.len(), "submission")) }
            ul.sums {
                @for (word, said) in words {
                    @let n = counted(word);
                    @if n > 0 { li.(word) { strong { (n) } " " (said) } }
                }
                li { strong { (gates) } " " @if gates == 1 { "gate open" } @else { "gates open" } }
            }
        }
    }
}

/// Whether the gate of what was graded is open.
fn opened(row: &Row) -> bool {
    let tiers = row.graded().map(|g| g.tiers.as_slice()).unwrap_or_default();
    !tiers.is_empty() && tiers.iter().all(|tier| tier.gate == "open")
}

/// The points of a graded submission: earned and possible.
fn points(row: &Row) -> Option<(u32, u32)> {
    let Outcome::Graded { graded } = &row.outcome else {
        return None;
    };
    let own = graded.own()?;
    Some((own.earned, own.possible))
}

/// The share of the possible points, whole percents rounded down.
fn percent((earned, possible): (u32, u32)) -> u32 {
    let share = (u64::from(earned) * 100).checked_div(u64::from(possible));
    u32::try_from(share.unwrap_or(0).min(100)).unwrap_or(100)
}

/// A submission's name, and a link to its report where there is one.
fn named(row: &Row) -> Markup {
    let shown = match row.id == row.name {
        true => line(&row.name),
        false => format!("{} ({})", line(&row.name), line(&row.id)),
    };
    match row.graded() {
        Some(_) => html! { a href=(link(&row.name, "html")) { (shown) } },
        None => html! { (shown) },
    }
}

/// A learner's text in one line; maud escapes it for HTML.
fn line(text: &str) -> String {
    cut(&one_line(text), 300)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::HOSTILE;

    #[test]
    fn a_large_cohort_is_a_page_a_browser_can_open() {
        let page = render(&sample::rows(300, 130), &sample::index(130));
        assert!(page.len() < 4 << 20, "{} bytes", page.len());
        let map = page.split("class=\"scroll heat\"").nth(1).unwrap();
        assert_eq!(map.matches("<th scope=\"row\"").count(), 300);
        assert_eq!(map.matches("<i>").count(), 300 * 130);
        assert!(page.matches("<i>failed</i>").count() > 1_000);
    }

    #[test]
    fn hostile_names_make_no_markup_and_nothing_is_fetched() {
        let mut rows = sample::rows(8, 3);
        for row in &mut rows {
            row.name = format!("{HOSTILE}{}", row.name);
            row.id.clone_from(&row.name);
            if let Outcome::Graded { graded } = &mut row.outcome {
                graded.first = Some(HOSTILE.to_owned());
            }
        }
        rows.push(Row::new(
            HOSTILE,
            HOSTILE,
            Outcome::Refused {
                why: HOSTILE.to_owned(),
            },
        ));
        let page = render(&rows, &sample::index(3));
        assert!(page.contains("evil"), "the sample reaches the page");
        assert_eq!(page.matches("<script").count(), 1);
        assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}') && !page.contains("<img"));
        let out = regex::Regex::new(r#"<[^>]+\b(src|href|action|srcset)=['"]?([^'" >]+)"#).unwrap();
        for target in out.captures_iter(&page) {
            assert!(
                target[2].starts_with('#') || target[2].starts_with("reports/"),
                "{}",
                &target[2]
            );
        }
        let handlers = regex::Regex::new(r"<[^>]+\s(on[a-z]+|style)=").unwrap();
        assert_eq!(handlers.find(&page).map(|m| m.as_str()), None);
    }

    #[test]
    fn equal_copies_and_the_stuck_are_named() {
        let mut rows = sample::rows(4, 3);
        for row in rows.iter_mut().take(2) {
            if let Outcome::Graded { graded } = &mut row.outcome {
                graded.digest = "same".to_owned();
            }
        }
        rows[3].attempts = Some(super::super::row::Attempts {
            count: 7,
            since: "2027-03-01T19:00:00Z".to_owned(),
            longest: Some(("boot.check-1".to_owned(), 5)),
        });
        let page = render(&rows, &sample::index(3));
        let text = regex::Regex::new("<[^>]+>")
            .unwrap()
            .replace_all(&page, " ");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            text.contains("handed in the same files: learner-000 , learner-001"),
            "{text}"
        );
        assert!(
            text.contains("7 attempts since 2027-03-01; boot.check-1 open for 5"),
            "{text}"
        );
    }
}
