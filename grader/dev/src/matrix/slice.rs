//! The slice of the matrix that CI runs at each commit: `GRADER_TURN` says whose turn it is.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow};
use grader::pack::{Pack, PackSource};
use grader::verify::{Fixture, Kind, in_turn, is_drawn};

use crate::place::root;

/// What is in it.
pub(super) struct Slice {
    fixtures: BTreeSet<String>,
    /// For each project that comes after another, the stages that it opens.
    opened: BTreeMap<String, Vec<String>>,
    turn: String,
}

impl Slice {
    pub(super) fn of(all: &[Fixture]) -> Result<Self> {
        let turn = std::env::var("GRADER_TURN").unwrap_or_default();
        let mut proven = BTreeSet::new();
        let projects = root().join("projects");
        // The services of the contracts are graded by the tests.
        let graded =
            |f: &Fixture| f.kind == Kind::Reference && !f.pack(&root()).starts_with(&projects);
        let drawn = in_turn(all.iter().filter(|f| !graded(f)).cloned().collect(), &turn);
        let needed = drawn.iter().filter(|f| {
            let check = (&f.project, &f.expect);
            f.kind != Kind::Flaw || proven.insert(check)
        });
        let fixtures = needed.map(Fixture::title).collect();
        Ok(Self {
            fixtures,
            opened: opened(all)?,
            turn,
        })
    }

    pub(super) fn holds(&self, fixture: &Fixture) -> bool {
        self.fixtures.contains(&fixture.title())
    }

    /// What a variant is asked for: it differs from its project's reference in what the project is about. Where that is
    /// several stages, one of them has its turn.
    pub(super) fn stage(&self, fixture: &Fixture) -> Option<String> {
        let varied = fixture.kind == Kind::Variant;
        let opened = self.opened.get(&fixture.project).filter(|_| varied)?;
        match opened.as_slice() {
            [one] => Some(one.clone()),
            _ if self.turn.is_empty() => None,
            several => {
                let has_turn = |stage: &&String| {
                    is_drawn(&self.turn, &format!("{} {stage}", fixture.title()), 2)
                };
                several.iter().find(has_turn).or(several.last()).cloned()
            }
        }
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

fn opened(all: &[Fixture]) -> Result<BTreeMap<String, Vec<String>>> {
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
        let stages = pack.project.stages.iter().filter(new);
        stages.map(|stage| stage.as_str().to_owned()).collect()
    };
    let later = packs
        .iter()
        .filter(|(_, pack)| !pack.project.after.is_empty());
    Ok(later.map(|(id, pack)| (id.clone(), own(pack))).collect())
}
