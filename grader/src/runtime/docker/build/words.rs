//! The words builders fail with, in lower case: BuildKit's of engine 20.10 and of later ones, the classic builder's.

/// Whether one of the words is in the text.
pub(super) fn any(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// A container could not be started.
pub(super) const START: [&str; 3] = [
    "runc run failed:",
    "oci runtime create failed",
    "unable to start container process",
];

/// A registry or a server, not the file, is what failed.
pub(super) const REACH: [&str; 9] = [
    "failed to do request",
    "dial tcp",
    "failed to resolve source metadata",
    "failed to authorize",
    "pull access denied",
    "failed to fetch",
    "no match for platform",
    "invalid response status",
    "tls:",
];

/// Something was to be copied.
pub(super) const COPYING: [&str; 6] = [
    "failed to compute cache key",
    "failed to calculate checksum",
    "failed to walk",
    "copy failed",
    "add failed",
    "lstat ",
];

/// And it is not there.
pub(super) const ABSENT: [&str; 5] = [
    "not found",
    "no such file or directory",
    "no source files were specified",
    "file does not exist",
    "forbidden path outside the build context",
];

/// An instruction that can be read and not be done.
pub(super) const IMPOSSIBLE: [&str; 6] = [
    "unable to find user",
    "unable to find group",
    "no matching entries in passwd",
    "not a directory",
    "cannot mkdir",
    "must be a directory and end with a /",
];

/// The Dockerfile cannot be understood.
pub(super) const UNREADABLE: [&str; 14] = [
    "dockerfile parse error",
    "failed to parse dockerfile",
    "failed to create llb definition",
    "failed to parse stage name",
    "unknown instruction",
    "unknown flag",
    "invalid reference format",
    "should not be blank",
    "no build stage in current context",
    "cannot be empty",
    "file with no instructions",
    "circular dependency",
    "invalid containerport",
    "invalid signal",
];

/// What stands before the reason.
pub(super) const OUTER: [&str; 5] = [
    "failed to solve with frontend dockerfile.v0: ",
    "failed to solve: ",
    "failed to create LLB definition: ",
    "failed to read dockerfile: ",
    "rpc error: code = Unknown desc = ",
];
