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
    use crate::model::{Exit, Overridden, OverridesRef, Ruling, SCHEMA, Severity, Verdict};

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
