//! Why an image could not be pulled: because it does not exist, or because it cannot be had from here.

/// Whose doing it is that an image is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The registry answered, and has none of that name.
    NoSuchImage,
    /// No registry, no network, no login, no answer: nobody can say whether the image exists.
    OutOfReach,
}

/// What a registry says of a tag or a repository it does not have.
const UNKNOWN: [&str; 5] = [
    "manifest unknown",
    "manifest for ",
    "name unknown",
    "repository does not exist",
    "invalid reference format",
];

/// What is said on the way, in the same breath as the words above or without them.
const WAY: [&str; 8] = [
    "dial tcp",
    "no such host",
    "timeout",
    "x509",
    "tls:",
    "toomanyrequests",
    "no matching manifest",
    "unauthorized: incorrect",
];

/// Reads the engine's words. An image of another registry than the public one may be private, so "does not exist or
/// may require login" proves nothing there.
pub(super) fn refusal(image: &str, error: &str) -> Refusal {
    let says = error.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| says.contains(word));
    let denied = says.contains("denied");
    match has(&UNKNOWN) && !has(&WAY) && !(denied && elsewhere(image)) {
        true => Refusal::NoSuchImage,
        false => Refusal::OutOfReach,
    }
}

/// Whether the name begins with a registry of its own: `ghcr.io/…`, `localhost:5000/…`.
fn elsewhere(image: &str) -> bool {
    let (first, rest) = image.split_once('/').unwrap_or(("", image));
    !rest.is_empty() && first != "docker.io" && (first.contains(['.', ':']) || first == "localhost")
}

#[cfg(test)]
mod tests {
    use super::{Refusal::*, refusal};

    #[test]
    fn only_a_registry_that_answers_says_that_an_image_does_not_exist() {
        let table = [
            (
                "python:3.99",
                "manifest for python:3.99 not found: manifest unknown: manifest unknown",
                NoSuchImage,
            ),
            (
                "pyhton:3",
                "pull access denied for pyhton, repository does not exist or may require 'docker login': denied",
                NoSuchImage,
            ),
            (
                "ghcr.io/me/base:1",
                "pull access denied for ghcr.io/me/base, repository does not exist or may require 'docker login'",
                OutOfReach,
            ),
            ("ghcr.io/me/base:1", "manifest unknown", NoSuchImage),
            (
                "Python:3",
                "invalid reference format: repository name must be lowercase",
                NoSuchImage,
            ),
            (
                "python:3",
                "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
                OutOfReach,
            ),
            (
                "python:3",
                "toomanyrequests: You have reached your pull rate limit",
                OutOfReach,
            ),
            (
                "python:3",
                "no matching manifest for linux/arm64/v8 in the manifest list entries",
                OutOfReach,
            ),
            (
                "python:3",
                "x509: certificate signed by unknown authority",
                OutOfReach,
            ),
            ("python:3", "it took longer than 600 s", OutOfReach),
        ];
        for (image, error, expected) in table {
            assert_eq!(refusal(image, error), expected, "{image}: {error}");
        }
    }
}
