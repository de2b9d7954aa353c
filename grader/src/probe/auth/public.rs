//! The public half of a pair: spelled as services hold it, and worked out from what the other half has signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use ed25519_dalek::Verifier;
use p256::ecdsa::RecoveryId;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use super::{Jwt, Key};

/// A key that verifies, and signs nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Public {
    /// For `RS*` and `PS*`.
    Rsa(rsa::PublicKey),
    /// The curve P-256, for `ES256`.
    P256(p256::ecdsa::VerifyingKey),
    /// The curve P-384, for `ES384`.
    P384(p384::ecdsa::VerifyingKey),
    /// Ed25519, for `EdDSA`.
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl Public {
    /// That of a pair; none for a shared secret.
    pub fn of(key: &Key) -> Option<Self> {
        Some(match key {
            Key::Secret(_) => return None,
            Key::Rsa(pair) => Self::Rsa(pair.as_public_key().clone()),
            Key::P256(key) => Self::P256(*key.verifying_key()),
            Key::P384(key) => Self::P384(*key.verifying_key()),
            Key::Ed25519(key) => Self::Ed25519(key.verifying_key()),
        })
    }

    /// The one key that has signed both of these, where their signatures tell it: a signature of ECDSA leaves few keys
    /// open (SEC 1 §4.1.6), and another of the same key leaves one.
    pub fn recovered(one: &Jwt, other: &Jwt) -> Option<Self> {
        let (text, both) = (one.signed(), [one, other]);
        let mut keys = Vec::new();
        for id in (0..4).filter_map(RecoveryId::from_byte) {
            keys.extend(match one.alg() {
                "ES256" => {
                    let signature = p256::ecdsa::Signature::from_slice(&one.signature).ok()?;
                    let (text, key) =
                        (text.as_bytes(), p256::ecdsa::VerifyingKey::recover_from_msg);
                    key(text, &signature, id).ok().map(Self::P256)
                }
                "ES384" => {
                    let signature = p384::ecdsa::Signature::from_slice(&one.signature).ok()?;
                    let (text, key) =
                        (text.as_bytes(), p384::ecdsa::VerifyingKey::recover_from_msg);
                    key(text, &signature, id).ok().map(Self::P384)
                }
                _ => return None,
            });
        }
        keys.retain(|key| both.iter().all(|token| key.has_signed(token)));
        keys.dedup();
        match keys.as_slice() {
            [key] => Some(key.clone()),
            _ => None,
        }
    }

    /// Whether its other half has signed this token, by the algorithm that the header names.
    pub fn has_signed(&self, token: &Jwt) -> bool {
        self.verifies(token.alg(), token.signed().as_bytes(), &token.signature)
    }

    /// Whether a signature is its other half's under this algorithm (RFC 7518 §3.1).
    pub fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        match (self, alg) {
            (Self::Rsa(key), "RS256") => key.pkcs1v15_verify::<Sha256>(message, signature).is_ok(),
            (Self::Rsa(key), "RS384") => key.pkcs1v15_verify::<Sha384>(message, signature).is_ok(),
            (Self::Rsa(key), "RS512") => key.pkcs1v15_verify::<Sha512>(message, signature).is_ok(),
            (Self::Rsa(key), "PS256") => key.pss_verify::<Sha256>(message, signature).is_ok(),
            (Self::Rsa(key), "PS384") => key.pss_verify::<Sha384>(message, signature).is_ok(),
            (Self::Rsa(key), "PS512") => key.pss_verify::<Sha512>(message, signature).is_ok(),
            (Self::P256(key), "ES256") => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|s| key.verify(message, &s).is_ok()),
            (Self::P384(key), "ES384") => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|s| key.verify(message, &s).is_ok()),
            (Self::Ed25519(key), "EdDSA") => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|s| key.verify(message, &s).is_ok()),
            _ => false,
        }
    }

    /// The one that a JWK holds (RFC 7518 §6.2, §6.3; RFC 8037 §2); none where it holds another kind or is broken.
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| BASE64.decode(text(name)?.trim_end_matches('=')).ok();
        // SEC 1 §2.3.4.
        let point = || Some([&[4], bytes("x")?.as_slice(), bytes("y")?.as_slice()].concat());
        match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let part = |name| Some(rsa::BoxedUint::from_be_slice_vartime(&bytes(name)?));
                rsa::PublicKey::new(part("n")?, part("e")?)
                    .ok()
                    .map(Self::Rsa)
            }
            ("EC", Some("P-256")) => p256::ecdsa::VerifyingKey::from_sec1_bytes(&point()?)
                .ok()
                .map(Self::P256),
            ("EC", Some("P-384")) => p384::ecdsa::VerifyingKey::from_sec1_bytes(&point()?)
                .ok()
                .map(Self::P384),
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x")?.try_into().ok()?;
                ed25519_dalek::VerifyingKey::from_bytes(&x)
                    .ok()
                    .map(Self::Ed25519)
            }
            _ => None,
        }
    }

    /// The one that a PEM holds, whose other half it may be: SubjectPublicKeyInfo, PKCS#8, or PKCS#1 (RFC 7468); none
    /// where it holds another kind, is broken, or is locked with a password.
    pub fn from_pem(pem: &str) -> Option<Self> {
        let open = rsa::PublicKey::from_public_key_pem(pem);
        let open = open
            .or_else(|_| rsa::PublicKey::from_pkcs1_pem(pem).map_err(|_| ()))
            .ok();
        let pair = || rsa::PrivateKey::from_pkcs8_pem(pem).ok();
        let pair = || pair().or_else(|| rsa::PrivateKey::from_pkcs1_pem(pem).ok());
        if let Some(key) = open.or_else(|| pair().map(|p| p.as_public_key().clone())) {
            return Some(Self::Rsa(key));
        }
        let open = p256::ecdsa::VerifyingKey::from_public_key_pem(pem).ok();
        let pair = || p256::ecdsa::SigningKey::from_pkcs8_pem(pem).ok();
        if let Some(key) = open.or_else(|| pair().map(|p| *p.verifying_key())) {
            return Some(Self::P256(key));
        }
        let open = p384::ecdsa::VerifyingKey::from_public_key_pem(pem).ok();
        let pair = || p384::ecdsa::SigningKey::from_pkcs8_pem(pem).ok();
        if let Some(key) = open.or_else(|| pair().map(|p| *p.verifying_key())) {
            return Some(Self::P384(key));
        }
        let open = ed25519_dalek::VerifyingKey::from_public_key_pem(pem).ok();
        let pair = || ed25519_dalek::SigningKey::from_pkcs8_pem(pem).ok();
        let key = open.or_else(|| pair().map(|p| p.verifying_key()));
        key.map(Self::Ed25519)
    }

    /// As SubjectPublicKeyInfo in PEM.
    pub fn pem(&self) -> Option<String> {
        match self {
            Self::Rsa(key) => key.to_public_key_pem(LineEnding::LF).ok(),
            Self::P256(key) => key.to_public_key_pem(LineEnding::LF).ok(),
            Self::P384(key) => key.to_public_key_pem(LineEnding::LF).ok(),
            Self::Ed25519(key) => key.to_public_key_pem(LineEnding::LF).ok(),
        }
    }

    /// As SubjectPublicKeyInfo in DER.
    pub fn der(&self) -> Option<Vec<u8>> {
        let der = match self {
            Self::Rsa(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
            Self::P384(key) => key.to_public_key_der(),
            Self::Ed25519(key) => key.to_public_key_der(),
        };
        Some(der.ok()?.as_bytes().to_vec())
    }

    /// As a JWK (RFC 7517).
    pub fn jwk(&self) -> Option<Value> {
        let point = |curve: &str, point: &[u8]| {
            // SEC 1 §2.3.3: the byte 4, then both coordinates.
            let (x, y) = point.get(1..)?.split_at_checked((point.len() - 1) / 2)?;
            let (x, y) = (BASE64.encode(x), BASE64.encode(y));
            Some(json!({"kty": "EC", "crv": curve, "x": x, "y": y}))
        };
        match self {
            Self::Rsa(key) => {
                let (n, e) = (BASE64.encode(key.n_bytes()), BASE64.encode(key.e_bytes()));
                Some(json!({"kty": "RSA", "n": n, "e": e}))
            }
            Self::P256(key) => point("P-256", key.to_sec1_point(false).as_bytes()),
            Self::P384(key) => point("P-384", key.to_sec1_point(false).as_bytes()),
            Self::Ed25519(key) => {
                let x = BASE64.encode(key.as_bytes());
                Some(json!({"kty": "OKP", "crv": "Ed25519", "x": x}))
            }
        }
    }

    /// In every spelling that a service may hold in its hands when it takes it for a secret, each with its name: PEM
    /// with and without its last line break and with CRLF, PKCS#1, DER, JWK, the bare modulus.
    pub fn spellings(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut all = Vec::new();
        if let Some(pem) = self.pem() {
            let pem = pem.trim_end().to_owned();
            all.push(("PEM", format!("{pem}\n").into_bytes()));
            all.push(("PEM without its last line break", pem.clone().into_bytes()));
            all.push((
                "PEM with CRLF",
                (pem.replace('\n', "\r\n") + "\r\n").into_bytes(),
            ));
        }
        all.extend(self.der().map(|der| ("DER", der)));
        let jwk = self.jwk();
        all.extend(jwk.map(|jwk| ("JWK", jwk.to_string().into_bytes())));
        if let Self::Rsa(key) = self {
            let pem = key.to_pkcs1_pem(LineEnding::LF).ok();
            all.extend(pem.map(|pem| ("PKCS#1 PEM", pem.into_bytes())));
            all.push(("bare modulus", key.n_bytes().to_vec()));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn draw(alg: &str, seed: u64) -> Key {
        Key::draw(alg, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap()
    }

    #[test]
    fn a_public_key_is_read_from_what_it_is_written_to() {
        for alg in ["RS256", "ES256", "ES384", "EdDSA"] {
            let pair = draw(alg, 2);
            let public = Public::of(&pair).unwrap();
            let read = Public::from_jwk(&public.jwk().unwrap());
            assert_eq!(read.as_ref(), Some(&public), "{alg}");
            for pem in [public.pem().unwrap(), pair.private_text().unwrap()] {
                assert_eq!(Public::from_pem(&pem).as_ref(), Some(&public), "{alg}");
            }
            let signature = pair.sign(alg, b"text").unwrap();
            assert!(public.verifies(alg, b"text", &signature), "{alg}");
            assert!(!public.verifies(alg, b"test", &signature), "{alg}");
        }
        assert_eq!(Public::from_pem("-----BEGIN PUBLIC KEY-----\n"), None);
        assert_eq!(Public::from_jwk(&json!({"kty": "oct", "k": "AA"})), None);
        assert_eq!(
            Public::from_jwk(&json!({"kty": "RSA", "n": "", "e": "AQAB"})),
            None
        );
    }

    #[test]
    fn a_public_key_has_its_usual_spellings() {
        let rsa = Public::of(&draw("RS256", 1)).unwrap().spellings();
        assert_eq!(rsa.len(), 7);
        assert!(rsa[0].1.starts_with(b"-----BEGIN PUBLIC KEY-----\n"));
        let curve = Public::of(&draw("ES256", 1)).unwrap();
        assert_eq!(curve.spellings().len(), 5);
        assert_eq!(curve.jwk().unwrap()["x"].as_str().unwrap().len(), 43);
        assert_eq!(Public::of(&draw("HS256", 1)), None);
    }

    #[test]
    fn two_signatures_tell_the_key() {
        for alg in ["ES256", "ES384"] {
            let (key, other) = (draw(alg, 1), draw(alg, 2));
            let blank = format!(
                "{}.{}.",
                BASE64.encode(format!("{{\"alg\":\"{alg}\"}}")),
                BASE64.encode("{}")
            );
            let token = |key: &Key, n: u64| {
                let forge = Jwt::read(&blank).unwrap().forge().claim("n", n);
                Jwt::read(&forge.signed(alg, key).unwrap()).unwrap()
            };
            let found = Public::recovered(&token(&key, 1), &token(&key, 2));
            assert_eq!(found, Public::of(&key), "{alg}");
            assert_eq!(Public::recovered(&token(&key, 1), &token(&other, 2)), None);
        }
    }
}
