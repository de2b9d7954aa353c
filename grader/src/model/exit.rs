//! The exit codes, documented once.

use std::process::ExitCode;

/// How a run of the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: every gate asked for is open; with `--only` or `--stage`, everything asked for passed.
    Open,
    /// 1: not yet; the report says what to do.
    NotYet,
    /// 2: the command line, the folder or the pack cannot be used as given.
    Usage,
    /// 3: the grader or its machinery failed; the learner is not to blame.
    Fault,
    /// 130: stopped by Ctrl-C or SIGTERM before there was a report, as shells count it.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Open => 0,
            Exit::NotYet => 1,
            Exit::Usage => 2,
            Exit::Fault => 3,
            Exit::Interrupted => 130,
        })
    }
}
