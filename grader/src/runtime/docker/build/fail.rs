//! Whose fault a failed build is.
//!
//! Only what is known to be the learner's is told to them: a command of theirs that failed, a file they name that is
//! not there, a Dockerfile nobody can read. Everything else is ours, for we cannot prove the contrary.

use std::sync::LazyLock;

use regex::Regex;

use super::outside::outside;
use super::progress::Progress;
use crate::model::Fault;
use crate::runtime::Exited;

/// What became of a build that gave up.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Why {
    /// A command of the Dockerfile ended, and should not have so.
    Command {
        /// The instruction: `RUN npm ci`.
        instruction: String,
        exit: Exited,
        lines: Vec<String>,
    },
    /// What is to be copied is not there.
    NotSent {
        instruction: String,
        lines: Vec<String>,
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

/// What builders say of a file that is to be copied and is not there.
const NOT_SENT: [&str; 6] = [
    "failed to compute cache key",
    "failed to calculate checksum",
    "failed to walk",
    "COPY failed",
    "ADD failed",
    "lstat ",
];
const ABSENT: [&str; 4] = [
    "not found",
    "no such file or directory",
    "no source files were specified",
    "file does not exist",
];

/// What readers of Dockerfiles say of one they cannot read.
const UNREADABLE: [&str; 22] = [
    "dockerfile parse error",
    "failed to parse dockerfile",
    "failed to create llb definition",
    "failed to parse stage name",
    "failed to process",
    "failed to parse platform",
    "unknown instruction",
    "unknown flag",
    "invalid reference format",
    "base name (",
    "no build stage in current context",
    "no from statement found",
    "the dockerfile cannot be empty",
    "file with no instructions",
    "dockerfile parse",
    "circular dependency",
    "forbidden path outside the build context",
    "invalid from flag value",
    "invalid signal",
    "requires at least",
    "requires exactly",
    "must be a directory and end with a /",
];

/// Signs that a registry, not the file, is what failed.
const REGISTRY: [&str; 6] = [
    "failed to do request",
    "dial tcp",
    "failed to resolve source metadata",
    "failed to authorize",
    "pull access denied",
    "failed to fetch",
];

/// Judges the builder's last words and what was said before.
pub(super) fn why(error: &str, progress: &Progress) -> Why {
    let (step, lines) = progress.failed().unwrap_or_default();
    let instruction = instruction(&step.name);
    let says = format!("{error}\n{}", step.error);
    let lower = says.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| says.contains(word));
    let reads = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let ours = |cause: &str| {
        Why::Ours(Fault::new("building the service's image", cause).cure(
            "build the folder by hand with `docker build .`; the engine's own log may say more",
        ))
    };
    let mut judged = lines.clone();
    judged.push(error.to_owned());
    if let Some(fault) = outside(&judged) {
        return Why::Ours(fault);
    }
    if let Some(code) = exit(&says) {
        let exit = Exited::Code(code);
        return Why::Command {
            instruction,
            exit,
            lines,
        };
    }
    if reads(&REGISTRY) {
        return ours(error);
    }
    if has(&NOT_SENT) && has(&ABSENT) {
        return Why::NotSent { instruction, lines };
    }
    match reads(&UNREADABLE) {
        true => Why::Unreadable(innermost(error)),
        false => ours(error),
    }
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

/// The last of the engine's nested reasons: what a reader can act on.
fn innermost(error: &str) -> String {
    let line = error.lines().next().unwrap_or(error);
    let outer = [
        "failed to solve with frontend dockerfile.v0: ",
        "failed to solve: ",
        "failed to create LLB definition: ",
        "failed to read dockerfile: ",
        "rpc error: code = Unknown desc = ",
    ];
    let mut rest = line;
    while let Some(inner) = outer.iter().find_map(|o| rest.strip_prefix(o)) {
        rest = inner;
    }
    rest.to_owned()
}
