//! What to expect of a grader that has ended; whatever is not as expected is shown with all it said.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A grader that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) took: Duration,
    pub(crate) command: String,
    pub(crate) reports: TempDir,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            command,
            code,
            out,
            err,
            took,
            ..
        } = self;
        writeln!(f, "$ {command}\nended with {code:?} after {took:?}")?;
        writeln!(f, "── stdout\n{out}── stderr\n{err}")
    }
}

impl Ended {
    /// It ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "expected exit code {code}\n{self}");
        assert!(!self.err.contains("panicked"), "{self}");
        self
    }

    /// It said all of this, on either stream. Lines are compared without their breaks.
    #[track_caller]
    pub(crate) fn says(self, all: &[&str]) -> Self {
        let said = flowing(&format!("{}\n{}", self.out, self.err));
        for text in all {
            assert!(said.contains(text), "expected to read {text:?}\n{self}");
        }
        self
    }

    /// It said none of this.
    #[track_caller]
    pub(crate) fn never_says(self, all: &[&str]) -> Self {
        let said = flowing(&format!("{}\n{}", self.out, self.err));
        for text in all {
            assert!(
                !said.contains(text),
                "expected not to read {text:?}\n{self}"
            );
        }
        self
    }

    /// One message on standard error, with a cure, and nothing else: what every mistake of a user gets.
    #[track_caller]
    pub(crate) fn refuses(self, all: &[&str]) -> Self {
        let ended = self.exits(2).says(all);
        let one = ended.err.starts_with("error: ") && ended.err.matches("error: ").count() == 1;
        assert!(
            one && ended.err.contains("\n  try: "),
            "expected one message with a cure\n{ended}"
        );
        assert!(
            ended.out.is_empty(),
            "expected nothing on standard output\n{ended}"
        );
        ended
    }

    /// The JSON report.
    #[track_caller]
    pub(crate) fn report(&self) -> Value {
        let text = std::fs::read_to_string(self.reports.path().join("report.json"));
        let text = text.unwrap_or_else(|e| panic!("no report: {e}\n{self}"));
        serde_json::from_str(&text).unwrap()
    }

    /// Every check of the report with its verdict, `boot.port-ignored: pass`, a line each.
    #[track_caller]
    pub(crate) fn verdicts(&self) -> String {
        let report = self.report();
        let mut lines = String::new();
        for check in report["checks"].as_array().unwrap() {
            let text = |key: &str| check[key].as_str().unwrap();
            writeln!(lines, "{}: {}", text("id"), text("verdict")).unwrap();
        }
        lines
    }

    /// Exactly this check failed, what it blocks waits for it, and the report names the cause.
    #[track_caller]
    pub(crate) fn fails_alone(self, id: &str, cause: &[&str]) -> Self {
        let ended = self
            .exits(1)
            .says(cause)
            .says(&[&format!("fix first: {id}")]);
        for line in ended.verdicts().lines() {
            let (check, verdict) = line.split_once(": ").unwrap();
            assert_eq!(check == id, verdict == "fail", "{line}\n{ended}");
        }
        ended
    }
}

/// Text with every run of blanks and line breaks as one blank.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
