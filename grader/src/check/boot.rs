//! How the submission came up, and the context of checks that look at nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use super::Findings;
use crate::model::Draft;
use crate::runtime::{BootFacts, BootStory, Built, Phase, Runtime, Trouble, WorldSpec};

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
pub struct StaticCx {
    check: &'static str,
    boot: Boot,
    runtime: Arc<dyn Runtime>,
    spec: WorldSpec,
}

impl StaticCx {
    /// For the check with this id.
    ///
    /// `spec` is what it raises if it raises anything: a world that nobody else has.
    pub fn new(
        check: &'static str,
        boot: Boot,
        runtime: &Arc<dyn Runtime>,
        spec: WorldSpec,
    ) -> Self {
        Self {
            check,
            boot,
            runtime: Arc::clone(runtime),
            spec,
        }
    }

    /// The files that a clone of the submission would lack; none where that cannot be told.
    pub fn untracked(&self) -> Option<Vec<PathBuf>> {
        self.runtime.untracked()
    }

    /// Builds and starts the service from the files that Git tracks alone, and ends it when it was ready.
    ///
    /// # Errors
    /// The story of a build, a release or a start that failed.
    pub async fn raise_clone(&self) -> Result<(), Trouble> {
        let spec = WorldSpec {
            tracked: true,
            ..self.spec.clone()
        };
        let world = self.runtime.raise(&spec).await?;
        Ok(world.lower().await?)
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
