//! The context of a check that judges what the survey found.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{Findings, QuietCx};
use crate::model::Verdict;
use crate::schema::survey::Survey;

/// The context of a check that looks at what was planted, read and labelled once for all of them. Nobody else asks
/// anything of this world while it looks; what it changes there is in no survey any more.
pub struct SurveyCx {
    cx: QuietCx,
    survey: Arc<Survey>,
}

impl SurveyCx {
    /// With what the run found.
    pub fn new(cx: QuietCx, survey: Arc<Survey>) -> Self {
        Self { cx, survey }
    }

    /// What was found.
    pub fn survey(&self) -> Arc<Survey> {
        Arc::clone(&self.survey)
    }

    /// The same, with advice where it is a pass.
    pub fn clear_with(&self, advice: Findings) -> Verdict {
        match self.clear() {
            Verdict::Pass { .. } => advice.advice(),
            doubt => doubt,
        }
    }

    /// `Pass`, unless something stands in the way of saying so: then `Inconclusive`, with what it is.
    pub fn clear(&self) -> Verdict {
        match self.survey.doubt() {
            Some(control) => Verdict::Inconclusive { control },
            None => Verdict::Pass { advice: Vec::new() },
        }
    }
}

impl Deref for SurveyCx {
    type Target = QuietCx;
    fn deref(&self) -> &QuietCx {
        &self.cx
    }
}

impl DerefMut for SurveyCx {
    fn deref_mut(&mut self) -> &mut QuietCx {
        &mut self.cx
    }
}
