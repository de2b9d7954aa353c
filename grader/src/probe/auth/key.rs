//! Keys, and what is signed with them (RFC 7518 §3).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signer, Verifier};
use hmac::{Hmac, KeyInit, Mac};
use p256::elliptic_curve::Generate;
use rand_chacha::ChaCha20Rng;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::model::{Doing, Fault};

/// Size of an RSA modulus, bits: the least that RFC 7518 §3.3 allows, for larger ones cost the service's time.
const RSA_BITS: usize = 2048;
/// Size of a shared secret, bytes: enough for HS384; HS512 takes more by its own rule (RFC 7518 §3.2).
const SECRET: usize = 48;
const LONG_SECRET: usize = 64;

/// A key that signs.
#[derive(Clone)]
pub enum Key {
    /// One secret for both sides.
    Secret(Arc<[u8]>),
    /// RSA, for `RS*` and `PS*`.
    Rsa(Arc<rsa::PrivateKey>),
    /// The curve P-256, for `ES256`.
    P256(Arc<p256::ecdsa::SigningKey>),
    /// The curve P-384, for `ES384`.
    P384(Arc<p384::ecdsa::SigningKey>),
    /// Ed25519, for `EdDSA`.
    Ed25519(Arc<ed25519_dalek::SigningKey>),
}

impl std::fmt::Debug for Key {
    /// The kind alone: a key is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "a shared secret",
            Self::Rsa(_) => "an RSA pair",
            Self::P256(_) => "a P-256 pair",
            Self::P384(_) => "a P-384 pair",
            Self::Ed25519(_) => "an Ed25519 pair",
        })
    }
}

impl Key {
    /// A new key for this JWS algorithm, drawn from `rng`: the same stream gives the same key. A secret is the text
    /// of its random bytes in base64url, since a variable carries no bytes.
    ///
    /// # Errors
    /// When there is no such algorithm, or no pair was found.
    pub fn draw(alg: &str, rng: &mut ChaCha20Rng) -> Result<Self, Fault> {
        use rand::Rng;
        Ok(match alg {
            "HS256" | "HS384" | "HS512" => {
                let size = if alg == "HS512" { LONG_SECRET } else { SECRET };
                let mut bytes = vec![0; size];
                rng.fill_bytes(&mut bytes);
                Self::secret(BASE64.encode(bytes))
            }
            "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => {
                let pair = rsa::PrivateKey::new(rng, RSA_BITS).doing("making an RSA pair")?;
                Self::Rsa(Arc::new(pair))
            }
            "ES256" => Self::P256(Arc::new(Generate::generate_from_rng(rng))),
            "ES384" => Self::P384(Arc::new(Generate::generate_from_rng(rng))),
            "EdDSA" => {
                let mut seed = [0; 32];
                rng.fill_bytes(&mut seed);
                Self::Ed25519(Arc::new(ed25519_dalek::SigningKey::from_bytes(&seed)))
            }
            other => {
                return Err(Fault::new(
                    "making a key",
                    format!("`{other}` is no algorithm"),
                ));
            }
        })
    }

    /// A shared secret of these bytes.
    pub fn secret(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Secret(bytes.into().into())
    }

    /// The signature of a message under this algorithm; none where the key is not for it.
    pub fn sign(&self, alg: &str, message: &[u8]) -> Option<Vec<u8>> {
        match (self, alg) {
            (Self::Secret(key), "HS256") => Some(mac::<Hmac<Sha256>>(key, message)?),
            (Self::Secret(key), "HS384") => Some(mac::<Hmac<Sha384>>(key, message)?),
            (Self::Secret(key), "HS512") => Some(mac::<Hmac<Sha512>>(key, message)?),
            (Self::Rsa(pair), "RS256") => pair.pkcs1v15_sign::<Sha256>(message).ok(),
            (Self::Rsa(pair), "RS384") => pair.pkcs1v15_sign::<Sha384>(message).ok(),
            (Self::Rsa(pair), "RS512") => pair.pkcs1v15_sign::<Sha512>(message).ok(),
            (Self::Rsa(pair), "PS256") => pair.pss_sign::<Sha256>(message).ok(),
            (Self::Rsa(pair), "PS384") => pair.pss_sign::<Sha384>(message).ok(),
            (Self::Rsa(pair), "PS512") => pair.pss_sign::<Sha512>(message).ok(),
            (Self::P256(key), "ES256") => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Some(signature.to_bytes().to_vec())
            }
            (Self::P384(key), "ES384") => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                Some(signature.to_bytes().to_vec())
            }
            (Self::Ed25519(key), "EdDSA") => Some(key.sign(message).to_bytes().to_vec()),
            _ => None,
        }
    }

    /// Whether a signature is this key's under this algorithm.
    pub fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        match (self, alg) {
            (Self::Secret(_), _) => self.sign(alg, message).is_some_and(|s| s == signature),
            (Self::Rsa(pair), _) => {
                let key = pair.as_public_key();
                match alg {
                    "RS256" => key.pkcs1v15_verify::<Sha256>(message, signature).is_ok(),
                    "RS384" => key.pkcs1v15_verify::<Sha384>(message, signature).is_ok(),
                    "RS512" => key.pkcs1v15_verify::<Sha512>(message, signature).is_ok(),
                    "PS256" => key.pss_verify::<Sha256>(message, signature).is_ok(),
                    "PS384" => key.pss_verify::<Sha384>(message, signature).is_ok(),
                    "PS512" => key.pss_verify::<Sha512>(message, signature).is_ok(),
                    _ => false,
                }
            }
            (Self::P256(key), "ES256") => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|s| key.verifying_key().verify(message, &s).is_ok()),
            (Self::P384(key), "ES384") => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|s| key.verifying_key().verify(message, &s).is_ok()),
            (Self::Ed25519(key), "EdDSA") => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|s| key.verifying_key().verify(message, &s).is_ok()),
            _ => false,
        }
    }

    /// What the variable of the private key, or of the secret, holds: the secret itself, or PKCS#8 in PEM (RFC 7468).
    ///
    /// # Errors
    /// When a key cannot be written, or a secret is no text.
    pub fn private_text(&self) -> Result<String, Fault> {
        let doing = "writing a private key";
        let pem = match self {
            Self::Secret(bytes) => return String::from_utf8(bytes.to_vec()).doing(doing),
            Self::Rsa(pair) => pair.to_pkcs8_pem(LineEnding::LF),
            Self::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::P384(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::Ed25519(key) => key.to_pkcs8_pem(LineEnding::LF),
        };
        Ok(pem.doing(doing)?.to_string())
    }

    /// The public key as SubjectPublicKeyInfo in PEM; none for a secret.
    pub fn public_pem(&self) -> Option<String> {
        match self {
            Self::Secret(_) => None,
            Self::Rsa(pair) => pair.as_public_key().to_public_key_pem(LineEnding::LF).ok(),
            Self::P256(key) => key.verifying_key().to_public_key_pem(LineEnding::LF).ok(),
            Self::P384(key) => key.verifying_key().to_public_key_pem(LineEnding::LF).ok(),
            Self::Ed25519(key) => key.verifying_key().to_public_key_pem(LineEnding::LF).ok(),
        }
    }

    /// The public key as SubjectPublicKeyInfo in DER; none for a secret.
    pub fn public_der(&self) -> Option<Vec<u8>> {
        let der = match self {
            Self::Secret(_) => return None,
            Self::Rsa(pair) => pair.as_public_key().to_public_key_der(),
            Self::P256(key) => key.verifying_key().to_public_key_der(),
            Self::P384(key) => key.verifying_key().to_public_key_der(),
            Self::Ed25519(key) => key.verifying_key().to_public_key_der(),
        };
        Some(der.ok()?.as_bytes().to_vec())
    }

    /// The public key as a JWK (RFC 7517); none for a secret.
    pub fn public_jwk(&self) -> Option<Value> {
        let point = |curve: &str, point: &[u8]| {
            // SEC 1 §2.3.3: the byte 4, then both coordinates.
            let (x, y) = point.get(1..)?.split_at_checked((point.len() - 1) / 2)?;
            let (x, y) = (BASE64.encode(x), BASE64.encode(y));
            Some(json!({"kty": "EC", "crv": curve, "x": x, "y": y}))
        };
        match self {
            Self::Secret(_) => None,
            Self::Rsa(pair) => {
                let key = pair.as_public_key();
                let (n, e) = (BASE64.encode(key.n_bytes()), BASE64.encode(key.e_bytes()));
                Some(json!({"kty": "RSA", "n": n, "e": e}))
            }
            Self::P256(key) => point("P-256", key.verifying_key().to_sec1_point(false).as_bytes()),
            Self::P384(key) => point("P-384", key.verifying_key().to_sec1_point(false).as_bytes()),
            Self::Ed25519(key) => {
                let x = BASE64.encode(key.verifying_key().as_bytes());
                Some(json!({"kty": "OKP", "crv": "Ed25519", "x": x}))
            }
        }
    }

    /// The public key in every spelling that a service may hold in its hands when it takes it for a secret, each
    /// with its name: PEM with and without its last line break and with CRLF, PKCS#1, DER, JWK, the bare modulus.
    pub fn public_spellings(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut all = Vec::new();
        if let Some(pem) = self.public_pem() {
            let pem = pem.trim_end().to_owned();
            all.push(("PEM", format!("{pem}\n").into_bytes()));
            all.push(("PEM without its last line break", pem.clone().into_bytes()));
            all.push((
                "PEM with CRLF",
                (pem.replace('\n', "\r\n") + "\r\n").into_bytes(),
            ));
        }
        all.extend(self.public_der().map(|der| ("DER", der)));
        let jwk = self.public_jwk();
        all.extend(jwk.map(|jwk| ("JWK", jwk.to_string().into_bytes())));
        if let Self::Rsa(pair) = self {
            let key = pair.as_public_key();
            let pem = key.to_pkcs1_pem(LineEnding::LF).ok();
            all.extend(pem.map(|pem| ("PKCS#1 PEM", pem.into_bytes())));
            all.push(("bare modulus", key.n_bytes().to_vec()));
        }
        all
    }
}

/// A keyed hash; none where the key cannot be one, which no length of it is (RFC 2104 §2).
fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn draw(alg: &str, seed: u64) -> Key {
        Key::draw(alg, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap()
    }

    #[test]
    fn what_a_key_signs_it_alone_verifies() {
        for alg in [
            "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA",
        ] {
            let (key, other) = (draw(alg, 1), draw(alg, 2));
            let signature = key.sign(alg, b"words").unwrap();
            assert!(key.verifies(alg, b"words", &signature), "{alg}");
            assert!(!key.verifies(alg, b"other words", &signature), "{alg}");
            assert!(!other.verifies(alg, b"words", &signature), "{alg}");
            assert!(key.sign("none", b"words").is_none());
        }
    }

    #[test]
    fn the_same_stream_gives_the_same_key() {
        for alg in ["HS256", "RS256", "ES256", "ES384", "EdDSA"] {
            let text = |seed| draw(alg, seed).private_text().unwrap();
            assert_eq!(text(3), text(3), "{alg}");
            assert_ne!(text(3), text(4), "{alg}");
        }
    }

    #[test]
    fn a_secret_is_random_text_and_shows_nothing_of_itself() {
        let key = draw("HS256", 1);
        let text = key.private_text().unwrap();
        assert_eq!(BASE64.decode(&text).unwrap().len(), SECRET);
        assert!(!format!("{key:?}").contains(&text));
        assert!(key.public_spellings().is_empty());
    }

    #[test]
    fn a_public_key_has_its_usual_spellings() {
        let rsa = draw("RS256", 1).public_spellings();
        assert_eq!(rsa.len(), 7);
        assert!(rsa[0].1.starts_with(b"-----BEGIN PUBLIC KEY-----\n"));
        let curve = draw("ES256", 1);
        assert_eq!(curve.public_spellings().len(), 5);
        assert_eq!(curve.public_jwk().unwrap()["x"].as_str().unwrap().len(), 43);
    }
}
