//! The proxies a build may need, handed on as build arguments. Docker knows these names beforehand: they need no
//! `ARG`, are not in the image, and do not count for its cache.

use std::collections::HashMap;
use std::ffi::OsString;

use crate::runtime::machine::environment::passed;

/// Docker's predefined arguments, each in either case.
const NAMES: [&str; 5] = [
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "no_proxy",
    "all_proxy",
];

/// Those of the grader's own environment; one that asks for a password stays with us.
pub(super) fn proxies() -> HashMap<String, String> {
    of(std::env::vars_os())
}

fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> HashMap<String, String> {
    variables
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, value)| {
            let passed = passed(&name, &value)?.into_string().ok()?;
            Some((name.into_string().ok()?, passed))
        })
        .filter(|(name, _)| NAMES.contains(&name.to_lowercase().as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn proxies_pass_and_nothing_else() {
        let environment = [
            ("HTTP_PROXY", "http://proxy:3128"),
            ("https_proxy", "http://me:pw@proxy:3128"),
            ("NO_PROXY", "localhost"),
            ("PIP_INDEX_URL", "https://mirror"),
            ("ALL_PROXY", ""),
        ];
        let found = of(environment.iter().map(|(n, v)| (n.into(), v.into())));
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort();
        let is = |n: usize, name: &str, value: &str| {
            assert_eq!(found.get(n), Some(&(name.to_owned(), value.to_owned())));
        };
        is(0, "HTTP_PROXY", "http://proxy:3128");
        is(1, "NO_PROXY", "localhost");
        is(2, "https_proxy", "http://proxy:3128");
        assert_eq!(found.len(), 3);
    }
}
