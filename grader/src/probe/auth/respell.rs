//! Other spellings of the same token: what a lenient decoder takes for it, and what a list of texts does not know.

use super::{Jwt, Kind};

/// The alphabet of base64url (RFC 4648 §5).
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Spellings of a credential that decode to the same bytes, each with its name: other unused bits at the end, padding,
/// characters that some decoders pass over and, for ECDSA, the other signature that is as good (r, n-s). None of them
/// is the text itself. For a text that is no JWT, those of its base64 alone.
pub fn respell(text: &str) -> Vec<(&'static str, String)> {
    let mut all = vec![("padding at its end", format!("{text}="))];
    let encoded = text.rsplit('.').next().unwrap_or_default();
    if let Some(other) = other_bits(encoded) {
        let head = text.strip_suffix(encoded).unwrap_or_default();
        all.push((
            "other unused bits in its last character",
            format!("{head}{other}"),
        ));
    }
    if Kind::of(text) == Kind::Jwt {
        all.push(("a character that decoders pass over", format!("{text}!")));
        all.extend(
            Jwt::read(text)
                .and_then(|jwt| mirrored(&jwt))
                .map(|t| ("the signature's mirror image", t)),
        );
    }
    all
}

/// The same bytes with another last character: base64 leaves 4 bits of it unused after one byte, 2 after two
/// (RFC 4648 §3.5). None where it leaves none.
fn other_bits(encoded: &str) -> Option<String> {
    let unused = match encoded.len() % 4 {
        2 => 4,
        3 => 2,
        _ => return None,
    };
    let last = encoded.bytes().last()?;
    let value = ALPHABET.iter().position(|b| *b == last)?;
    let kept = value >> unused << unused;
    let other = (kept..kept + (1 << unused)).find(|v| *v != value)?;
    let head = encoded.get(..encoded.len() - 1)?;
    Some(format!("{head}{}", char::from(ALPHABET[other])))
}

/// For every ECDSA signature (r, s), (r, n-s) is one too.
fn mirrored(jwt: &Jwt) -> Option<String> {
    let bytes = match jwt.alg() {
        "ES256" => {
            let signature = p256::ecdsa::Signature::from_slice(&jwt.signature).ok()?;
            let (r, s) = signature.split_scalars();
            p256::ecdsa::Signature::from_scalars(r, -s)
                .ok()?
                .to_bytes()
                .to_vec()
        }
        "ES384" => {
            let signature = p384::ecdsa::Signature::from_slice(&jwt.signature).ok()?;
            let (r, s) = signature.split_scalars();
            p384::ecdsa::Signature::from_scalars(r, -s)
                .ok()?
                .to_bytes()
                .to_vec()
        }
        _ => return None,
    };
    Some(jwt.forge().with_signature(&bytes))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::probe::auth::Key;

    #[test]
    fn a_respelled_token_says_the_same_and_is_another_text() {
        let key = Key::draw("ES256", &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        let base = Jwt::read("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln").unwrap();
        let text = base.forge().signed("ES256", &key).unwrap();
        let all = respell(&text);
        assert_eq!(all.len(), 4);
        for (name, other) in &all {
            assert_ne!(*other, text, "{name}");
            if let Some(jwt) = Jwt::read(other) {
                assert!(jwt.is_by("ES256", &key), "{name}");
            }
        }
        assert!(Jwt::read(&all[1].1).is_some() && Jwt::read(&all[3].1).is_some());
    }

    #[test]
    fn an_opaque_text_has_few_spellings() {
        assert_eq!(respell("abcd").len(), 1);
        assert_eq!(respell("rt_abc").len(), 2);
    }
}
