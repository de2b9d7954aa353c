//! JSON Web Tokens (RFC 7519) taken apart, and put together again with whatever in them.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::Key;

/// Claims that differ between any two tokens and name nobody.
const PASSING: [&str; 5] = ["iat", "exp", "nbf", "jti", "auth_time"];

/// The year 5138 in seconds, and 1973 in milliseconds: no token means a time beyond.
const FAR: i64 = 100_000_000_000;

/// Reads what anybody wrote: with padding or without, whatever the unused bits are.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A token, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Jwt {
    /// What the header says.
    pub header: Map<String, Value>,
    /// What is claimed.
    pub claims: Map<String, Value>,
    /// The signature's bytes.
    pub signature: Vec<u8>,
    /// The three parts as they came.
    parts: [String; 3],
}

impl Jwt {
    /// Takes a token apart; none where it is no JWT: three parts in base64url, the first two of them JSON objects, and
    /// an algorithm in the header.
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return None;
        };
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&LENIENT.decode(part).ok()?).ok()
        };
        let read = Self {
            header: object(header)?,
            claims: object(claims)?,
            signature: LENIENT.decode(signature).ok()?,
            parts: [*header, *claims, *signature].map(str::to_owned),
        };
        read.header.contains_key("alg").then_some(read)
    }

    /// The algorithm that the header names.
    pub fn alg(&self) -> &str {
        self.header
            .get("alg")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A claim that is a time: whole seconds since 1970 (RFC 7519 §2). None where it is missing, is no number, or lies
    /// so far ahead that it counts something else.
    pub fn time(&self, claim: &str) -> Option<i64> {
        let value = self.claims.get(claim)?;
        let seconds = value.as_i64().or_else(|| {
            let decimal = value.as_f64().filter(|f| f.abs() < FAR as f64)?;
            Some(decimal.floor() as i64)
        })?;
        (seconds.abs() < FAR).then_some(seconds)
    }

    /// The token as it came.
    pub fn text(&self) -> String {
        self.parts.join(".")
    }

    /// What is signed: the first two parts.
    pub fn signed(&self) -> String {
        format!("{}.{}", self.parts[0], self.parts[1])
    }

    /// Whether this key has signed it under this algorithm, which the header must name.
    pub fn is_by(&self, alg: &str, key: &Key) -> bool {
        self.alg() == alg && key.verifies(alg, self.signed().as_bytes(), &self.signature)
    }

    /// Starts a forgery from it.
    pub fn forge(&self) -> Forge {
        Forge {
            header: (self.header.clone(), Some(self.parts[0].clone())),
            claims: (self.claims.clone(), Some(self.parts[1].clone())),
        }
    }

    /// The claims that say whose a token is: those that differ from another account's token and do not merely tell
    /// when and in which token they were made.
    pub fn identity(&self, other: &Self) -> Map<String, Value> {
        let names = |(name, value): &(&String, &Value)| {
            !PASSING.contains(&name.as_str()) && other.claims.get(*name) != Some(value)
        };
        let own = self.claims.iter().filter(names);
        own.map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

/// A token in the making. Parts that are not touched keep their bytes, so that a forgery differs in nothing else.
#[derive(Debug, Clone)]
pub struct Forge {
    header: (Map<String, Value>, Option<String>),
    claims: (Map<String, Value>, Option<String>),
}

impl Forge {
    /// Sets a member of the header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.0.insert(name.to_owned(), value.into());
        self.header.1 = None;
        self
    }

    /// Takes a member of the header away.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.0.shift_remove(name);
        self.header.1 = None;
        self
    }

    /// Sets a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.0.insert(name.to_owned(), value.into());
        self.claims.1 = None;
        self
    }

    /// Takes a claim away.
    #[must_use]
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.0.shift_remove(name);
        self.claims.1 = None;
        self
    }

    /// Claims to be whoever these claims name: see [`Jwt::identity`].
    #[must_use]
    pub fn as_whom(mut self, identity: &Map<String, Value>) -> Self {
        for (name, value) in identity {
            self = self.claim(name, value.clone());
        }
        self
    }

    /// Any text where the header's JSON stands.
    #[must_use]
    pub fn raw_header(mut self, json: &str) -> Self {
        self.header.1 = Some(URL_SAFE_NO_PAD.encode(json));
        self
    }

    /// Any text where the claims' JSON stands.
    #[must_use]
    pub fn raw_claims(mut self, json: &str) -> Self {
        self.claims.1 = Some(URL_SAFE_NO_PAD.encode(json));
        self
    }

    /// Signed with this key, under this algorithm. The header goes on naming the algorithm that it names. None where
    /// the key is not for it.
    pub fn signed(&self, alg: &str, key: &Key) -> Option<String> {
        let head = self.undotted();
        let signature = key.sign(alg, head.as_bytes())?;
        Some(format!("{head}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// With any bytes for a signature.
    pub fn with_signature(&self, bytes: &[u8]) -> String {
        format!("{}.{}", self.undotted(), URL_SAFE_NO_PAD.encode(bytes))
    }

    /// With nothing after the second dot.
    pub fn unsigned(&self) -> String {
        format!("{}.", self.undotted())
    }

    /// Without the second dot.
    pub fn undotted(&self) -> String {
        let part = |(json, raw): &(Map<String, Value>, Option<String>)| {
            let made = || URL_SAFE_NO_PAD.encode(Value::Object(json.clone()).to_string());
            raw.clone().unwrap_or_else(made)
        };
        format!("{}.{}", part(&self.header), part(&self.claims))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(claims: Value) -> Jwt {
        let Value::Object(claims) = claims else {
            panic!("an object")
        };
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let part = |v: &Value| URL_SAFE_NO_PAD.encode(v.to_string());
        let head = format!("{}.{}", part(&header), part(&Value::Object(claims)));
        let signature = Key::secret("k").sign("HS256", head.as_bytes()).unwrap();
        Jwt::read(&format!("{head}.{}", URL_SAFE_NO_PAD.encode(signature))).unwrap()
    }

    #[test]
    fn a_token_is_known_by_its_key_and_what_was_not_touched_stays() {
        let jwt = token(json!({"sub": "a", "iat": 1}));
        let key = Key::secret("k");
        assert!(jwt.is_by("HS256", &key) && !jwt.is_by("HS256", &Key::secret("other")));
        assert!(!jwt.is_by("HS384", &key));
        assert_eq!(jwt.forge().with_signature(&jwt.signature), jwt.text());
        let forged = jwt.forge().claim("sub", "b").signed("HS256", &key).unwrap();
        let forged = Jwt::read(&forged).unwrap();
        assert!(forged.is_by("HS256", &key) && forged.claims["sub"] == "b");
        assert_eq!(forged.parts[0], jwt.parts[0]);
        assert!(jwt.forge().unsigned().ends_with('.'));
        assert_eq!(Jwt::read(&jwt.forge().undotted()), None);
    }

    #[test]
    fn whose_a_token_is_shows_in_what_differs() {
        let a = token(json!({"sub": "a", "iss": "x", "iat": 1, "jti": "1"}));
        let b = token(json!({"sub": "b", "iss": "x", "iat": 2, "jti": "2"}));
        let identity = b.identity(&a);
        assert_eq!(Value::Object(identity.clone()), json!({"sub": "b"}));
        let forged = a.forge().as_whom(&identity).with_signature(&a.signature);
        let forged = Jwt::read(&forged).unwrap();
        assert_eq!(
            (&forged.claims["sub"], &forged.claims["jti"]),
            (&json!("b"), &json!("1"))
        );
        assert!(!forged.is_by("HS256", &Key::secret("k")));
    }

    #[test]
    fn a_time_is_a_number_of_seconds() {
        let claims =
            json!({"iat": 1_800_000_000, "nbf": 1.5, "exp": 1_800_000_000_000_i64, "at": "1"});
        let jwt = token(claims);
        assert_eq!(jwt.time("iat"), Some(1_800_000_000));
        assert_eq!(jwt.time("nbf"), Some(1));
        for claim in ["exp", "at", "none"] {
            assert_eq!(jwt.time(claim), None, "{claim}");
        }
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        for text in ["", "a.b.c", "e30.e30.", "e30.e30.e30.e30", "abc", "e30.e30"] {
            assert_eq!(Jwt::read(text), None, "{text}");
        }
    }
}
