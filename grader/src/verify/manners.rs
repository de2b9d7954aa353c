//! How a finding must speak, whatever it found: what holds for every flaw, and is looked at in every run over them.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Finding, Record, Report, Verdict};

/// The longest first line, in characters.
const LONGEST: usize = 100;

/// A folder of the machine that graded.
static MACHINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[\s`'\x22(])/(?:tmp|root|home/\w+|var/(?:tmp|lib)|work)/").ok()
});

/// What the findings of a report have not got right, each with its check.
pub(super) fn bad_manners(report: &Report) -> Vec<(String, String)> {
    let failed = report.checks.iter().filter(|r| r.kept_back.is_none());
    let findings = failed.flat_map(|record| each(record).map(move |f| (record, f)));
    findings
        .filter_map(|(record, finding)| Some((record.id.to_string(), bad(record, finding)?)))
        .collect()
}

fn each(record: &Record) -> impl Iterator<Item = &Finding> {
    record.verdict.findings().iter()
}

fn bad(record: &Record, finding: &Finding) -> Option<String> {
    let saw = finding.saw.as_str();
    let words = [saw, finding.expected.as_str(), finding.actual.as_str()];
    let note = finding.note.as_deref();
    let machine = |text: &&str| MACHINE.as_ref().is_some_and(|m| m.is_match(text));
    let what = if saw.is_empty() || saw.contains('\n') {
        "its first line is none"
    } else if saw.chars().count() > LONGEST {
        "its first line is too long"
    } else if saw.ends_with('.') {
        "its first line ends with a stop"
    } else if words.iter().copied().chain(note).any(|text| machine(&text)) {
        "it names a folder of this machine"
    } else if finding.hint.as_deref().is_none_or(str::is_empty) {
        "it has no hint"
    } else if finding.why.is_none() {
        "it does not say why it matters"
    } else if finding.expected.is_empty() && matches!(record.verdict, Verdict::Fail { .. }) {
        "it does not say what was expected"
    } else {
        return None;
    };
    Some(format!("a finding speaks badly: {what}: {saw}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_good_report_is_left_alone_and_a_bad_one_told() {
        assert_eq!(bad_manners(&sample::mixed()), []);
        let spoil = |spoil: fn(&mut Finding)| {
            let mut report = sample::mixed();
            for record in &mut report.checks {
                if let Verdict::Fail { findings } = &mut record.verdict {
                    findings.iter_mut().take(1).for_each(spoil);
                }
            }
            bad_manners(&report).len()
        };
        assert_eq!(spoil(|f| f.saw.push('.')), 2);
        assert_eq!(spoil(|f| f.saw = "x".repeat(101)), 2);
        assert_eq!(spoil(|f| f.actual = "File \"/tmp/a1/app.py\"".into()), 2);
        assert_eq!(spoil(|f| f.hint = None), 2);
        assert_eq!(spoil(|f| f.expected.clear()), 2);
    }
}
