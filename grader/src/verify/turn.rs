//! Whose turn it is among the fixtures: at each commit some, over many commits all.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Fixture, Kind};

/// One of how many like it has its turn: always for references and starters in Python, one in three for those in
/// other languages, one in twelve for a variant, one in thirty-two for a flaw.
fn one_in(fixture: &Fixture) -> usize {
    match fixture.kind {
        Kind::Variant => 12,
        Kind::Flaw => 32,
        // Flaws are made of these.
        Kind::Reference | Kind::Starter if fixture.name == "python" => 1,
        Kind::Reference | Kind::Starter => 3,
    }
}

/// Those of them whose turn it is: of each kind the same number in every turn, and others in each. `turn` is any text
/// that changes from time to time, a commit's digest for instance, so that all have theirs; an empty one is everybody's.
pub fn in_turn(all: Vec<Fixture>, turn: &str) -> Vec<Fixture> {
    if turn.is_empty() {
        return all;
    }
    let mut groups: BTreeMap<(Kind, usize), Vec<Fixture>> = BTreeMap::new();
    for fixture in all {
        let group = groups.entry((fixture.kind, one_in(&fixture)));
        group.or_default().push(fixture);
    }
    let drawn = groups.into_iter().flat_map(|((_, one_in), mut group)| {
        group.sort_by_cached_key(|f| Sha256::digest(format!("{turn} {}", f.title())).to_vec());
        group.truncate(group.len().div_ceil(one_in));
        group
    });
    drawn.collect()
}

/// Whether something of this name is one of those drawn in this turn, one time in so many; in an empty turn all are.
pub fn is_drawn(turn: &str, name: &str, one_in: u8) -> bool {
    let digest = Sha256::digest(format!("{turn} {name}"));
    turn.is_empty() || digest[0].is_multiple_of(one_in)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use super::*;

    fn all() -> Vec<Fixture> {
        let fixture = |(kind, n): (Kind, usize)| Fixture {
            kind,
            project: "1-x".to_owned(),
            name: if n == 0 {
                "python".to_owned()
            } else {
                format!("f{n}")
            },
            base: PathBuf::new(),
            patch: None,
            expect: BTreeSet::new(),
            also: BTreeSet::new(),
            runtimes: Vec::new(),
        };
        let flaws = (0..70).map(|n| (Kind::Flaw, n));
        let variants = (0..13).map(|n| (Kind::Variant, n));
        let references = (0..3).map(|n| (Kind::Reference, n));
        flaws
            .chain(variants)
            .chain(references)
            .map(fixture)
            .collect()
    }

    #[test]
    fn each_turn_has_as_many_and_in_time_all_have_theirs() {
        assert_eq!(in_turn(all(), ""), all());
        let mut had = BTreeSet::new();
        for turn in 0..400 {
            let drawn = in_turn(all(), &turn.to_string());
            assert_eq!(drawn.len(), 3 + 2 + 1 + 1);
            let python = |f: &Fixture| f.kind == Kind::Reference && f.name == "python";
            assert!(drawn.iter().any(python));
            had.extend(drawn.iter().map(Fixture::title));
        }
        assert_eq!(had.len(), all().len());
    }
}
