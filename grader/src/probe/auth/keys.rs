//! What the grader gives the service for its credentials, and keeps to itself: the signing key, the issuer, the
//! audience.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use sha2::{Digest, Sha256};

use super::{Key, Public};
use crate::model::Fault;
use crate::pack::{AuthEnv, Signing};

/// The `iss` of genuine tokens.
const ISSUER: &str = "https://login.example.test";
/// The `aud` of genuine tokens.
const AUDIENCE: &str = "https://api.example.test";

/// The keys of a run: the same in each of its worlds. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Keys(Arc<Held>);

#[derive(Debug, Default)]
struct Held {
    signing: Option<(String, Key)>,
    issuer: Option<&'static str>,
    audience: Option<&'static str>,
    env: BTreeMap<String, String>,
}

impl Keys {
    /// The keys for what a project declares. They follow from the run's seed, and are nothing that anybody could
    /// guess or find in a list.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn draw(declared: &AuthEnv, seed: &str) -> Result<Self, Fault> {
        let mut held = Held::default();
        if let Some(signing) = &declared.signing {
            let digest = Sha256::digest(format!("{seed}/signing key"));
            let rng = &mut ChaCha20Rng::from_seed(digest.into());
            let alg = match signing {
                Signing::Shared { alg, .. } | Signing::Pair { alg, .. } => alg,
            };
            let key = Key::draw(alg, rng)?;
            match signing {
                Signing::Shared { secret, .. } => {
                    held.env.insert(secret.clone(), key.private_text()?);
                }
                Signing::Pair {
                    private, public, ..
                } => {
                    held.env.insert(private.clone(), key.private_text()?);
                    let public = (
                        public.clone(),
                        Public::of(&key)
                            .and_then(|key| key.pem())
                            .unwrap_or_default(),
                    );
                    held.env.extend([public]);
                }
            }
            held.signing = Some((alg.clone(), key));
        }
        if let Some(name) = &declared.issuer {
            held.issuer = Some(ISSUER);
            held.env.insert(name.clone(), ISSUER.to_owned());
        }
        if let Some(name) = &declared.audience {
            held.audience = Some(AUDIENCE);
            held.env.insert(name.clone(), AUDIENCE.to_owned());
        }
        Ok(Self(Arc::new(held)))
    }

    /// The JWS algorithm and the key with which the service signs; none where the pack declares none.
    pub fn signing(&self) -> Option<(&str, &Key)> {
        let (alg, key) = self.0.signing.as_ref()?;
        Some((alg, key))
    }

    /// The `iss` that the service was told to write; none where the pack declares none.
    pub fn issuer(&self) -> Option<&'static str> {
        self.0.issuer
    }

    /// The `aud` that the service was told to write; none where the pack declares none.
    pub fn audience(&self) -> Option<&'static str> {
        self.0.audience
    }

    /// The variables that tell the service.
    pub fn env(&self) -> &BTreeMap<String, String> {
        &self.0.env
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_told_what_the_checks_hold() {
        let declared = AuthEnv {
            signing: Some(Signing::Pair {
                alg: "ES256".into(),
                private: "PRIVATE".into(),
                public: "PUBLIC".into(),
            }),
            issuer: Some("ISSUER".into()),
            ..AuthEnv::default()
        };
        let keys = Keys::draw(&declared, "1").unwrap();
        let (alg, key) = keys.signing().unwrap();
        assert_eq!(alg, "ES256");
        assert_eq!(keys.env()["PRIVATE"], key.private_text().unwrap());
        let public = Public::of(key).unwrap();
        assert_eq!(keys.env()["PUBLIC"], public.pem().unwrap());
        assert_eq!(keys.env()["ISSUER"], keys.issuer().unwrap());
        assert_eq!(keys.audience(), None);
        assert_eq!(Keys::draw(&declared, "1").unwrap().env(), keys.env());
        assert_ne!(Keys::draw(&declared, "2").unwrap().env(), keys.env());
    }
}
