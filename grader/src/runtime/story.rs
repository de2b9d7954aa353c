//! How a submission failed to come up, told to its author.

use std::fmt;
use std::net::SocketAddr;

use crate::model::Fault;

/// Why something could not be raised.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// The submission's doing: a failed build, a process that ends, a service that never answers.
    Story(Box<BootStory>),
    /// Ours.
    Fault(Fault),
    /// This runtime cannot do what was asked, and why; nobody failed. The check is skipped.
    Unsupported(String),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<BootStory> for Trouble {
    fn from(story: BootStory) -> Self {
        Self::Story(Box::new(story))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Story(story) => f.write_str(&story.summary),
            Self::Fault(fault) => fault.fmt(f),
            Self::Unsupported(why) => f.write_str(why),
        }
    }
}

/// Where on its way up the submission stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The build command.
    Build,
    /// The `release:` command, before the first start on a database.
    Release,
    /// The start command could not be run, or the process ended.
    Start,
    /// The process lives, and its ready operation does not answer.
    Ready,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Build => "build",
            Self::Release => "release",
            Self::Start => "start",
            Self::Ready => "ready",
        })
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exited {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl From<std::process::ExitStatus> for Exited {
    fn from(status: std::process::ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }
}

impl fmt::Display for Exited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => {
                match nix::sys::signal::Signal::try_from(*signal).map(|s| s.as_str()) {
                    Ok(name) => write!(f, "signal {signal} ({name})"),
                    Err(_) => write!(f, "signal {signal}"),
                }
            }
        }
    }
}

/// How a submission failed to come up: what was waited for, what was seen, what to try.
#[derive(Debug, Clone, PartialEq)]
pub struct BootStory {
    /// Where it stopped.
    pub phase: Phase,
    /// One line, lower case, no final stop; equal between runs (no port, path or time).
    pub summary: String,
    /// What was waited for, for example `GET /healthz to answer 2xx on the port in $PORT, within 60 s`.
    pub waited_for: String,
    /// The command, as a reader would type it.
    pub command: String,
    /// How the process ended, if it did.
    pub exit: Option<Exited>,
    /// What the ready operation answered last, if anything did.
    pub last_answer: Option<String>,
    /// The last lines of the output.
    pub log_tail: Vec<String>,
    /// What to try next, likeliest first; never empty.
    pub try_next: Vec<String>,
    /// The addresses the service's processes listened on when we gave up.
    pub listens: Vec<SocketAddr>,
    /// Seconds from the command's start until we gave up.
    pub seconds: f64,
}

impl BootStory {
    /// What Git tracks does not say how to go on: what does not, what was waited for, the command that shows it, what to
    /// try.
    pub(crate) fn untold(summary: &str, waited_for: &str, shown_by: &str, try_next: &str) -> Self {
        Self {
            phase: Phase::Build,
            summary: summary.to_owned(),
            waited_for: waited_for.to_owned(),
            command: shown_by.to_owned(),
            exit: None,
            last_answer: None,
            log_tail: Vec::new(),
            try_next: vec![try_next.to_owned()],
            listens: Vec::new(),
            seconds: 0.0,
        }
    }
}
