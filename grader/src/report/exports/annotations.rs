//! Workflow commands of GitHub Actions ("Workflow commands", setting an error message): what failed, beside the
//! code. The runner shows ten a step, so the tenth counts the others. Never a score.

use super::case::said;
use crate::model::{Report, Verdict};
use crate::report::text::{PARTIAL, cut, one_line};

/// How many are shown, before the one that counts the rest.
const SHOWN: usize = 9;

/// One line an annotation.
pub fn render(report: &Report) -> String {
    let failed: Vec<_> = report
        .checks
        .iter()
        .filter(|r| matches!(r.verdict, Verdict::Fail { .. }))
        .collect();
    let mut lines: Vec<String> = failed
        .iter()
        .take(SHOWN)
        .map(|record| command("error", record.id.as_str(), &said(record)))
        .collect();
    if failed.len() > SHOWN {
        let more = format!(
            "{} more failed; the step's summary has them all",
            failed.len() - SHOWN
        );
        lines.push(command("error", "more", &more));
    }
    if report.partial {
        lines.insert(0, command("warning", "partial", PARTIAL));
    }
    if report.verdict == "fault" {
        let text = report
            .faults
            .first()
            .map_or("see the report", String::as_str);
        lines.push(command(
            "warning",
            "the grader failed, not the service",
            &cut(&one_line(text), 400),
        ));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Values are escaped as the runner's own toolkit does it: in the message `%` and line breaks, in a property also
/// `:` and `,`.
fn command(name: &str, title: &str, message: &str) -> String {
    let data = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let title = data(&one_line(title))
        .replace(':', "%3A")
        .replace(',', "%2C");
    format!("::{name} title={title}::{}", data(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_tenth_counts_the_others() {
        let text = render(&sample::flood(30));
        let errors = text.lines().filter(|l| l.starts_with("::error ")).count();
        assert!(errors <= SHOWN + 1, "{text}");
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(
            command("error", "a:b,c", "50% of\nit"),
            "::error title=a%3Ab%2Cc::50%25 of%0Ait"
        );
    }

    #[test]
    fn an_annotation_has_no_score() {
        let report = sample::mixed();
        assert!(!render(&report).contains(" point"));
    }
}
