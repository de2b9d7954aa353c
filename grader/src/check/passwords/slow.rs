//! Slow functions whose result stands bare, without a word of how it was made: the usual parameters are tried.

use std::num::NonZeroU32;

use ring::pbkdf2::{self, Algorithm, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use scrypt::Params;

use super::format::{self, Format};
use super::recipe::Salt;
use super::targets::Targets;

/// How many salts are tried: each costs some seconds.
const SALTS: usize = 6;
/// The usual rounds of PBKDF2: those of documentation, of frameworks in their versions, of today's advice.
const ROUNDS: [u32; 13] = [
    1, 1_000, 4_096, 10_000, 50_000, 100_000, 120_000, 150_000, 200_000, 210_000, 260_000, 310_000,
    600_000,
];
/// The usual parameters of scrypt (log N, r, p), those of Node first.
const SCRYPT: [(u8, u32, u32); 6] = [
    (14, 8, 1),
    (15, 8, 1),
    (16, 8, 1),
    (17, 8, 1),
    (15, 8, 3),
    (14, 8, 5),
];
/// How much of a result is compared, bytes: it begins the same however long it is.
const BEGINNING: usize = 16;

/// The slow function that gives one of the targets from this password and one of the salts.
pub(crate) fn slow(password: &str, targets: &Targets, salts: &[Salt]) -> Option<Format> {
    // A salt worth its name has eight bytes.
    let long = salts.iter().filter(|s| (8..=64).contains(&s.bytes.len()));
    let salts: Vec<&[u8]> = long.take(SALTS).map(|s| s.bytes.as_slice()).collect();
    let secret = password.as_bytes();
    for (log_n, r, p) in SCRYPT {
        let fits = |salt: &&[u8]| scrypted(secret, salt, (log_n, r, p), targets);
        if salts.iter().any(fits) {
            return format::scrypt(log_n.into(), r.into(), p.into());
        }
    }
    let functions = functions(targets);
    for (algorithm, bits) in functions {
        for count in ROUNDS {
            let fits = |salt: &&[u8]| derived(secret, salt, (algorithm, count), targets);
            if salts.iter().any(fits) {
                return format::rounds(bits, count.into());
            }
        }
    }
    None
}

/// The functions that people take for a result of this length.
fn functions(targets: &Targets) -> Vec<(Algorithm, u64)> {
    let has = |length| targets.each().any(|t| t.len() == length);
    let mut all = Vec::new();
    if has(64) {
        all.push((PBKDF2_HMAC_SHA512, 512));
    }
    if has(20) {
        all.push((PBKDF2_HMAC_SHA1, 1));
    }
    all.push((PBKDF2_HMAC_SHA256, 256));
    all
}

fn scrypted(secret: &[u8], salt: &[u8], (log_n, r, p): (u8, u32, u32), targets: &Targets) -> bool {
    let mut key = [0; BEGINNING];
    let made =
        Params::new(log_n, r, p).map(|params| scrypt::scrypt(secret, salt, &params, &mut key));
    matches!(made, Ok(Ok(()))) && begins(targets, &key)
}

fn derived(
    secret: &[u8],
    salt: &[u8],
    (algorithm, count): (Algorithm, u32),
    targets: &Targets,
) -> bool {
    let mut key = [0; BEGINNING];
    let Some(count) = NonZeroU32::new(count) else {
        return false;
    };
    pbkdf2::derive(algorithm, count, salt, secret, &mut key);
    begins(targets, &key)
}

fn begins(targets: &Targets, key: &[u8]) -> bool {
    targets.each().any(|target| target.starts_with(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::passwords::format::Grade;
    use crate::check::passwords::spelling::hex;

    const PASSWORD: &str = "Zq-1a2b3c4d-Kestrel-7";
    const SALT: &str = "0011223344556677";

    fn known(cell: &str) -> Option<Format> {
        let (targets, own) = Targets::of(cell);
        slow(PASSWORD, &targets, &own)
    }

    #[test]
    fn the_usual_way_of_node_is_known() {
        let mut key = [0; 64];
        let params = Params::new(14, 8, 1).unwrap();
        scrypt::scrypt(PASSWORD.as_bytes(), SALT.as_bytes(), &params, &mut key).unwrap();
        let found = known(&format!("{SALT}:{}", hex(&key))).unwrap();
        assert_eq!(found.words, "scrypt with N = 2^14, r = 8, p = 1");
        assert_eq!(found.grade, Grade::Cheap);
    }

    #[test]
    fn rounds_are_told() {
        // RFC 7914 §11: PBKDF2 over SHA-256 of "passwd" and "salt", one round, the first 32 bytes.
        let key = "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc";
        let (targets, _) = Targets::of(key);
        assert!(derived(
            b"passwd",
            b"salt",
            (PBKDF2_HMAC_SHA256, 1),
            &targets
        ));
        // RFC 6070: over SHA-1 of "password" and "salt", 4096 rounds.
        let (targets, _) = Targets::of("4b007901b765489abead49d926f721d065a429c1");
        assert!(derived(
            b"password",
            b"salt",
            (PBKDF2_HMAC_SHA1, 4096),
            &targets
        ));
        assert!(!derived(
            b"password",
            b"salt",
            (PBKDF2_HMAC_SHA1, 4095),
            &targets
        ));
    }
}
