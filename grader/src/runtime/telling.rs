//! Telling a learner how their service failed to come up.

use std::net::SocketAddr;
use std::time::Instant;

use super::causes::next_steps;
use crate::runtime::ready::Answer;
use crate::runtime::{BootStory, Exited, Phase};

/// Lines of output a story shows.
const TAIL: usize = 40;

/// What every story has.
pub(crate) struct Telling<'a> {
    pub(crate) phase: Phase,
    pub(crate) command: &'a str,
    pub(crate) waited_for: String,
    pub(crate) log: Vec<String>,
    pub(crate) begun: Instant,
}

impl Telling<'_> {
    /// A command that ended and should not have, or not so.
    pub(crate) fn ended(self, exit: Exited) -> BootStory {
        let summary = match self.phase {
            Phase::Build => format!("the build failed ({exit})"),
            Phase::Release => format!("the release command failed ({exit})"),
            Phase::Start | Phase::Ready => {
                format!("the start command ended before the service answered ({exit})")
            }
        };
        self.tell(summary, Some(exit), None, Vec::new(), None)
    }

    /// A build or a release that took too long.
    pub(crate) fn too_slow(self) -> BootStory {
        let summary = format!("the {} command did not end in time", self.phase);
        let step =
            "a command that waits for input or starts a server never ends; run it in a terminal";
        self.tell(summary, None, None, Vec::new(), Some(step.into()))
    }

    /// A command that was stopped, or could not be begun, for a reason that has a next step of its own.
    pub(crate) fn stopped(self, summary: &str, step: String) -> BootStory {
        self.tell(summary.to_owned(), None, None, Vec::new(), Some(step))
    }

    /// A service that lives and is not ready. `listens` is none where that cannot be seen.
    pub(crate) fn never(
        self,
        operation: &str,
        last: Option<&Answer>,
        listens: Option<Vec<SocketAddr>>,
    ) -> BootStory {
        let (seen, listens) = (listens.is_some(), listens.unwrap_or_default());
        let (summary, step) = match last {
            Some(Answer::Silence) => (
                "the service accepts connections and never answers".to_owned(),
                format!("look at what `{operation}` waits for: a lock, a database query without an end, a full pool"),
            ),
            Some(Answer::Status(status)) => (
                format!("`{operation}` answers {} instead of 2xx", Answer::Status(*status)),
                format!("ask it yourself: start the service and call `{operation}` with curl"),
            ),
            Some(Answer::NotHttp) => (
                "what listens on the port does not speak HTTP".to_owned(),
                "serve plain HTTP, without TLS, on the port in $PORT".to_owned(),
            ),
            // What cannot be seen is not said.
            _ if !seen => (
                "nothing answers on the port in $PORT".to_owned(),
                "listen on 0.0.0.0 and the port in $PORT".to_owned(),
            ),
            _ if listens.is_empty() => (
                "the service runs and listens on no port".to_owned(),
                "listen on 0.0.0.0 and the port in $PORT; the service may still be waiting for something before it \
                 listens"
                    .to_owned(),
            ),
            _ => (
                "the service listens where the grader cannot reach it".to_owned(),
                "listen on 0.0.0.0 and the port in $PORT".to_owned(),
            ),
        };
        let last = last.map(ToString::to_string);
        self.tell(summary, None, last, listens, Some(step))
    }

    fn tell(
        self,
        summary: String,
        exit: Option<Exited>,
        last_answer: Option<String>,
        listens: Vec<SocketAddr>,
        likely: Option<String>,
    ) -> BootStory {
        let mut try_next: Vec<String> = likely.into_iter().collect();
        let known = next_steps(self.phase, exit, &self.log);
        // Where the reason is plain, a general step adds nothing.
        if try_next.is_empty() || !self.log.is_empty() {
            try_next.extend(known);
        }
        let shown = self.log.len().saturating_sub(TAIL);
        BootStory {
            phase: self.phase,
            summary,
            waited_for: self.waited_for,
            command: self.command.to_owned(),
            exit,
            last_answer,
            log_tail: self.log.into_iter().skip(shown).collect(),
            try_next,
            listens,
            seconds: self.begun.elapsed().as_secs_f64(),
        }
    }
}
