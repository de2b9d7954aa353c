//! What earlier attempts left open. The ledger moves the ladder of hints and tells a learner what a change of
//! theirs did; it never touches a verdict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{MentorNote, Progress, Record, Verdict};

/// The name and version of the ledger's format.
pub const LEDGER: &str = "grader/ledger/v1";

/// All attempts of one learner, by project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// Always [`LEDGER`].
    pub schema: String,
    /// By the project's id.
    pub projects: BTreeMap<String, History>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            schema: LEDGER.to_owned(),
            projects: BTreeMap::new(),
        }
    }
}

/// The attempts at one project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// In order. What is handed in again without a change is the same attempt.
    pub attempts: Vec<Attempt>,
    /// Everything that was ever found, by fingerprint.
    pub findings: BTreeMap<String, Trail>,
    /// What mentors wrote, in order.
    #[serde(default)]
    pub notes: Vec<MentorNote>,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it was last graded, RFC 3339, UTC.
    pub when: String,
    /// SHA-256 over what was handed in, hex.
    pub digest: String,
    /// Points earned; none where only a part was asked.
    pub earned: Option<u32>,
    /// Points possible; none where only a part was asked.
    pub possible: Option<u32>,
    /// Whether the gate is open.
    pub open: bool,
}

/// One finding through the attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The check that found it.
    pub check: String,
    /// What was seen, one line.
    pub saw: String,
    /// In how many attempts in a row it was there.
    pub seen: u32,
    /// Whether it was there when its check last gave an answer.
    pub open: bool,
    /// The number of the attempt in which it was found, or found again, or found gone.
    #[serde(default)]
    pub since: u32,
}

impl History {
    /// Writes a run into the history: `digest` names what was handed in. Only checks that passed or failed say
    /// anything; what the others once found stays as it was.
    pub fn record(&mut self, records: &[Record], digest: &str, when: &str) -> Progress {
        let changed = self.attempts.last().is_none_or(|a| a.digest != digest);
        if changed {
            self.attempts.push(Attempt {
                when: when.to_owned(),
                digest: digest.to_owned(),
                earned: None,
                possible: None,
                open: false,
            });
        }
        let mut progress = Progress::default();
        for record in records {
            if matches!(record.verdict, Verdict::Pass { .. } | Verdict::Fail { .. }) {
                self.close_missing(record, &mut progress);
                self.open_found(record, changed, &mut progress);
            }
        }
        progress.attempt = self.attempt();
        progress
    }

    /// How many attempts there were.
    pub fn attempt(&self) -> u32 {
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)
    }

    /// Forgets what was seen where a project keeps it back: a ledger lies beside the learner's service.
    pub fn keep_back(&mut self, records: &[Record]) {
        for record in records.iter().filter(|r| r.kept_back.is_some()) {
            let trails = self.findings.values_mut();
            for trail in trails.filter(|t| t.check == record.id.as_str()) {
                trail.saw.clone_from(&record.summary);
            }
        }
    }

    /// Whether a mentor has signed the project off: the last note that says so or takes it back counts.
    pub fn signed_off(&self) -> bool {
        self.notes.last().is_some_and(|note| note.signed_off)
    }

    /// What mentors wrote since the attempt before this one.
    pub fn fresh_notes(&self) -> Vec<MentorNote> {
        let fresh = |note: &&MentorNote| note.attempt + 1 >= self.attempt();
        self.notes.iter().filter(fresh).cloned().collect()
    }

    fn close_missing(&mut self, record: &Record, progress: &mut Progress) {
        let found = record.verdict.findings();
        let attempt = self.attempt();
        let of_check = self
            .findings
            .iter_mut()
            .filter(|(_, trail)| trail.open && trail.check == record.id.as_str());
        for (fingerprint, trail) in of_check {
            if found.iter().all(|f| f.fingerprint != *fingerprint) {
                (trail.open, trail.since) = (false, attempt);
                progress.fixed += 1;
            }
        }
    }

    fn open_found(&mut self, record: &Record, changed: bool, progress: &mut Progress) {
        let attempt = self.attempt();
        for finding in record.verdict.findings() {
            let trail = self.findings.entry(finding.fingerprint.clone());
            let known = matches!(trail, std::collections::btree_map::Entry::Occupied(_));
            let trail = trail.or_insert_with(|| Trail {
                check: record.id.to_string(),
                saw: String::new(),
                seen: 1,
                open: true,
                since: attempt,
            });
            match (known, trail.open) {
                (false, _) => progress.new += 1,
                (true, true) => {
                    progress.open += 1;
                    trail.seen += u32::from(changed);
                }
                (true, false) => {
                    progress.back += 1;
                    (trail.open, trail.seen, trail.since) = (true, 1, attempt);
                }
            }
            trail.saw.clone_from(&finding.saw);
        }
    }

    /// How many rungs have been climbed for a finding: one for each `pace` attempts that left it open.
    pub fn climbed(&self, fingerprint: &str, pace: u32) -> usize {
        let seen = self.findings.get(fingerprint).map_or(1, |t| t.seen);
        usize::try_from(seen.saturating_sub(1) / pace.max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CheckId, Draft, Finding, Severity, Stage};

    fn record(id: &str, verdict: Verdict) -> Record {
        Record {
            id: CheckId::from(id),
            stage: Stage::Endpoints,
            summary: String::new(),
            concept: String::new(),
            severity: Severity::High,
            points: 5,
            verdict,
            kept_back: None,
            seconds: 0.0,
            overridden: None,
        }
    }

    fn fail(id: &str, subjects: &[&str]) -> Record {
        let draft = |subject: &&str| Draft {
            subject: (*subject).to_owned(),
            saw: format!("{subject} is wrong"),
            ..Draft::default()
        };
        let findings = subjects
            .iter()
            .map(draft)
            .enumerate()
            .map(|(n, d)| Finding::from_draft(id, n + 1, d));
        let findings = findings.collect();
        record(id, Verdict::Fail { findings })
    }

    fn pass(id: &str) -> Record {
        record(id, Verdict::Pass { advice: vec![] })
    }

    /// Attempt, fixed, open, new, back.
    fn told(progress: &Progress) -> [u32; 5] {
        let Progress {
            attempt,
            fixed,
            open,
            new,
            back,
        } = *progress;
        [attempt, fixed, open, new, back]
    }

    #[test]
    fn what_a_change_did_is_told() {
        let mut history = History::default();
        let mut attempt = |records: &[Record], digest: &str| {
            told(&history.record(records, digest, "2027-03-01T19:00:00Z"))
        };
        assert_eq!(attempt(&[fail("a", &["x", "y"])], "1"), [1, 0, 0, 2, 0]);
        assert_eq!(attempt(&[fail("a", &["x", "z"])], "2"), [2, 1, 1, 1, 0]);
        assert_eq!(
            attempt(&[fail("a", &["y"])], "3"),
            [3, 2, 0, 0, 1],
            "y is back"
        );
        assert_eq!(attempt(&[pass("a")], "4"), [4, 1, 0, 0, 0]);
    }

    #[test]
    fn only_an_attempt_with_a_change_climbs() {
        let mut history = History::default();
        let records = [fail("a", &["x"])];
        let fingerprint = records[0].verdict.findings()[0].fingerprint.clone();
        let mut climbed = |digest: &str| {
            history.record(&records, digest, "now");
            (
                history.climbed(&fingerprint, 1),
                history.climbed(&fingerprint, 2),
            )
        };
        assert_eq!(climbed("1"), (0, 0));
        assert_eq!(climbed("1"), (0, 0), "nothing was changed");
        assert_eq!(climbed("2"), (1, 0));
        assert_eq!(climbed("3"), (2, 1));
    }

    #[test]
    fn a_check_without_an_answer_fixes_nothing() {
        let mut history = History::default();
        history.record(&[fail("a", &["x"]), fail("b", &["y"])], "1", "now");
        let blocked = Verdict::Blocked {
            by: vec![CheckId::from("b")],
        };
        let progress = history.record(&[record("a", blocked), pass("b")], "2", "now");
        assert_eq!(told(&progress), [2, 1, 0, 0, 0]);
        let progress = history.record(&[fail("a", &["x"])], "3", "now");
        assert_eq!(
            told(&progress),
            [3, 0, 1, 0, 0],
            "it was there all the time"
        );
    }
}
