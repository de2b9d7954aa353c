//! Findings as a check collects them: one finding a cause, however often it was seen.

use crate::model::{Draft, Evidence, Finding, Verdict};

/// How much evidence one finding carries: the first sights of it, in order.
const EVIDENCE: usize = 6;

/// What a check found so far. Drafts about the same subject that show themselves in the same manner are
/// one finding: what they touch and what they rest on is gathered there.
#[derive(Debug, Clone)]
pub struct Findings {
    check: &'static str,
    drafts: Vec<Draft>,
}

impl Findings {
    /// Nothing found yet.
    pub fn new(check: &'static str) -> Self {
        Self {
            check,
            drafts: Vec::new(),
        }
    }

    /// Adds what was seen, or adds its evidence to what is known.
    pub fn add(&mut self, draft: Draft) {
        let known = self
            .drafts
            .iter_mut()
            .find(|d| d.subject == draft.subject && d.manner == draft.manner);
        match known {
            Some(known) => {
                known.evidence.extend(draft.evidence);
                known.touches.extend(draft.touches);
            }
            None => self.drafts.push(draft),
        }
    }

    /// Adds what was seen, if anything was.
    pub fn extend(&mut self, drafts: impl IntoIterator<Item = Draft>) {
        drafts.into_iter().for_each(|draft| self.add(draft));
    }

    /// Adds all that another collector of this check has.
    pub fn join(&mut self, others: Self) {
        self.extend(others.drafts);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// `Fail` with what was found, else `Pass`.
    pub fn verdict(self) -> Verdict {
        if self.is_empty() {
            return Verdict::Pass { advice: Vec::new() };
        }
        Verdict::Fail {
            findings: self.into_findings(),
        }
    }

    /// `Pass` that carries what was found as advice.
    pub fn advice(self) -> Verdict {
        Verdict::Pass {
            advice: self.into_findings(),
        }
    }

    fn into_findings(self) -> Vec<Finding> {
        let number = |(n, mut draft): (usize, Draft)| {
            draft.evidence.truncate(EVIDENCE);
            Finding::from_draft(self.check, n + 1, draft)
        };
        self.drafts.into_iter().enumerate().map(number).collect()
    }
}

/// A noun with its article: `a venue`, `an event`. A pack's names are words, so the first letter decides.
pub fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {}", noun.replace('_', " "))
}

/// A piece of evidence that is a plain observation.
pub fn note(says: impl Into<String>) -> Evidence {
    Evidence::Note { says: says.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(subject: &str, saw: &str) -> Draft {
        Draft {
            subject: subject.into(),
            touches: vec![format!("GET /{saw}")],
            saw: saw.into(),
            evidence: vec![note(saw)],
            ..Draft::default()
        }
    }

    #[test]
    fn one_cause_is_one_finding() {
        let mut findings = Findings::new("endpoints.example");
        findings.add(draft("createVenue", "first"));
        findings.add(draft("createVenue", "again"));
        findings.add(draft("createEvent", "other"));
        let Verdict::Fail { findings } = findings.verdict() else {
            panic!("must fail")
        };
        assert_eq!(findings.len(), 2);
        assert_eq!(findings[0].evidence.len(), 2);
        assert_eq!(findings[0].touches, ["GET /again", "GET /first"]);
        assert_eq!(findings[1].id, "endpoints.example#2");
    }

    #[test]
    fn nothing_found_is_a_pass() {
        assert!(Findings::new("endpoints.example").verdict().passed());
    }
}
