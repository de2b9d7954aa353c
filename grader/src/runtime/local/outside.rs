//! Builds that fail for no reason of the learner's: a full disk, a package registry out of reach.
//!
//! Only signs that tools give when they give up, not when they try again: a build may overcome a bad line and then
//! fail on the learner's own mistake.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::Fault;

/// Lines at the end of the output that are looked at.
const LAST: usize = 60;

const NETWORK: &str = "a package registry could not be reached";
const TRY: &str = "check this machine's network, name resolution and proxy (one that asks for a password is out of \
                   reach of builds), then run again";
const DISK: &str = "the disk is full";
const ROOM: &str = "free some space, or set GRADER_CACHE to a folder on a larger disk";

/// A sign, the cause and the cure.
const SIGNS: [(&str, &str, &str); 6] = [
    (
        r"No space left on device|\bENOSPC\b|\(os error 28\)",
        DISK,
        ROOM,
    ),
    // pip: the last of its tries.
    (
        r"Retry\(total=0\b.*(?:NewConnection|NameResolution|ConnectTimeout|ReadTimeout|Proxy)Error|HTTPSConnectionPool\(host=.*Max retries exceeded",
        NETWORK,
        TRY,
    ),
    (
        r"^npm (?:ERR!|error) code (?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b",
        NETWORK,
        TRY,
    ),
    // cargo: the innermost cause, by libcurl's number; the tries before are warnings on one line.
    (r"^\s+\[(?:5|6|7|28)\] \w", NETWORK, TRY),
    (r"(?:proxy|sum)\.golang\.org\S*: dial tcp", NETWORK, TRY),
    // uv
    (
        r"dns error: failed to lookup address|error sending request for url \(https?://",
        NETWORK,
        TRY,
    ),
];

static PATTERNS: LazyLock<Vec<(Regex, &'static str, &'static str)>> = LazyLock::new(|| {
    // A test compiles every pattern; one that did not compile would be left out here.
    let compiled = SIGNS
        .iter()
        .map(|(sign, cause, cure)| Some((Regex::new(sign).ok()?, *cause, *cure)));
    compiled.flatten().collect()
});

/// Our fault, or the network's, if a failed build says so beyond doubt.
pub(crate) fn outside(log: &[String]) -> Option<Fault> {
    let last = log.iter().rev().take(LAST);
    let found = last.flat_map(|line| {
        let told = PATTERNS.iter().find(|(sign, _, _)| sign.is_match(line));
        told.map(|(_, cause, cure)| (line, cause, cure))
    });
    let (line, cause, cure) = found.into_iter().next()?;
    let cause = format!("{cause} ({})", line.trim());
    Some(Fault::new("building the service", cause).cure(*cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Option<String> {
        outside(&["…".into(), line.into(), "the end".into()]).map(|fault| fault.to_string())
    }

    #[test]
    fn every_sign_compiles() {
        assert_eq!(PATTERNS.len(), SIGNS.len());
    }

    #[test]
    fn what_tools_say_when_they_give_up_is_known() {
        for line in [
            "OSError: [Errno 28] No space left on device",
            "npm error code ENOSPC",
            "error: failed to write `x`: No space left on device (os error 28)",
        ] {
            assert!(told(line).unwrap().contains("disk is full"), "{line}");
        }
        for line in [
            "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection \
             broken by 'NewConnectionError('<x>: Failed to establish a new connection: [Errno -3] Temporary failure in \
             name resolution')': /simple/flask/",
            "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='files.pythonhosted.org', \
             port=443): Max retries exceeded with url: /x",
            "npm error code ENOTFOUND",
            "npm ERR! code EAI_AGAIN",
            "  [6] Could not resolve hostname (Could not resolve host: registry.example)",
            "go: example.com/m@v1: Get \"https://proxy.golang.org/example.com/m\": dial tcp: lookup proxy.golang.org",
            "  dns error: failed to lookup address information: Name or service not known",
        ] {
            assert!(
                told(line).unwrap().contains("could not be reached"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_may_be_the_learners_own_is_not() {
        for line in [
            "Error: connect ECONNREFUSED 127.0.0.1:5432",
            "npm error code E404",
            "npm error code ELIFECYCLE",
            "ERROR: No matching distribution found for flaks",
            "warning: spurious network error (3 tries remaining): [6] Could not resolve hostname",
            "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by 'NewConnectionError('",
            "getaddrinfo ENOTFOUND db",
            "error[E0433]: failed to resolve",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }
}
