//! Quick ways to keep a password, tried out: the one that gives what is stored is the one that was used.

use std::collections::BTreeSet;

use blake2::{Blake2b256, Blake2b512, Blake2s256};
use hmac::digest::Digest;
use hmac::digest::block_api::BlockSizeUser;
use hmac::{KeyInit, Mac, SimpleHmac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sha3::{Keccak256, Sha3_224, Sha3_256, Sha3_384, Sha3_512};

use super::spelling::hex;
use super::targets::Targets;

/// Something that may be mixed with a password: another value of the row, a secret of the service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Salt {
    /// What it is: `email`, `JWT_SECRET`.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

struct Algorithm {
    name: &'static str,
    hash: fn(&[u8]) -> Vec<u8>,
    mac: fn(&[u8], &[u8]) -> Vec<u8>,
}

const fn algorithm<D: Digest + BlockSizeUser>(name: &'static str) -> Algorithm {
    Algorithm {
        name,
        hash: hash::<D>,
        mac: mac::<D>,
    }
}

fn hash<D: Digest>(bytes: &[u8]) -> Vec<u8> {
    D::digest(bytes).to_vec()
}

fn mac<D: Digest + BlockSizeUser>(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let keyed = SimpleHmac::<D>::new_from_slice(key);
    // A key of any length will do.
    keyed.map_or_else(
        |_| Vec::new(),
        |mac| mac.chain_update(bytes).finalize().into_bytes().to_vec(),
    )
}

/// The likeliest first.
static ALGORITHMS: [Algorithm; 14] = [
    algorithm::<Sha256>("SHA-256"),
    algorithm::<Md5>("MD5"),
    algorithm::<Sha1>("SHA-1"),
    algorithm::<Sha512>("SHA-512"),
    algorithm::<Sha384>("SHA-384"),
    algorithm::<Sha224>("SHA-224"),
    algorithm::<Sha3_256>("SHA3-256"),
    algorithm::<Sha3_512>("SHA3-512"),
    algorithm::<Sha3_384>("SHA3-384"),
    algorithm::<Sha3_224>("SHA3-224"),
    algorithm::<Keccak256>("Keccak-256"),
    algorithm::<Blake2b512>("BLAKE2b-512"),
    algorithm::<Blake2b256>("BLAKE2b-256"),
    algorithm::<Blake2s256>("BLAKE2s-256"),
];
/// What many salts are tried with.
const COMMON: usize = 4;

/// What stands between a salt and a password.
const BETWEEN: [&str; 4] = ["", ":", "$", "-"];

/// The formula that gives one of the targets from this password: `SHA-256(email + password)`. None of it is slow, so
/// whoever has the table guesses as fast.
pub(crate) fn quick(password: &str, targets: &Targets, salts: &[Salt]) -> Option<String> {
    let secret = password.as_bytes();
    let found = ALGORITHMS.iter().find_map(|a| alone(a, secret, targets));
    found.or_else(|| {
        let salted = |a: &Algorithm| salts.iter().find_map(|s| mixed(a, secret, s, targets));
        ALGORITHMS.iter().find_map(salted)
    })
}

/// The same with very many salts, by the likeliest functions alone.
pub(crate) fn quick_with_many(password: &str, targets: &Targets, salts: &[Salt]) -> Option<String> {
    let salted = |a: &Algorithm| {
        let mut salts = salts.iter();
        salts.find_map(|s| mixed(a, password.as_bytes(), s, targets))
    };
    ALGORITHMS.iter().take(COMMON).find_map(salted)
}

/// The password by itself, once or twice.
fn alone(a: &Algorithm, secret: &[u8], targets: &Targets) -> Option<String> {
    let once = (a.hash)(secret);
    if targets.hold(&once) {
        return Some(format!("{}(password)", a.name));
    }
    ALGORITHMS.iter().find_map(|outer| {
        let name = outer.name;
        let ways = [
            (once.clone(), format!("{name}({}(password))", a.name)),
            (
                hex(&once).into_bytes(),
                format!("{name}(hex of {}(password))", a.name),
            ),
        ];
        let fits = |(bytes, _): &(Vec<u8>, String)| targets.hold(&(outer.hash)(bytes));
        ways.into_iter().find(fits).map(|(_, words)| words)
    })
}

/// The password with a salt, in the ways that people mix them.
fn mixed(a: &Algorithm, secret: &[u8], salt: &Salt, targets: &Targets) -> Option<String> {
    let (name, with, once) = (a.name, &salt.name, (a.hash)(secret));
    let text = hex(&once).into_bytes();
    let mut inputs: Vec<(Vec<u8>, String)> = Vec::new();
    for between in BETWEEN {
        let plus = match between {
            "" => " + ".to_owned(),
            sign => format!(" + \"{sign}\" + "),
        };
        let join = |x: &[u8], y: &[u8]| [x, between.as_bytes(), y].concat();
        inputs.push((join(&salt.bytes, secret), format!("{with}{plus}password")));
        inputs.push((join(secret, &salt.bytes), format!("password{plus}{with}")));
    }
    let both = [&salt.bytes, secret, &salt.bytes].concat();
    inputs.push((both, format!("{with} + password + {with}")));
    for (inner, how) in [(&once, ""), (&text, "hex of ")] {
        let words = format!("{how}{name}(password)");
        let before = [salt.bytes.as_slice(), inner].concat();
        inputs.push((before, format!("{with} + {words}")));
        let after = [inner, salt.bytes.as_slice()].concat();
        inputs.push((after, format!("{words} + {with}")));
    }
    for (bytes, words) in inputs {
        let digest = (a.hash)(&bytes);
        if targets.hold(&digest) {
            return Some(format!("{name}({words})"));
        }
        let twice = [digest.clone(), hex(&digest).into_bytes()];
        if twice.iter().any(|b| targets.hold(&(a.hash)(b))) {
            return Some(format!("{name}({name}({words}))"));
        }
    }
    let keyed = [
        (
            (a.mac)(&salt.bytes, secret),
            format!("key {with}, password"),
        ),
        (
            (a.mac)(secret, &salt.bytes),
            format!("key password, {with}"),
        ),
    ];
    let mut fits = keyed.into_iter().filter(|(d, _)| targets.hold(d));
    fits.next()
        .map(|(_, words)| format!("HMAC-{name}({words})"))
}

/// The salts without those that are nothing and those that stand twice.
pub(crate) fn distinct(salts: impl IntoIterator<Item = Salt>) -> Vec<Salt> {
    let mut seen = BTreeSet::new();
    let new = |s: &Salt| !s.bytes.is_empty() && seen.insert(s.bytes.clone());
    salts.into_iter().filter(new).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    const PASSWORD: &str = "Zq-1a2b3c4d-Kestrel-7";

    fn salt(name: &str, text: &str) -> Salt {
        Salt {
            name: name.into(),
            bytes: text.into(),
        }
    }

    fn proven(cell: &str) -> Option<String> {
        let (targets, own) = Targets::of(cell);
        let salts = [salt("email", "mara@example.com"), salt("JWT_SECRET", "zq7")];
        quick(PASSWORD, &targets, &distinct(own.into_iter().chain(salts)))
    }

    #[test]
    fn the_formula_that_was_used_is_named() {
        let md5 = hex(&Md5::digest(PASSWORD));
        assert_eq!(proven(&md5).as_deref(), Some("MD5(password)"));
        assert_eq!(
            proven(&md5.to_uppercase()).as_deref(),
            Some("MD5(password)")
        );
        let twice = BASE64_STANDARD.encode(Sha256::digest(&md5));
        assert_eq!(
            proven(&twice).as_deref(),
            Some("SHA-256(hex of MD5(password))")
        );
        let mailed = Sha256::digest(format!("mara@example.com{PASSWORD}"));
        let mailed = format!("\\x{}", hex(&mailed));
        assert_eq!(
            proven(&mailed).as_deref(),
            Some("SHA-256(email + password)")
        );
        let keyed = BASE64_URL_SAFE_NO_PAD.encode(mac::<Sha512>(b"zq7", PASSWORD.as_bytes()));
        let words = "HMAC-SHA-512(key JWT_SECRET, password)";
        assert_eq!(proven(&keyed).as_deref(), Some(words));
        let sha3 = hex(&Sha3_256::digest(format!("{PASSWORD}:zq7")));
        let words = "SHA3-256(password + \":\" + JWT_SECRET)";
        assert_eq!(proven(&sha3).as_deref(), Some(words));
    }

    #[test]
    fn a_salt_beside_the_hash_is_tried() {
        let hashed = hex(&Sha256::digest(format!("00ff{PASSWORD}")));
        for cell in [
            format!("00ff:{hashed}"),
            format!("sha256$00ff${hashed}"),
            format!("{{\"salt\": \"00ff\", \"hash\": \"{hashed}\"}}"),
        ] {
            let words = proven(&cell).unwrap_or_default();
            assert!(words.starts_with("SHA-256("), "{cell}: {words}");
        }
        let raw = Sha1::digest([PASSWORD.as_bytes(), b"saltsalt"].concat());
        let joined = BASE64_STANDARD.encode([raw.as_slice(), b"saltsalt"].concat());
        let words = proven(&joined).unwrap_or_default();
        assert!(words.starts_with("SHA-1(password + "), "{words}");
    }

    #[test]
    fn what_is_slow_or_something_else_is_not_proven() {
        let other = hex(&Sha256::digest("another password"));
        assert_eq!(proven(&other), None);
        assert_eq!(
            proven("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$4VcGYkdpo8VUJvDZ"),
            None
        );
    }
}
