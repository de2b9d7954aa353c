//! A row for a spreadsheet.

use crate::model::{Doing, Fault, Report};
use crate::report::text::{cut, one_line};

/// The columns, in order.
const COLUMNS: [&str; 11] = [
    "submission",
    "commit",
    "project",
    "tier",
    "earned",
    "possible",
    "gate",
    "verdict",
    "started",
    "grader",
    "pack",
];

/// A header and one row.
///
/// # Errors
/// Only if the CSV writer fails, which is ours.
pub fn render(report: &Report) -> Result<String, Fault> {
    let doing = "writing the gradebook";
    let gate = match report.tiers.iter().all(|t| t.open) && report.complete {
        true => "open",
        false => "closed",
    };
    let row = [
        cell(&report.submission.name),
        cell(report.submission.commit.as_deref().unwrap_or_default()),
        cell(&report.pack.id),
        report.pack.tier.to_string(),
        report.score.earned.to_string(),
        report.score.possible.to_string(),
        gate.to_owned(),
        match report.partial {
            true => "partial".to_owned(),
            false => cell(&report.verdict),
        },
        cell(&report.started),
        cell(&report.grader),
        cell(&report.pack.digest),
    ];
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS).doing(doing)?;
    out.write_record(row).doing(doing)?;
    String::from_utf8(out.into_inner().doing(doing)?).doing(doing)
}

/// Text that no spreadsheet takes for a formula (OWASP, CSV injection).
pub fn cell(text: &str) -> String {
    let text = cut(&one_line(text), 400);
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_formula_is_text() {
        let mut report = sample::green();
        report.submission.name = "=HYPERLINK(\"http://evil.test\")".to_owned();
        let text = render(&report).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!(row.len(), COLUMNS.len());
        assert_eq!(row.get(0), Some("'=HYPERLINK(\"http://evil.test\")"));
    }
}
