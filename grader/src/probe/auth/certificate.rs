//! A certificate for a key of ours (RFC 5280): what `x5c` holds and `x5u` leads to.

use rcgen::{CertificateParams, KeyPair};

use super::Key;
use crate::model::{Doing, Fault};

/// Whom it names. Nobody trusts it: it is signed by its own key.
const SUBJECT: &str = "keys.test";

/// A certificate.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// As PEM.
    pub pem: String,
    /// As DER.
    pub der: Vec<u8>,
}

impl Certificate {
    /// One for the public half of this pair; none for a shared secret.
    ///
    /// # Errors
    /// When the pair cannot be written down.
    pub fn of(key: &Key) -> Result<Option<Self>, Fault> {
        if matches!(key, Key::Secret(_)) {
            return Ok(None);
        }
        let doing = "making a certificate";
        let pair = KeyPair::from_pem(&key.private_text()?).doing(doing)?;
        let params = CertificateParams::new([SUBJECT.to_owned()]).doing(doing)?;
        let made = params.self_signed(&pair).doing(doing)?;
        Ok(Some(Self {
            pem: made.pem(),
            der: made.der().to_vec(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::probe::auth::Public;

    #[test]
    fn a_pair_has_a_certificate_that_holds_its_public_half() {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        for alg in ["RS256", "ES256", "EdDSA"] {
            let key = Key::draw(alg, &mut rng).unwrap();
            let made = Certificate::of(&key).unwrap().unwrap();
            assert!(made.pem.starts_with("-----BEGIN CERTIFICATE-----"), "{alg}");
            let public = Public::of(&key).unwrap();
            let spelled = public.spellings();
            let (_, der) = spelled.iter().find(|(name, _)| *name == "DER").unwrap();
            let held = made
                .der
                .windows(der.len())
                .any(|part| part == der.as_slice());
            assert!(held, "{alg}");
        }
        assert!(Certificate::of(&Key::secret("s")).unwrap().is_none());
    }
}
