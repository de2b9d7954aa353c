//! What a credential is, as seen from outside (`[auth] kind = "auto"`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Jwt;
use crate::pack::AuthKind;

/// What the text of a credential looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A signed JSON Web Token: its bearer can read it, and try to write one.
    Jwt,
    /// A signed value whose bearer can read it: `s:value.signature` and the like, as web frameworks put in cookies.
    Signed,
    /// A text that means nothing to its bearer, encrypted tokens (RFC 7516) among them.
    Opaque,
}

impl Kind {
    /// What this text is.
    pub fn of(text: &str) -> Self {
        if Jwt::read(text).is_some() {
            return Self::Jwt;
        }
        // express: `s:value.signature`, percent-encoded in a cookie.
        let express = ["s:", "s%3A", "s%3a"]
            .iter()
            .find_map(|p| text.strip_prefix(p))
            .is_some_and(|rest| rest.contains('.'));
        // itsdangerous: JSON in base64url, a time, a signature; a dot before the JSON where it is compressed.
        let mut parts = text.trim_start_matches('.').split('.');
        let json = parts.next().and_then(|p| URL_SAFE_NO_PAD.decode(p).ok());
        let json =
            json.is_some_and(|j| serde_json::from_slice::<Value>(&j).is_ok_and(|v| v.is_object()));
        let packed = text.starts_with('.') || json;
        if express || (packed && parts.count() == 2) {
            Self::Signed
        } else {
            Self::Opaque
        }
    }

    /// Whether a pack that declares this kind means such a text. A cookie may hold any.
    pub fn fits(self, declared: AuthKind) -> bool {
        match declared {
            AuthKind::Jwt => self == Self::Jwt,
            AuthKind::Opaque => self != Self::Jwt,
            AuthKind::Cookie | AuthKind::Auto => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_known_by_its_shape() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
        assert_eq!(Kind::of(jwt), Kind::Jwt);
        assert_eq!(Kind::of("s%3Aabc.def"), Kind::Signed);
        assert_eq!(Kind::of("eyJ1c2VyIjoxfQ.ZxYw.c2lnbmF0dXJl"), Kind::Signed);
        for opaque in ["", "7f3a", "rt_1.abc", "a.b.c", "a.b.c.d.e"] {
            assert_eq!(Kind::of(opaque), Kind::Opaque, "{opaque}");
        }
        assert!(!Kind::Opaque.fits(AuthKind::Jwt) && Kind::Opaque.fits(AuthKind::Auto));
    }
}
