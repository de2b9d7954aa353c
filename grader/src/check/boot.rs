//! How the submission came up, and the context of checks that look at nothing else.

use super::Findings;
use crate::model::Draft;
use crate::runtime::{BootFacts, BootStory, Built, Phase};

/// How far the submission came.
#[derive(Debug, Clone)]
pub enum Boot {
    /// The build failed.
    NotBuilt(Box<BootStory>),
    /// It is built; nobody asked to start it.
    Built(Built),
    /// It is built, and did not come up.
    NotUp(Box<BootStory>),
    /// It answers: what was seen of each replica.
    Up(Vec<BootFacts>),
}

/// The context of a check without a running service.
#[derive(Debug)]
pub struct StaticCx {
    check: &'static str,
    boot: Boot,
}

impl StaticCx {
    /// For the check with this id.
    pub fn new(check: &'static str, boot: Boot) -> Self {
        Self { check, boot }
    }

    /// How far the submission came.
    pub fn boot(&self) -> &Boot {
        &self.boot
    }

    /// A collector for this check.
    pub fn findings(&self) -> Findings {
        Findings::new(self.check)
    }

    /// A boot story as a finding about `subject`.
    pub fn told(&self, subject: &str, story: &BootStory) -> Draft {
        let mut draft = Draft {
            subject: subject.to_owned(),
            saw: story.summary.clone(),
            expected: story.waited_for.clone(),
            actual: actual(story),
            note: story
                .try_next
                .first()
                .map(|s| format!("Try this next: {s}")),
            ..Draft::default()
        };
        if !story.log_tail.is_empty() {
            draft.evidence.push(crate::model::Evidence::Log {
                says: format!("the last lines of `{}`", story.command),
                lines: story.log_tail.clone(),
            });
        }
        for more in story.try_next.iter().skip(1) {
            draft.evidence.push(super::note(format!("or: {more}")));
        }
        draft
    }
}

fn actual(story: &BootStory) -> String {
    match (&story.exit, &story.last_answer) {
        (Some(exit), _) => format!("`{}` ended with {exit}", story.command),
        (None, Some(answer)) => format!("the last answer was {answer}"),
        (None, None) if story.phase < Phase::Start => {
            format!("`{}` did not come to a good end", story.command)
        }
        (None, None) => "it runs and does not answer".to_owned(),
    }
}
