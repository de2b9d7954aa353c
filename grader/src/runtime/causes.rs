//! Known causes of a service that does not come up, from its last words, each with a friendly next step.

use std::sync::LazyLock;

use regex::Regex;

use crate::runtime::{Exited, Phase};

/// A cause as tools write it, and what to try; `$1` is what the pattern caught.
type Cause = (&'static str, &'static str);

/// The likeliest first: a cause further down is often the echo of one further up.
const CAUSES: [Cause; 19] = [
    (
        r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)",
        "add the module `$1` to requirements.txt; it may be installed on your machine, and is not where the service runs",
    ),
    (
        r"Cannot find (?:module|package) '([^'./][^']*)'",
        "add `$1` to the dependencies in package.json (`npm install $1`)",
    ),
    (
        r"Cannot find module '([^']+)'",
        "start a file that exists: `$1` is not there",
    ),
    (
        r"can't open file '[^']*?([^/']+)'",
        "start a file that exists: `$1` is not there",
    ),
    (
        r"no bin target named `([^`]+)`",
        "name a binary that Cargo.toml builds: `$1` is none",
    ),
    (
        r"(?i)(?:EADDRINUSE|address already in use|address in use)",
        "listen on the port in $$PORT; the service chose a port that another program holds",
    ),
    (
        r"(?i)(?:ECONNREFUSED|connection refused).*?(?:localhost|127\.0\.0\.1|::1)\D{0,12}(\d{2,5})",
        "connect to the database in $$DATABASE_URL; something that listens on port $1 of your machine is not here",
    ),
    (
        r#"(?i)connection to server (?:at|on) "([^"]+)".*failed"#,
        "connect to the database in $$DATABASE_URL; the service asked the server at `$1`",
    ),
    (
        r#"password authentication failed for user "([^"]+)""#,
        "take user and password from $$DATABASE_URL; the service said it was `$1`",
    ),
    (
        r#"(?i)must be (?:superuser|owner)|permission denied (?:to create|for) (?:extension|schema|database) ?"?(\w*)"#,
        "do without rights that only a database's superuser has; the role in $$DATABASE_URL owns its database and no more",
    ),
    (
        r"KeyError: '([A-Z][A-Z0-9_]+)'",
        "the variable `$1` is not set here; read PORT and DATABASE_URL and the variables the brief names",
    ),
    (
        r"(?i)(?:missing|required|undefined|not set|must be set|no)\b.{0,40}?environment variable:? [`'\x22]?([A-Z][A-Z0-9_]+)",
        "the variable `$1` is not set here; read PORT and DATABASE_URL and the variables the brief names",
    ),
    (
        r"\b([A-Z][A-Z0-9]*_[A-Z0-9_]+|PORT)\b.{0,30}(?i:(?:is )?(?:not set|missing|required|undefined|not present|must be set))",
        "the variable `$1` is not set here; read PORT and DATABASE_URL and the variables the brief names",
    ),
    (
        r"(?i)no space left on device",
        "free some space on this machine's disk",
    ),
    (
        r"(?i)(?:could not resolve|temporary failure in name resolution|network is unreachable|ENOTFOUND|getaddrinfo)",
        "a name could not be looked up, or the network not reached; only the database in $$DATABASE_URL is sure to be there",
    ),
    (
        r"(?i)(?:read-only file system|EROFS)",
        "write to the database, or to /tmp for what may be lost; as on most platforms, the service's own folder cannot be written to",
    ),
    (
        r"(?i)(?:can't start new thread|resource temporarily unavailable|cannot fork|failed to create (?:new )?(?:OS )?thread)",
        "start fewer processes and threads; there is a limit on how many may be there at once",
    ),
    (
        r"(?:sh: (?:line )?\d*:? ?)?([\w./+-]+): (?:command )?not found",
        "install `$1`, or build it in [build] of grader.toml",
    ),
    (
        r"(?i)(?:EACCES|permission denied)",
        "make the file executable (`chmod +x`), and write only below the service's own folder",
    ),
];

static PATTERNS: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    // A test compiles every pattern; one that did not compile would be left out here.
    CAUSES
        .iter()
        .filter_map(|(pattern, step)| Some((Regex::new(pattern).ok()?, *step)))
        .collect()
});

/// What to try next, likeliest first; never empty.
pub(crate) fn next_steps(phase: Phase, exit: Option<Exited>, log: &[String]) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for (pattern, step) in PATTERNS.iter() {
        // The last time it was said is nearest to the end.
        if let Some(caught) = log.iter().rev().find_map(|line| pattern.captures(line)) {
            let mut said = String::new();
            caught.expand(step, &mut said);
            steps.push(said);
        }
    }
    steps.truncate(3);
    steps.extend(by_exit(exit).map(String::from));
    if steps.is_empty() {
        steps.push(by_phase(phase).into());
    }
    steps
}

fn by_exit(exit: Option<Exited>) -> Option<&'static str> {
    match exit? {
        Exited::Code(0) => Some(
            "let the start command run for as long as the service does: no `&`, no daemon; it ended with exit code 0",
        ),
        Exited::Code(126) => Some("make the file executable (`chmod +x`)"),
        Exited::Code(127) => {
            Some("the shell did not find the program; check its name and where it is built")
        }
        Exited::Signal(9) => Some("something killed it, most often a machine short of memory"),
        Exited::Signal(11) => Some("it crashed on a memory error; run it in a debugger"),
        _ => None,
    }
}

fn by_phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Build => {
            "run the build command in a fresh copy of your folder and read its first error"
        }
        Phase::Release => {
            "run the release command against an empty database and read its first error"
        }
        Phase::Start => {
            "run the start command in a fresh terminal, with only PORT and DATABASE_URL set"
        }
        Phase::Ready => "start it with PORT=8080 and ask it with curl from another terminal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(line: &str) -> String {
        next_steps(
            Phase::Start,
            Some(Exited::Code(1)),
            &["…".into(), line.into(), "the end".into()],
        )
        .remove(0)
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(PATTERNS.len(), CAUSES.len());
    }

    #[test]
    fn known_causes_are_named() {
        assert!(
            first("ModuleNotFoundError: No module named 'psycopg'")
                .contains("`psycopg` to requirements.txt")
        );
        assert!(first("Error: Cannot find module 'express'").contains("npm install express"));
        assert!(
            first("Error: Cannot find module '/app/server.js'")
                .contains("`/app/server.js` is not there")
        );
        assert!(
            first("python3: can't open file '/x/y/app.py': [Errno 2] No such file")
                .contains("`app.py`")
        );
        assert!(
            first("Error: listen EADDRINUSE: address already in use :::3000").contains("$PORT")
        );
        assert!(first("OSError: [Errno 98] Address already in use").contains("$PORT"));
        assert!(first("Error: connect ECONNREFUSED 127.0.0.1:5432").contains("$DATABASE_URL"));
        assert!(
            first(
                r#"connection to server at "localhost" (::1), port 5432 failed: Connection refused"#
            )
            .contains("$DATABASE_URL")
        );
        assert!(first("KeyError: 'JWT_SECRET'").contains("`JWT_SECRET`"));
        assert!(first("Error: DATABASE_URI must be set").contains("`DATABASE_URI`"));
        assert!(first("sh: 1: gunicorn: not found").contains("`gunicorn`"));
        assert!(first("/bin/sh: line 1: uvicorn: command not found").contains("`uvicorn`"));
        assert!(
            first("ERROR: permission denied to create extension \"uuid-ossp\"")
                .contains("superuser")
        );
        assert!(first("bash: ./run.sh: Permission denied").contains("chmod"));
    }

    #[test]
    fn there_is_always_a_step() {
        assert_eq!(next_steps(Phase::Ready, None, &[]).len(), 1);
        assert!(next_steps(Phase::Start, Some(Exited::Code(0)), &[])[0].contains("exit code 0"));
    }
}
