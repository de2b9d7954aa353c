//! Telling a learner why their image could not be built.

use std::time::{Duration, Instant};

use super::bases::Missing;
use super::context::{Context, Refused};
use super::dockerfile::Base;
use super::drive::Ended;
use super::fail::{Why, why};
use super::progress::Progress;
use crate::model::Fault;
use crate::runtime::telling::Telling;
use crate::runtime::{BootStory, Phase, Trouble};

/// What a reader would type.
const COMMAND: &str = "docker build .";

/// What all stories of a build share.
pub(super) struct Teller<'a> {
    pub(super) context: Option<&'a Context>,
    pub(super) begun: Instant,
    pub(super) within: Duration,
    pub(super) room: u64,
    /// Whether the Dockerfile is ours.
    pub(super) made: bool,
    /// Whether it asks for what an older builder does not know.
    pub(super) newer: bool,
}

impl Teller<'_> {
    /// A build that did not end well.
    pub(super) fn ended(&self, ended: Ended, progress: &Progress) -> Trouble {
        let all = || progress.tail(usize::MAX);
        match ended {
            Ended::TooSlow => self.telling(COMMAND, all()).too_slow().into(),
            Ended::TooLarge => self
                .story(
                    "the build wrote too much to the disk",
                    COMMAND,
                    all(),
                    format!(
                        "keep the image under {} MiB: install what the service needs and no more, and leave data and \
                         build output out of it",
                        self.room >> 20
                    ),
                )
                .into(),
            Ended::Crowded => Fault::new(
                "building the service's image",
                "the engine's disk filled meanwhile, by others more than by the build",
            )
            .cure("free some space on it, for example with `docker system prune`, or build fewer at a time")
            .into(),
            // The caller asks only about builds that failed.
            Ended::Well => Fault::new("building the service's image", "no image came of it").into(),
            Ended::Failed(error) => self.failed(why(&error, progress)),
        }
    }

    fn failed(&self, why: Why) -> Trouble {
        match why {
            Why::Ours(fault) => fault.into(),
            Why::Command { lines, .. } if self.made && lacking(&lines).is_some() => {
                let line = lacking(&lines).unwrap_or_default();
                Fault::new(
                    "building from the Dockerfile made for the service",
                    format!("the image it stands on lacks what a package needs ({line})"),
                )
                .cure("add a Dockerfile that installs it")
                .into()
            }
            Why::Command {
                instruction,
                exit,
                lines,
            } => self.telling(&instruction, lines).ended(exit).into(),
            Why::Impossible { instruction, says } => self
                .story(
                    "a step of the Dockerfile cannot be done",
                    &instruction,
                    vec![says],
                    format!("mend `{instruction}`; `docker build .` says the same on your machine"),
                )
                .into(),
            Why::Absent { instruction, lines } => {
                let step = self.what_is_not_sent(&instruction);
                let summary = "the Dockerfile copies what is not in the folder";
                self.story(summary, &instruction, lines, step).into()
            }
            // We wrote it: nobody else is to blame.
            Why::Unreadable(says) if self.made => {
                Fault::new("building from the Dockerfile made for the service", says).into()
            }
            // A newer engine may read it.
            Why::Unreadable(says) if self.newer => {
                Fault::new("building the service's image", says)
                    .cure("use a newer engine: the Dockerfile asks for what came after this one's builder")
                    .into()
            }
            Why::Unreadable(says) => self
                .story(
                    "the Dockerfile cannot be read",
                    COMMAND,
                    vec![says],
                    "mend the line that the builder names; `docker build .` says the same on your machine".into(),
                )
                .into(),
        }
    }

    /// A base image that does not exist.
    pub(super) fn missing(&self, missing: Missing) -> Trouble {
        match missing {
            Missing::Trouble(trouble) => trouble,
            Missing::NoSuch(base) if self.made => Fault::new(
                "building from the Dockerfile made for the service",
                format!("the image `{}` does not exist", base.image),
            )
            .cure("write a Dockerfile that names the image to stand on")
            .into(),
            Missing::NoSuch(Base { image, line, says, .. }) => self
                .story(
                    "an image that the Dockerfile stands on does not exist",
                    &says,
                    Vec::new(),
                    format!(
                        "look up the name and tag on line {line} of the Dockerfile: no registry has `{image}` for \
                         everybody, and no stage before it bears that name"
                    ),
                )
                .into(),
        }
    }

    /// A folder that is not sent.
    pub(super) fn refused(&self, refused: Refused) -> Trouble {
        match refused {
            Refused::Unreadable(fault) => fault.into(),
            Refused::Ignore(says) => self
                .story(
                    "the .dockerignore cannot be read",
                    COMMAND,
                    vec![says],
                    "mend the line, or take it out".into(),
                )
                .into(),
            // Nobody's mistake; but it is theirs to mend.
            Refused::TooLarge { what } => Fault::new("sending the folder to the engine", what)
                .cure("name in `.dockerignore` what the build does not need")
                .into(),
        }
    }

    fn what_is_not_sent(&self, instruction: &str) -> String {
        let words = instruction.split_whitespace().skip(1);
        let plain: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
        let sources = plain.split_last().map_or(&[][..], |(_, sources)| sources);
        let sent = |source: &str| {
            let path = source.trim_start_matches("./").trim_matches('/');
            self.context
                .is_none_or(|context| path.is_empty() || context.holds(path))
        };
        let missing = sources
            .iter()
            .find(|s| !s.contains(['*', '?', '[', '$']) && !sent(s));
        let missing = missing.map_or("what it names".to_owned(), |source| format!("`{source}`"));
        format!(
            "commit {missing}, or copy what is there; what `.dockerignore` names is not sent to the build, nor is what \
             tools make again (.git, node_modules, target, virtual environments)"
        )
    }

    fn telling<'b>(&self, command: &'b str, log: Vec<String>) -> Telling<'b> {
        Telling {
            phase: Phase::Build,
            command,
            waited_for: format!(
                "every step of the Dockerfile to end with exit code 0, within {} s",
                self.within.as_secs()
            ),
            log,
            begun: self.begun,
        }
    }

    fn story(&self, summary: &str, command: &str, log: Vec<String>, step: String) -> BootStory {
        self.telling(command, log).stopped(summary, step)
    }
}

/// What says that the image we chose has too little: a compiler, a library, a tool the learner's machine may well have.
const LACKING: [&str; 11] = [
    "pg_config executable not found",
    "command 'gcc' failed",
    "command 'cc' failed",
    "unable to execute 'gcc'",
    "unable to execute 'cc'",
    "linker `cc` not found",
    "failed to find tool",
    "Could not find openssl",
    "pkg-config",
    "gyp ERR!",
    "cgo: C compiler",
];

fn lacking(lines: &[String]) -> Option<String> {
    let mut last = lines.iter().rev().take(200);
    let found = last.find(|line| {
        let tool = line.ends_with(": not found") || line.ends_with(": command not found");
        tool || LACKING.iter().any(|sign| line.contains(sign))
    })?;
    Some(found.trim().to_owned())
}
