//! Whose fault a failed build is.
//!
//! Only what is known to be the learner's is told to them: a command of theirs that failed, a file they name that is
//! not there, a step that cannot be done, a Dockerfile nobody can read. Everything else is ours, for we cannot prove
//! the contrary.

use std::sync::LazyLock;

use regex::Regex;

use super::outside::outside;
use super::progress::Progress;
use super::words;
use crate::model::Fault;
use crate::runtime::Exited;

/// What became of a build that gave up.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Why {
    /// A command of the Dockerfile ended, and should not have so.
    Command {
        /// The instruction: `RUN npm ci`.
        instruction: String,
        /// How it ended.
        exit: Exited,
        /// What the step wrote.
        lines: Vec<String>,
    },
    /// What is to be copied is not there.
    Absent {
        /// The instruction: `COPY app.py /app/`.
        instruction: String,
        /// What the step wrote.
        lines: Vec<String>,
    },
    /// An instruction asks for what cannot be: an unknown user, a folder where a file is.
    Impossible {
        /// The instruction.
        instruction: String,
        /// The builder's reason.
        says: String,
    },
    /// The Dockerfile cannot be understood, and what its reader says.
    Unreadable(String),
    /// Not the learner's, as far as can be proved.
    Ours(Fault),
}

static EXIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // BuildKit's and the classic builder's words.
    Regex::new(r"(?:exit code: |returned a non-zero code: )(\d+)").ok()
});

/// Judges the builder's last words and what was said before.
pub(super) fn why(error: &str, progress: &Progress) -> Why {
    let (step, lines) = progress.failed().unwrap_or_default();
    let instruction = instruction(&step.name);
    let says = format!("{error}\n{}", step.error).to_lowercase();
    let judged: Vec<String> = lines.iter().cloned().chain([error.to_owned()]).collect();
    if let Some(fault) = outside(&judged) {
        return Why::Ours(fault);
    }
    let any = |known: &[&str]| words::any(known, &says);
    // A container that could not be started: an engine's trouble, unless there is no such program in the image.
    let start = judged
        .iter()
        .rev()
        .find(|line| words::any(&words::START, &line.to_lowercase()));
    if let Some(line) = start {
        return match line.contains("exec: \"") {
            true => Why::Impossible {
                instruction,
                says: innermost(line),
            },
            false => ours(line),
        };
    }
    if let Some(code) = exit(&says) {
        return Why::Command {
            instruction,
            // The builder only knows what a shell says of a killed command.
            exit: if code == 137 {
                Exited::Signal(9)
            } else {
                Exited::Code(code)
            },
            lines,
        };
    }
    if any(&words::REACH) {
        ours(error)
    } else if any(&words::COPYING) && any(&words::ABSENT) {
        Why::Absent { instruction, lines }
    } else if any(&words::IMPOSSIBLE) {
        Why::Impossible {
            instruction,
            says: innermost(error),
        }
    } else if any(&words::UNREADABLE) {
        Why::Unreadable(innermost(error))
    } else {
        ours(error)
    }
}

fn ours(cause: &str) -> Why {
    let fault = Fault::new("building the service's image", innermost(cause));
    Why::Ours(
        fault.cure(
            "build the folder by hand with `docker build .`; the engine's own log may say more",
        ),
    )
}

fn exit(says: &str) -> Option<i32> {
    EXIT.as_ref()?.captures(says)?.get(1)?.as_str().parse().ok()
}

/// `[build 2/4] RUN npm ci` → `RUN npm ci`.
fn instruction(step: &str) -> String {
    match step
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
    {
        Some((_, instruction)) => instruction.to_owned(),
        None => step.to_owned(),
    }
}

/// The last of the engine's nested reasons, what a reader can act on, without the engine's own folders.
fn innermost(error: &str) -> String {
    let mut rest = error.lines().next().unwrap_or(error);
    while let Some(inner) = words::OUTER
        .iter()
        .find_map(|outer| rest.strip_prefix(outer))
    {
        rest = inner;
    }
    let engines =
        Regex::new(r"/\S*/(?:overlay2|buildkit|overlayfs|snapshots)/\S*?/(?:merged|fs|diff)(/|$)");
    match engines {
        Ok(engines) => engines.replace_all(rest, "$1").into_owned(),
        Err(_) => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::BuildInfo;

    use super::*;

    fn judged(error: &str, lines: &[&str]) -> Why {
        let mut progress = Progress::default();
        for line in ["Step 2/2 : RUN x"].iter().chain(lines) {
            progress.hear(BuildInfo {
                stream: Some(format!("{line}\n")),
                ..BuildInfo::default()
            });
        }
        why(error, &progress)
    }

    #[test]
    fn a_command_that_fails_is_the_learners() {
        for error in [
            "executor failed running [/bin/sh -c exit 3]: exit code: 3",
            "failed to solve: process \"/bin/sh -c exit 3\" did not complete successfully: exit code: 3",
            "The command '/bin/sh -c exit 3' returned a non-zero code: 3",
        ] {
            let expected = Why::Command {
                instruction: "RUN x".into(),
                exit: Exited::Code(3),
                lines: vec!["[2/2] RUN x".into(), "no".into()],
            };
            assert_eq!(judged(error, &["no"]), expected, "{error}");
        }
    }

    #[test]
    fn what_is_not_there_is_the_learners() {
        for error in [
            "failed to compute cache key: \"/missing.txt\" not found: not found",
            "failed to solve: failed to compute cache key: failed to calculate checksum of ref a::b: \"/x\": not found",
            "lstat /var/lib/docker/overlay2/f7dd/merged/nope: no such file or directory",
            "COPY failed: file not found in build context or excluded by .dockerignore: stat x: file does not exist",
            "COPY failed: no source files were specified",
            "COPY failed: forbidden path outside the build context: ../up ()",
        ] {
            assert!(matches!(judged(error, &[]), Why::Absent { .. }), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_the_learners() {
        for (error, expected) in [
            (
                "executor failed running [/bin/sh -c id]: unable to find user nosuch: invalid argument",
                "executor failed running [/bin/sh -c id]: unable to find user nosuch: invalid argument",
            ),
            (
                "mkdir /var/lib/docker/overlay2/ikx5hv/merged/bin/sh: not a directory",
                "mkdir /bin/sh: not a directory",
            ),
            (
                "When using COPY with more than one source file, the destination must be a directory and end with a /",
                "When using COPY with more than one source file, the destination must be a directory and end with a /",
            ),
        ] {
            let Why::Impossible { says, .. } = judged(error, &[]) else {
                panic!("{error}: {:?}", judged(error, &[]));
            };
            assert_eq!(says, expected);
        }
        let shell = "runc run failed: unable to start container process: exec: \"/bin/sh\": stat /bin/sh: no such file";
        let error = "executor failed running [/bin/sh -c ls]: exit code: 1";
        assert!(matches!(judged(error, &[shell]), Why::Impossible { .. }));
    }

    #[test]
    fn a_dockerfile_nobody_can_read_is_the_learners() {
        let llb = "failed to solve with frontend dockerfile.v0: failed to create LLB definition: ";
        for says in [
            "dockerfile parse error line 1: unknown instruction: FORM",
            "the Dockerfile cannot be empty",
            "no build stage in current context",
            "Invalid containerPort: abc",
            "base name ($X) should not be blank",
            "ENV must have two arguments",
        ] {
            let why = judged(&format!("{llb}{says}"), &[]);
            assert_eq!(why, Why::Unreadable(says.into()));
        }
        let newer = "failed to solve: dockerfile parse error on line 1: unknown instruction: FORM";
        assert!(matches!(judged(newer, &[]), Why::Unreadable(_)));
        let classic = "dockerfile parse error line 2: Unknown flag: link";
        assert!(matches!(judged(classic, &[]), Why::Unreadable(_)));
    }

    #[test]
    fn everything_else_is_ours() {
        let exited = "executor failed running [/bin/sh -c ls]: exit code: 1";
        for (error, line) in [
            (
                "failed to load cache key: Get \"http://x/y\": dial tcp 127.0.0.1:1: connect: connection refused",
                "",
            ),
            (
                "failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do request: \
                 Head \"https://registry-1.docker.io/v2/library/a\": dial tcp: lookup registry-1.docker.io",
                "",
            ),
            (
                "failed to solve: a:1: no match for platform in manifest: not found",
                "",
            ),
            ("failed to load cache key: invalid response status 503", ""),
            ("write /var/lib/docker/tmp/x: no space left on device", ""),
            ("error committing x: database not open", ""),
            ("context canceled", ""),
            (
                exited,
                "runc run failed: unable to start container process: unable to apply cgroup configuration",
            ),
            (exited, "npm error code ENOTFOUND"),
            (
                exited,
                "E: Failed to fetch http://deb.debian.org/x  Could not connect to deb.debian.org:80",
            ),
        ] {
            assert!(matches!(judged(error, &[line]), Why::Ours(_)), "{error}");
        }
    }
}
