//! Builds in containers that fail for no reason of the learner's. To what is known of a build on this machine
//! ([`local::outside`]) come the ways of a container: system packages, and a network behind a proxy that
//! opens TLS, whose certificate the base image does not have.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::Fault;
use crate::runtime::local::outside as local;

/// Lines at the end of a step's output that are looked at.
const LAST: usize = 60;

const REACH: &str = "the network could not be reached from the build";
const REACH_TRY: &str =
    "check that containers on this engine can look up names and reach the internet, then run again";
const TRUST: &str = "a certificate was not trusted in the build";
const TRUST_TRY: &str = "behind a proxy that opens TLS, base images must carry its certificate: ci/base-images builds \
                         such images";

/// Only what tools say when they give up.
const SIGNS: [(&str, &str, &str); 11] = [
    // apt
    (
        r"^(?:E|W|Err|W: Failed|E: Failed).*(?:Temporary failure resolving|Could not resolve|Could not connect to|Unable to connect to|Connection timed out)",
        REACH,
        REACH_TRY,
    ),
    (
        r"(?i)certificate verification failed: The certificate is NOT trusted",
        TRUST,
        TRUST_TRY,
    ),
    // apk
    (
        r"(?i)^(?:ERROR|WARNING): .*: (?:DNS lookup error|DNS: transient error|temporary error \(try again later\)|network error)",
        REACH,
        REACH_TRY,
    ),
    // curl, wget, git
    (
        r"^curl: \((?:5|6|7|28)\)|^wget: (?:bad address|unable to resolve|can't connect)|fatal: unable to access .*Could not resolve host",
        REACH,
        REACH_TRY,
    ),
    (
        r"^curl: \((?:60|77)\)|^\s+\[60\] \w|server certificate verification failed",
        TRUST,
        TRUST_TRY,
    ),
    // npm
    (
        r"^npm (?:ERR!|error) code (?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_HAS_EXPIRED)",
        TRUST,
        TRUST_TRY,
    ),
    // pnpm and yarn
    (
        r"ERR_PNPM_META_FETCH_FAIL|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) registry\.",
        REACH,
        REACH_TRY,
    ),
    // rustup
    (
        r"could not download file from 'https://static\.rust-lang\.org",
        REACH,
        REACH_TRY,
    ),
    // pip
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError",
        TRUST,
        TRUST_TRY,
    ),
    // go
    (
        r"x509: certificate signed by unknown authority",
        TRUST,
        TRUST_TRY,
    ),
    // uv, and others written in Rust
    (r"invalid peer certificate: UnknownIssuer", TRUST, TRUST_TRY),
];

static PATTERNS: LazyLock<Vec<(Regex, &'static str, &'static str)>> = LazyLock::new(|| {
    // A test compiles every pattern; one that did not compile would be left out here.
    let compiled = SIGNS
        .iter()
        .map(|(sign, cause, cure)| Some((Regex::new(sign).ok()?, *cause, *cure)));
    compiled.flatten().collect()
});

/// Our fault, or the network's, if a failed build says so beyond doubt.
pub(super) fn outside(log: &[String]) -> Option<Fault> {
    // A certificate is said first: what it breaks looks like a registry out of reach.
    let last = || log.iter().rev().take(LAST);
    let found = PATTERNS.iter().find_map(|(sign, cause, cure)| {
        let line = last().find(|line| sign.is_match(line))?;
        Some((line, cause, cure))
    });
    match found {
        Some((line, cause, cure)) => {
            let cause = format!("{cause} ({})", line.trim());
            Some(Fault::new("building the service's image", cause).cure(*cure))
        }
        None => local::outside(log),
    }
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
            "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving \
             'deb.debian.org'",
            "Err:1 http://deb.debian.org/debian bookworm InRelease  Could not connect to deb.debian.org:80",
            "WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.20/main: DNS: transient error (try again later)",
            "curl: (6) Could not resolve host: example.com",
            "error An unexpected error occurred: \"https://registry.yarnpkg.com/pg: getaddrinfo EAI_AGAIN registry.yarnpkg.com\".",
            "error: could not download file from 'https://static.rust-lang.org/dist/channel-rust-1.99.0.toml.sha256'",
        ] {
            assert!(told(line).unwrap().contains(REACH), "{line}");
        }
        for line in [
            "npm error code SELF_SIGNED_CERT_IN_CHAIN",
            "curl: (60) SSL certificate problem: unable to get local issuer certificate",
            "  [60] SSL peer certificate or SSH remote key was not OK (SSL certificate problem)",
            "ERROR: Could not install packages due to an OSError: HTTPSConnectionPool(host='pypi.org', port=443): Max \
             retries exceeded (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]",
            "go: x@v1: Get \"https://proxy.golang.org/x\": tls: x509: certificate signed by unknown authority",
        ] {
            assert!(told(line).unwrap().contains(TRUST), "{line}");
        }
        assert!(
            told("npm error code EAI_AGAIN")
                .unwrap()
                .contains("registry")
        );
    }

    #[test]
    fn what_may_be_the_learners_own_is_not() {
        for line in [
            "E: Unable to locate package libpqq-dev",
            "ERROR: unable to select packages:",
            "curl: (22) The requested URL returned error: 404",
            "npm error code E404",
            "getaddrinfo ENOTFOUND db",
            "error: could not download nonexistent rust version `1.999.0`",
            "ERROR: No matching distribution found for flaks",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }
}
