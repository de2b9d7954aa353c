//! The slice of the matrix that CI runs at each commit.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Result, anyhow};
use grader::pack::{Pack, PackSource};
use grader::verify::{Fixture, Kind};
use sha2::{Digest, Sha256};

use crate::place::root;

/// What is in it.
pub(super) struct Slice {
    flaws: BTreeSet<String>,
    /// For each project that comes after another and opens one stage, that stage.
    opened: BTreeMap<String, String>,
}

impl Slice {
    pub(super) fn of(all: &[Fixture]) -> Result<Self> {
        let commit = commit();
        let mut proofs: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for flaw in all.iter().filter(|f| f.kind == Kind::Flaw) {
            let of = (flaw.project.clone(), flaw.expect.clone());
            proofs.entry(of).or_default().push(flaw.title());
        }
        let mut flaws = BTreeSet::new();
        for (of, titles) in proofs {
            let drawn = draw(&format!("{commit} {of:?}"));
            let half = commit.is_empty() || drawn.0.is_multiple_of(2);
            flaws.extend(
                titles
                    .get(usize::from(drawn.1) % titles.len())
                    .filter(|_| half)
                    .cloned(),
            );
        }
        Ok(Self {
            flaws,
            opened: opened(all)?,
        })
    }

    pub(super) fn holds(&self, fixture: &Fixture) -> bool {
        fixture.kind != Kind::Flaw || self.flaws.contains(&fixture.title())
    }

    /// What a right answer is asked for: one that differs from its project's reference differs in what the project is
    /// about.
    pub(super) fn stage(&self, fixture: &Fixture) -> Option<String> {
        let varied = fixture.kind == Kind::Variant;
        self.opened
            .get(&fixture.project)
            .filter(|_| varied)
            .cloned()
    }
}

/// What a flaw is asked for; everything for a fixture that is right.
pub(super) fn only(fixture: &Fixture) -> Vec<String> {
    match fixture.kind {
        Kind::Flaw => fixture
            .expect
            .iter()
            .chain(&fixture.also)
            .cloned()
            .collect(),
        _ => Vec::new(),
    }
}

fn opened(all: &[Fixture]) -> Result<BTreeMap<String, String>> {
    let root = root();
    let mut packs: BTreeMap<String, Pack> = BTreeMap::new();
    let varied = all.iter().filter(|f| f.kind == Kind::Variant);
    for project in varied.map(|f| &f.project).collect::<BTreeSet<_>>() {
        let mut next = vec![project.clone()];
        while let Some(id) = next.pop() {
            if packs.contains_key(&id) {
                continue;
            }
            let folder = PackSource::folder(root.join("projects").join(&id));
            let pack = Pack::load(&folder, None).map_err(|problems| anyhow!("{problems}"))?;
            next.extend(pack.project.after.iter().cloned());
            packs.insert(id, pack);
        }
    }
    let own = |pack: &Pack| {
        let before: Vec<_> = pack
            .project
            .after
            .iter()
            .filter_map(|id| packs.get(id))
            .collect();
        let new = |stage: &&grader::model::Stage| {
            !before
                .iter()
                .any(|earlier| earlier.project.stages.contains(stage))
        };
        let mut stages = pack.project.stages.iter().filter(new);
        let first = stages.next().filter(|_| stages.next().is_none());
        first.map(|stage| stage.as_str().to_owned())
    };
    let later = packs
        .iter()
        .filter(|(_, pack)| !pack.project.after.is_empty());
    Ok(later
        .filter_map(|(id, pack)| Some((id.clone(), own(pack)?)))
        .collect())
}

/// The commit that is checked out; empty outside a repository, where nothing is left out by halves.
fn commit() -> String {
    let head = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(root())
        .output();
    let head = head.ok().filter(|output| output.status.success());
    head.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

fn draw(text: &str) -> (u8, u8) {
    let digest = Sha256::digest(text);
    (digest[0], digest[1])
}
