//! Whether secrets that a service made can be guessed, from some of them side by side.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A secret, and what whoever asked for it knows.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// The secret's text.
    pub(crate) text: String,
    /// What is known of whom it was made for: an address, an id. Names and values.
    pub(crate) known: Vec<(&'static str, String)>,
    /// The second in which it came, since 1970.
    pub(crate) second: i64,
}

/// Why secrets can be guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guess {
    /// It is a digest of what others know: which, of what.
    Made(String),
    /// They differ from each other in too little.
    Short {
        /// How many characters differ at all.
        places: usize,
        /// The most bits that so many can carry.
        bits: u32,
    },
}

/// So many must be there before it is said how far they differ.
const LEAST: usize = 6;
/// What differs carries fewer bits than any generator that is made for secrets gives. ASVS asks for 128; the margin is
/// for how they are written.
const FEW: u32 = 96;
/// A clock of the service may go wrong by so many seconds.
const APART: i64 = 2;

/// Why the first of them that can be guessed can be; none where nothing of it is seen.
pub(crate) fn guessed(samples: &[Sample]) -> Option<Guess> {
    samples.iter().find_map(made).or_else(|| short(samples))
}

/// The digest that a secret is of what is known, if it is one.
fn made(sample: &Sample) -> Option<Guess> {
    let mut inputs: Vec<(String, String)> = Vec::new();
    for (name, value) in &sample.known {
        inputs.push(((*name).to_owned(), value.clone()));
        for second in sample.second - APART..=sample.second + APART {
            for between in ["", ":", "-", "."] {
                let both = [
                    format!("{value}{between}{second}"),
                    format!("{second}{between}{value}"),
                ];
                let says = format!("{name} and the second it was made in");
                inputs.extend(both.map(|input| (says.clone(), input)));
            }
        }
    }
    for second in sample.second - APART..=sample.second + APART {
        inputs.push(("the second it was made in".to_owned(), second.to_string()));
    }
    let lower = sample.text.to_lowercase();
    for (says, input) in inputs {
        let digests = [
            ("MD5", Md5::digest(&input).to_vec()),
            ("SHA-1", Sha1::digest(&input).to_vec()),
            ("SHA-256", Sha256::digest(&input).to_vec()),
            ("the text", input.clone().into_bytes()),
        ];
        for (name, digest) in digests {
            let spelt = [
                STANDARD_NO_PAD.encode(&digest),
                URL_SAFE_NO_PAD.encode(&digest),
            ];
            let text = sample.text.trim_end_matches('=');
            let plain = name == "the text" && text == input;
            if plain || spelt.iter().any(|s| s == text) || hex(&digest) == lower {
                return Some(Guess::Made(format!("{name} of {says}")));
            }
        }
    }
    None
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What differs, where it is too little. Begins and ends that are always the same are no part of it.
fn short(samples: &[Sample]) -> Option<Guess> {
    let texts: BTreeSet<Vec<char>> = samples.iter().map(|s| s.text.chars().collect()).collect();
    if texts.len() < LEAST {
        return None;
    }
    let longest = texts.iter().map(Vec::len).max()?;
    let at = |place: usize| {
        let all = texts.iter().map(move |text| text.get(place));
        all.collect::<BTreeSet<Option<&char>>>()
    };
    // A text that is shorter than others differs from them at its end.
    let differ: Vec<BTreeSet<Option<&char>>> =
        (0..longest).map(at).filter(|seen| seen.len() > 1).collect();
    let used: BTreeSet<char> = differ.iter().flatten().flatten().map(|c| **c).collect();
    let places = differ.len();
    let bits = (places as f64 * alphabet(&used).log2()).floor() as u32;
    (bits < FEW).then_some(Guess::Short { places, bits })
}

/// How many characters there are to choose from, by those that were seen: the smallest usual alphabet that has them.
fn alphabet(used: &BTreeSet<char>) -> f64 {
    let all = |fits: fn(&char) -> bool| used.iter().all(fits);
    if all(char::is_ascii_digit) {
        10.0
    } else if all(|c| c.is_ascii_hexdigit() || *c == '-') {
        16.0
    } else if all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        || all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    {
        36.0
    } else if used.iter().all(char::is_ascii) {
        64.0
    } else {
        4096.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn samples(make: impl FnMut(u64) -> String) -> Vec<Sample> {
        let texts = (0..10).map(make);
        texts
            .map(|text| Sample {
                text,
                known: vec![
                    ("the address", "ada@example.test".to_owned()),
                    ("the id", "17".to_owned()),
                ],
                second: 1_790_000_000,
            })
            .collect()
    }

    #[test]
    fn what_a_generator_gives_is_left_alone() {
        for seed in 0..50 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut bytes = |n: usize| (0..n).map(|_| rng.random::<u8>()).collect::<Vec<u8>>();
            assert_eq!(guessed(&samples(|_| hex(&bytes(16)))), None);
            assert_eq!(
                guessed(&samples(|_| URL_SAFE_NO_PAD.encode(bytes(16)))),
                None
            );
            assert_eq!(
                guessed(&samples(|_| format!(
                    "rt_{}",
                    URL_SAFE_NO_PAD.encode(bytes(32))
                ))),
                None
            );
            assert_eq!(
                guessed(&samples(|n| format!(
                    "{}.{}",
                    1_790_000_000 + n,
                    hex(&bytes(16))
                ))),
                None
            );
            let mut uuid = |_| {
                uuid::Builder::from_random_bytes(bytes(16).try_into().unwrap())
                    .into_uuid()
                    .to_string()
            };
            assert_eq!(guessed(&samples(&mut uuid)), None);
        }
    }

    #[test]
    fn what_can_be_guessed_is_found() {
        let short = |guess: Option<Guess>| matches!(guess, Some(Guess::Short { .. }));
        assert!(
            short(guessed(&samples(|n| format!("{n:032}")))),
            "a counter"
        );
        assert!(
            short(guessed(&samples(|n| format!(
                "{:x}",
                0x1f3a_0000_0000u64 + n * 7919
            )))),
            "a clock"
        );
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        assert!(
            short(guessed(&samples(|_| format!(
                "{:016x}",
                rng.random::<u64>()
            )))),
            "64 bits"
        );
        for (text, how) in [
            (hex(&Md5::digest("ada@example.test")), "MD5 of the address"),
            (
                hex(&Sha1::digest("17:1790000001")),
                "SHA-1 of the id and the second it was made in",
            ),
            (
                STANDARD_NO_PAD.encode(Sha256::digest("1790000000")),
                "SHA-256 of the second it was made in",
            ),
            (URL_SAFE_NO_PAD.encode("17"), "the text of the id"),
        ] {
            let guess = guessed(&samples(|_| text.clone()));
            assert_eq!(guess, Some(Guess::Made(how.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_few_say_nothing() {
        assert_eq!(guessed(&samples(|n| format!("{n}"))[..5]), None);
    }
}
