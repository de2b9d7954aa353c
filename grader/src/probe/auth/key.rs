//! Keys, and what is signed with them (RFC 7518 §3).

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use p256::elliptic_curve::Generate;
use rand_chacha::ChaCha20Rng;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use sha2::{Sha256, Sha384, Sha512};

use super::Public;
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
        match Public::of(self) {
            Some(public) => public.verifies(alg, message, signature),
            None => self.sign(alg, message).is_some_and(|s| s == signature),
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
    }
}
