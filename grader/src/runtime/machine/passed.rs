//! Which of the grader's own variables a build may see: where packages come from and whom to believe, no secrets.
//!
//! A build runs what strangers wrote. So a variable is passed on only if it is on a list, if neither its name nor
//! its value speaks of a secret, and without the user and password a URL in it may hold. A registry or a proxy
//! that asks for a password is therefore out of reach of builds.

use std::ffi::{OsStr, OsString};
use std::sync::LazyLock;

use regex::Regex;

/// Variables that name a file with certificates. Behind a proxy that opens TLS, no package comes without them.
pub(super) const CERTIFICATES: [&str; 8] = [
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "CARGO_HTTP_CAINFO",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
];

/// What else may pass, in lower case; `*` stands for any end. Windows and npm write names in either case.
const ALLOWED: &str = "ssl_cert_dir http_proxy https_proxy all_proxy no_proxy \
    pip_index_url pip_extra_index_url pip_find_links pip_no_index pip_trusted_host pip_proxy pip_timeout \
    pip_default_timeout pip_retries pip_prefer_binary pip_only_binary pip_no_binary pip_constraint \
    pip_disable_pip_version_check pip_break_system_packages \
    npm_config_registry npm_config_@* npm_config_cafile npm_config_strict_ssl npm_config_proxy \
    npm_config_https_proxy npm_config_noproxy npm_config_fetch_* npm_config_maxsockets npm_config_offline \
    npm_config_prefer_offline npm_config_update_notifier \
    cargo_http_* cargo_net_* cargo_source_* cargo_registries_* cargo_build_jobs \
    rustup_dist_server rustup_update_root rustup_toolchain rustup_auto_install \
    uv_index uv_index_url uv_default_index uv_extra_index_url uv_find_links uv_no_index uv_index_strategy \
    uv_insecure_host uv_http_timeout uv_native_tls uv_system_certs uv_offline uv_python uv_link_mode \
    goproxy goprivate gonoproxy gosumdb gonosumdb goinsecure gotoolchain goflags";

/// Words that say that a value is nobody else's business.
const SECRET: [&str; 7] = [
    "token",
    "password",
    "passwd",
    "secret",
    "auth",
    "key",
    "credential",
];

/// What a build sees of a variable; none where it must not see it.
pub(crate) fn passed(name: &OsStr, value: &OsStr) -> Option<OsString> {
    let (name, text) = (name.to_str()?, value.to_str()?);
    if CERTIFICATES.contains(&name) {
        return Some(value.to_owned());
    }
    let name = name.to_lowercase();
    let allowed = ALLOWED
        .split_ascii_whitespace()
        .any(|known| match known.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == known,
        });
    let lower = text.to_lowercase();
    let secret = |word: &str| name.contains(word) || lower.contains(&format!("{word}="));
    if !allowed || SECRET.iter().any(|word| secret(word)) {
        return None;
    }
    let open = USER.as_ref()?.replace_all(text, "$1");
    // An `@` that is left may end a password with a slash in it, or a proxy without a scheme.
    (!open.contains('@')).then(|| open.into_owned().into())
}

/// The user and password of a URL, after its scheme. A test compiles it.
static USER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s@]*@").ok());

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, value: &str) -> Option<String> {
        passed(name.as_ref(), value.as_ref()).map(|v| v.into_string().unwrap())
    }

    #[test]
    fn no_secret_passes() {
        for name in [
            "npm_config__authToken",
            "NPM_CONFIG__AUTH",
            "npm_config_//registry.example/:_authToken",
            "npm_config_@mine:_password",
            "UV_PUBLISH_PASSWORD",
            "UV_INDEX_MINE_PASSWORD",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_MINE_TOKEN",
            "CARGO_REGISTRIES_MINE_CREDENTIAL_PROVIDER",
            "PIP_CLIENT_CERT",
            "PIP_CONFIG_FILE",
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "HOME",
        ] {
            assert_eq!(seen(name, "x"), None, "{name}");
        }
        assert_eq!(seen("PIP_INDEX_URL", "https://h/simple?token=abc"), None);
        assert_eq!(seen("HTTPS_PROXY", "user:pw@proxy:8080"), None);
        assert_eq!(seen("PIP_INDEX_URL", "https://user:p/w@host/simple"), None);
        assert_eq!(seen("PIP_INDEX_URL", "https://user:p@w@host/simple"), None);
    }

    #[test]
    fn urls_lose_their_user() {
        let value = "https://user:pw@one/simple https://two/simple";
        assert_eq!(
            seen("PIP_EXTRA_INDEX_URL", value).unwrap(),
            "https://one/simple https://two/simple"
        );
        assert_eq!(
            seen("UV_INDEX", "mine=https://me@host/x").unwrap(),
            "mine=https://host/x"
        );
    }

    #[test]
    fn what_builds_need_passes_as_it_is() {
        for (name, value) in [
            ("SSL_CERT_FILE", "/etc/ssl/cert@home.pem"),
            ("https_proxy", "http://proxy:8080"),
            ("HTTPS_PROXY", "http://proxy:8080"),
            ("PIP_FIND_LINKS", "/opt/wheels"),
            ("NPM_CONFIG_REGISTRY", "https://registry.example/"),
            ("CARGO_NET_OFFLINE", "true"),
            ("GOPROXY", "https://proxy.example,direct"),
        ] {
            assert_eq!(seen(name, value).as_deref(), Some(value), "{name}");
        }
    }
}
