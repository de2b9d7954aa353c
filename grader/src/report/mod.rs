//! Outputs: one file a format, each a pure function of the [`Report`](crate::model::Report).
//!
//! Nobody escapes earlier: a renderer gets a learner's text as it was seen and escapes it for its own
//! medium.

mod evidence;
pub mod exports;
mod format;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod mentor;
#[cfg(test)]
pub(crate) mod sample;
mod style;
pub mod terminal;
mod text;
mod write;

pub use format::{Format, Target};
pub use style::{Ink, Style};
pub use text::{count, cut, one_line, visible};
pub use write::{writable, write_atomically};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Exit, Overridden, OverridesRef, Report, Ruling, SCHEMA, Severity, Shows, Verdict,
    };

    #[test]
    fn one_total_in_every_output() {
        for report in [sample::mixed(), sample::green(), sample::flood(30)] {
            let score = report.score;
            let total = format!("{} of {} points", score.earned, score.possible);
            assert!(terminal::render(&report, 80, Style::PLAIN).contains(&total));
            assert!(Format::Markdown.render(&report).unwrap().contains(&total));
            let json: serde_json::Value =
                serde_json::from_str(&Format::Json.render(&report).unwrap()).unwrap();
            assert_eq!(json["score"]["earned"], score.earned);
            assert_eq!(json["tiers"][0]["score"]["possible"], score.possible);
        }
    }

    /// Every output of a report: each file format, the terminal and a mentor's packet.
    fn outputs(report: &Report) -> Vec<(&'static str, String)> {
        let files = Format::ALL.iter();
        let mut all: Vec<_> = files
            .map(|format| (format.as_str(), format.render(report).unwrap()))
            .collect();
        all.push(("terminal", terminal::render(report, 400, Style::PLAIN)));
        all.push(("mentor", mentor::render(report, None, &[])));
        all
    }

    #[test]
    fn what_a_project_keeps_back_occurs_in_no_output() {
        // What the sample's findings say and nothing else in it does, from the outermost to the innermost.
        let seen = [
            "POST /venues answered 200",
            "DELETE /venues/{id} answered 200",
        ];
        let first = "the service ended when a venue was changed";
        let rests = [
            "201, as the contract says",
            "with the new venue in the body",
            "only the status is not",
            "Hall 7f3a",
            "SELECT id, name",
            "the venue was made, and the answer",
        ];
        let rests_first = ["reset by peer", "shop.py"];
        let advice = "listens on 0.0.0.0:9090";
        let hidden = |shows: Shows| match shows {
            Shows::Everything => vec![],
            Shows::Findings => [&rests[..], &rests_first].concat(),
            Shows::Titles => [&rests[..], &rests_first, &seen, &[first, advice]].concat(),
            // The row of the failure to mend first names the hall too.
            Shows::FirstFailure => [&rests[..3], &seen, &[advice]].concat(),
        };
        for shows in Shows::ALL {
            let report = sample::kept_back(shows);
            let full = sample::mixed();
            assert_eq!(report.score, full.score, "it is counted all the same");
            assert_eq!(report.totals, full.totals);
            for (name, text) in outputs(&report) {
                for secret in hidden(shows) {
                    assert!(
                        !text.contains(secret),
                        "{name} with {shows:?} tells {secret}"
                    );
                }
            }
            let says = report.kept_back.as_ref().map(|kept| kept.says.as_str());
            assert_eq!(says.is_none(), shows == Shows::Everything);
            let told = terminal::render(&report, 400, Style::PLAIN);
            assert!(told.contains(says.unwrap_or_default()), "{told}");
            assert_eq!(told.contains(first), shows != Shows::Titles, "{shows:?}");
        }
        // The same words are there where nothing is kept back: else the test would prove nothing.
        let full = terminal::render(&sample::mixed(), 400, Style::PLAIN);
        for secret in hidden(Shows::Titles) {
            assert!(full.contains(secret), "{secret}: {full}");
        }
    }

    #[test]
    fn a_stored_report_can_be_told_with_less() {
        for shows in Shows::ALL {
            let told = crate::feedback::retell(sample::mixed(), shows);
            let mut kept = sample::kept_back(shows);
            kept.picture = None;
            assert_eq!(told, kept);
        }
    }

    /// Bytes a report may have whatever a service says. The JSON report alone keeps everything.
    const BOUND: usize = 8 << 20;

    #[test]
    fn ten_megabytes_of_hostile_text_are_harmless_and_bounded() {
        let report = sample::huge();
        let terminal = ("terminal", terminal::render(&report, 100, Style::PLAIN));
        let files = Format::ALL.map(|f| (f.as_str(), f.render(&report).unwrap()));
        for (name, text) in files.into_iter().chain([terminal]) {
            if name == "json" {
                // Control characters are written as six.
                assert!(text.len() < 60 << 20, "{name}: {} bytes", text.len());
            } else {
                assert!(text.len() < BOUND, "{name}: {} bytes", text.len());
                let unseen =
                    |c: char| c.is_control() && c != '\n' || "\u{202e}\u{ffff}".contains(c);
                assert_eq!(text.find(unseen), None, "{name}");
            }
            // A spreadsheet takes a cell that begins so for an order.
            assert!(
                !text.contains(",=HYPERLINK") && !text.contains(",\"=HYPERLINK"),
                "{name}"
            );
        }
    }

    #[test]
    fn a_report_of_a_run_that_was_cut_short_says_so_first() {
        let report = sample::cut_short();
        let terminal = ("terminal", terminal::render(&report, 100, Style::PLAIN));
        let files = Format::ALL.map(|f| (f.as_str(), f.render(&report).unwrap()));
        for (name, text) in files.into_iter().chain([terminal]) {
            let text = match name {
                "classroom" => String::from_utf8(
                    base64::Engine::decode(
                        &base64::engine::general_purpose::STANDARD,
                        text.trim_end(),
                    )
                    .unwrap(),
                )
                .unwrap(),
                _ => text,
            };
            let said = text.find("partial");
            let first = report.checks[0].id.as_str();
            let judged = text.find(first).unwrap_or(text.len());
            assert!(said.is_some_and(|said| said < judged), "{name}: {text}");
            assert!(
                !text.contains("gate is open") && !text.contains(": open"),
                "{name}"
            );
            let whole = Format::ALL.into_iter().find(|f| f.as_str() == name);
            let whole = whole.map(|f| f.render(&sample::green()).unwrap());
            assert!(
                name == "json" || !whole.is_some_and(|text| text.contains("partial report")),
                "{name}"
            );
        }
    }

    #[test]
    fn what_the_instructor_changed_is_said_in_every_output() {
        let mut report = sample::mixed();
        let mut failed = report.checks.iter_mut();
        let record = failed.find(|r| matches!(r.verdict, Verdict::Fail { .. }));
        let record = record.unwrap();
        let why = "waived".to_owned();
        record.overridden = Some(Box::new(Overridden {
            to: Ruling::Waived,
            was: std::mem::replace(&mut record.verdict, Verdict::Skipped { why }),
            reason: "the gateway strips it".to_owned(),
            by: Some("M. Curie".to_owned()),
        }));
        report.overrides = Some(OverridesRef {
            digest: String::new(),
            grader: Some("0.1.0".to_owned()),
            pack: Some("9f86d081884c7d65".to_owned()),
            missed: vec![],
        });
        let said = "waived by M. Curie, was failed: the gateway strips it";
        let formats = [
            Format::Junit,
            Format::Markdown,
            Format::Html,
            Format::Gradescope,
            Format::PrairieLearn,
            Format::Autolab,
        ];
        let plain = |text: String| text.replace("\\u2060", "").replace('\u{2060}', "");
        for format in formats {
            let text = plain(format.render(&report).unwrap());
            assert!(text.contains(said), "{}", format.as_str());
        }
        let text = terminal::render(&report, 100, Style::PLAIN);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said) && text.contains("pinned grader 0.1.0, pack 9f86d081884c"));
    }

    #[test]
    fn findings_get_why_and_the_first_hint() {
        let report = sample::mixed();
        let findings: Vec<_> = report
            .checks
            .iter()
            .flat_map(|r| r.verdict.findings())
            .collect();
        assert_eq!(findings.len(), 3);
        for finding in findings {
            assert_eq!(
                finding.hint.as_deref(),
                Some("What does a client read first?")
            );
            assert!(
                finding
                    .why
                    .as_ref()
                    .unwrap()
                    .ends_with("something new exists.")
            );
        }
    }

    #[test]
    fn the_report_adds_up() {
        let report = sample::mixed();
        assert_eq!(
            (report.schema.as_str(), report.exit()),
            (SCHEMA, Exit::Fault)
        );
        assert_eq!(sample::green().exit(), Exit::Open);
        assert_eq!(
            report
                .first
                .as_ref()
                .map(|f| f.starts_with("endpoints.lost-update")),
            Some(true)
        );
        let earned = report
            .checks
            .iter()
            .filter(|r| r.verdict.passed())
            .map(|r| r.points);
        assert_eq!(earned.sum::<u32>(), report.score.earned);
        let critical = report
            .checks
            .iter()
            .find(|r| r.severity == Severity::Critical)
            .unwrap();
        assert_eq!(critical.points, Severity::Critical.points());
        assert!(matches!(critical.verdict, Verdict::Pass { .. }));
    }
}
