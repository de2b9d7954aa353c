//! Names of submissions: the file a report is kept in, and the shard that grades it.

use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The longest name that is kept as it is.
const LONG: usize = 80;

/// The name of a submission's files, without an end. Plain names stay as they are; of all others no two share a file,
/// not even where a file system tells no case apart.
pub(super) fn stem(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let whole = name.chars().all(plain)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && (1..=LONG).contains(&name.len());
    if whole {
        return name.to_owned();
    }
    let kept = name.to_lowercase().chars().take(LONG).collect::<String>();
    let kept = kept.replace(|c| !plain(c), "-");
    // Two plain names never end like this: a tilde is not plain.
    format!("{}~{}", kept.trim_matches(['.', '-']), hex(name, 4))
}

/// The first `bytes` of the name's SHA-256, hex.
fn hex(name: &str, bytes: usize) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest
        .iter()
        .take(bytes)
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// One of several machines that share a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    index: u64,
    of: u64,
}

impl Shard {
    /// Whether this shard grades the submission. It depends on nothing but the name: a submission more or less moves
    /// no other.
    pub fn holds(self, name: &str) -> bool {
        let digest = Sha256::digest(name.as_bytes());
        let number = digest.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b));
        number % self.of == self.index - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| {
            let (index, of) = (index.parse().ok()?, of.parse().ok()?);
            (1..=of).contains(&index).then_some(Self { index, of })
        });
        numbers.ok_or_else(|| "write I/N with I from 1 to N, for instance 2/5".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_names_share_a_file() {
        assert_eq!(stem("ada-1.b"), "ada-1.b");
        let odd = [
            "Ada",
            "ada",
            "A/da",
            "..",
            ".",
            "a b",
            "ä",
            "a\u{0}b",
            "ada~1",
            &"x".repeat(300),
        ];
        let stems: std::collections::BTreeSet<String> =
            odd.iter().map(|n| stem(n).to_lowercase()).collect();
        assert_eq!(stems.len(), odd.len());
        for stem in stems {
            assert!(
                stem.len() < 100 && !stem.contains(['/', '\0']) && !stem.starts_with('.'),
                "{stem}"
            );
        }
    }

    #[test]
    fn each_name_is_in_one_shard() {
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].map(|s| s.parse().unwrap()).to_vec();
        let mut counts = [0; 3];
        for n in 0..300 {
            let name = format!("learner-{n}");
            let holding: Vec<usize> = (0..3).filter(|s| shards[*s].holds(&name)).collect();
            assert_eq!(holding.len(), 1);
            counts[holding[0]] += 1;
        }
        assert!(counts.iter().all(|c| *c > 60), "{counts:?}");
        for wrong in ["0/3", "4/3", "1/0", "1", "a/b", "-1/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
