//! Keys of the grader's own, as the header of a token may offer them to whoever verifies it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use super::Cx;
use crate::model::{Doing, Fault};
use crate::probe::auth::{Certificate, Key, Public};

/// What they are called (`kid`): as long as the longest secret that a library asks for.
pub(crate) const NAME: &str = "zq7-kestrel-key-that-the-grader-has-made-up-and-nobody-has-but-it";

/// One of them.
pub(crate) struct OwnKey {
    /// The algorithm it is for.
    pub(crate) alg: &'static str,
    /// It.
    pub(crate) key: Key,
    /// As a JSON Web Key (RFC 7517): of a pair its public half, of a secret the secret.
    pub(crate) jwk: Value,
    /// What says whose it is; none for a secret.
    pub(crate) certificate: Option<Certificate>,
}

/// One for each algorithm that libraries read from a JSON Web Key.
pub(crate) async fn own_keys(cx: &mut Cx) -> Result<Vec<OwnKey>, Fault> {
    let seed = rand::Rng::next_u64(cx.planter().rng());
    // An RSA pair takes a moment of one processor.
    let drawn = tokio::task::spawn_blocking(move || drawn(seed)).await;
    drawn.doing("making keys")?
}

fn drawn(seed: u64) -> Result<Vec<OwnKey>, Fault> {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut all = Vec::new();
    for alg in ["HS256", "HS512", "RS256", "ES256", "EdDSA"] {
        let key = Key::draw(alg, &mut rng)?;
        let jwk = match &key {
            Key::Secret(bytes) => Some(json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(bytes)})),
            _ => Public::of(&key).and_then(|public| public.jwk()),
        };
        let Some(Value::Object(mut jwk)) = jwk else {
            continue;
        };
        jwk.insert("alg".to_owned(), alg.into());
        jwk.insert("kid".to_owned(), NAME.into());
        let certificate = Certificate::of(&key)?;
        all.push(OwnKey {
            alg,
            key,
            jwk: jwk.into(),
            certificate,
        });
    }
    Ok(all)
}
