//! Our own failures: never the learner's.

use std::fmt;

/// Something of ours failed: Docker, the disk, Postgres binaries, a bug. Says what we were doing, why
/// it failed and, where there is one, what to do about it. Never costs a learner a point; the run exits 3.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// What we were doing, as a gerund: "starting Postgres".
    pub doing: String,
    /// What went wrong.
    pub cause: String,
    /// What the reader can do about it.
    pub cure: Option<String>,
}

impl Fault {
    /// A fault without a known cure.
    pub fn new(doing: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self {
            doing: doing.into(),
            cause: cause.to_string(),
            cure: None,
        }
    }

    /// The same fault with what the reader can do about it.
    #[must_use]
    pub fn cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "while {}: {}", self.doing, self.cause)?;
        match &self.cure {
            Some(cure) => write!(f, "\n  try: {cure}"),
            None => Ok(()),
        }
    }
}

/// Turns any error into a [`Fault`] that says what we were doing.
pub trait Doing<T> {
    /// `file.read().doing("reading the lockfile")?`
    ///
    /// # Errors
    /// The original error as the cause of a [`Fault`].
    fn doing(self, what: impl Into<String>) -> Result<T, Fault>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl Into<String>) -> Result<T, Fault> {
        self.map_err(|e| Fault::new(what, e))
    }
}
