//! One self-contained page: no request leaves it, nothing in it runs but the script that stands here, and a
//! reader without scripts loses only comfort.

mod evidence;
mod finding;
mod foot;
mod head;
mod plot;
mod stages;
mod tables;
mod talk;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::text::{cut, one_line, visible};
use crate::model::Report;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// How long a text may be, in characters.
const LONG: usize = 600;

/// The report as one HTML document.
pub fn render(report: &Report) -> String {
    let title = format!(
        "{} · {}",
        head::verdict(report),
        line(&report.submission.name)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(STYLE, SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "grader " (report.grader) };
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#findings" { "To the findings" }
                (head::head(report))
                main {
                    (stages::overview(report))
                    (tables::tables(report))
                    (stages::filter(report))
                    div #findings tabindex="-1" { (stages::all(report)) }
                    (talk::beliefs(report))
                    (foot::notes(report))
                }
                (foot::footer(report))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Nothing may be fetched, sent or framed; the style and the script of the page are these, by their digests (Content
/// Security Policy Level 3, §2.3.1).
pub(crate) fn policy(style: &str, script: &str) -> String {
    let digest = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        digest(style),
        digest(script)
    )
}

/// A learner's text in one line; maud escapes it for HTML.
fn line(text: &str) -> String {
    cut(&one_line(text), LONG)
}

/// A learner's text with its line breaks.
fn block(text: &str) -> Markup {
    html! { pre tabindex="0" { code { (cut(&visible(text), 8 * LONG)) } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// Every kind of tag on a page, sorted.
    fn tags(page: &str) -> Vec<String> {
        let tag = regex::Regex::new(r"</?([a-z][a-z0-9]*)").unwrap();
        let tags: std::collections::BTreeSet<_> =
            tag.captures_iter(page).map(|c| c[0].to_owned()).collect();
        tags.into_iter().collect()
    }

    #[test]
    fn hostile_text_makes_no_markup() {
        let (mild, hostile) = (render(&sample::full()), render(&sample::hostile()));
        assert!(hostile.contains("evil"), "the sample reaches the page");
        assert_eq!(tags(&mild), tags(&hostile));
        assert_eq!(hostile.matches("<script").count(), 1);
        assert!(!hostile.contains("<script>alert") && !hostile.contains('\0'));
        assert!(!hostile.contains('\u{1b}') && !hostile.contains('\u{202e}'));
    }

    #[test]
    fn nothing_is_fetched_and_nothing_links_away() {
        let page = render(&sample::hostile());
        let out = regex::Regex::new(r#"<[^>]+\b(src|href|action|srcset)=['"]?([^'" >]+)"#).unwrap();
        let targets: Vec<_> = out.captures_iter(&page).map(|c| c[2].to_owned()).collect();
        assert!(!targets.is_empty());
        for target in targets {
            assert!(target.starts_with('#'), "{target}");
        }
        let handlers = regex::Regex::new(r"<[^>]+\s(on[a-z]+|style)=").unwrap();
        assert_eq!(handlers.find(&page).map(|m| m.as_str()), None);
    }

    #[test]
    fn the_policy_names_the_style_and_the_script_that_are_there() {
        let page = render(&sample::green());
        for text in [STYLE, SCRIPT] {
            assert!(
                page.contains(text),
                "written as it is, so that its digest holds"
            );
            assert!(!text.contains("</"), "it would end its element");
        }
        let policy = policy(STYLE, SCRIPT);
        assert!(policy.contains("default-src 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn every_finding_and_every_verdict_is_on_the_page() {
        let report = sample::mixed();
        let page = render(&report);
        for record in &report.checks {
            assert!(page.contains(record.id.as_str()), "{}", record.id);
            for finding in record.verdict.findings() {
                assert!(page.contains(&finding.fingerprint), "{}", finding.id);
            }
        }
        let score = report.score;
        assert!(page.contains(&format!("{} of {} points", score.earned, score.possible)));
    }

    #[test]
    fn a_flood_stays_a_page_a_browser_can_open() {
        let page = render(&sample::flood(400));
        assert!(page.len() < 16 << 20, "{} bytes", page.len());
    }
}
