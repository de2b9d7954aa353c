//! What the projects before this one asked for: their gates, which later work must not shut again.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Gate, PackSource};
use crate::model::{CheckId, Stage};

/// A project that this one builds on.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// Its step in the curriculum.
    pub tier: u32,
    /// Its title for people.
    pub title: String,
    /// Its stages, which are still in force.
    pub stages: Vec<Stage>,
    /// What opened the tier after it. Whoever signed it off has done so.
    pub gate: Gate,
}

#[derive(Deserialize)]
struct File {
    project: Written,
}

#[derive(Deserialize)]
struct Written {
    tier: u32,
    title: String,
    #[serde(default)]
    after: Vec<String>,
    stages: Vec<String>,
    gate: Option<WrittenGate>,
}

#[derive(Deserialize, Default)]
struct WrittenGate {
    share: Option<f64>,
    #[serde(default)]
    must: Vec<String>,
}

/// So many projects stand before one at the most; a circle ends there too.
const MOST: usize = 16;

impl Before {
    /// The projects that stand beside a pack and before it, the first tier first. `after` is what the pack says of
    /// itself. One that is not there, or damaged, asks for nothing: what is wrong with it is for `grader pack lint` to
    /// say, and costs no learner a report.
    pub fn beside(pack: &PackSource, after: &[String], share: f64) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        let (mut todo, mut seen) = (after.to_vec(), Vec::new());
        while let Some(id) = todo.pop() {
            let name = !id.contains(['/', '\\']) && !id.starts_with('.');
            if !name || seen.contains(&id) || seen.len() == MOST {
                continue;
            }
            let text = pack.beside(&format!("{id}/project.toml"));
            seen.push(id);
            let Ok(Some(bytes)) = text else { continue };
            let Ok(file) = toml::from_str::<File>(&String::from_utf8_lossy(&bytes)) else {
                continue;
            };
            let written = file.project;
            let gate = written.gate.unwrap_or_default();
            found.push(Self {
                tier: written.tier,
                title: written.title,
                stages: written
                    .stages
                    .iter()
                    .filter_map(|s| Stage::parse(s))
                    .collect(),
                gate: Gate {
                    share: gate.share.unwrap_or(share),
                    must: gate.must.into_iter().map(CheckId).collect(),
                    sign_off: false,
                },
            });
            todo.extend(written.after);
        }
        found.sort_by_key(|before| before.tier);
        found
    }

    /// A pack's digest with what these ask for in it: they decide about a report as well. The pack's own where there is
    /// none.
    pub(super) fn digest(own: String, all: &[Self]) -> String {
        if all.is_empty() {
            return own;
        }
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part(&own);
        for before in all {
            part(&before.tier.to_string());
            part(&before.title);
            part(&before.gate.share.to_string());
            let stages = before.stages.iter().map(|s| s.as_str());
            let must = before.gate.must.iter().map(CheckId::as_str);
            stages.chain(must).for_each(&mut part);
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_that_comes_before_is_a_part_of_the_digest() {
        let with = |share| {
            let gate = Gate {
                share,
                must: Vec::new(),
                sign_off: false,
            };
            let before = Before {
                tier: 1,
                title: "The first".to_owned(),
                stages: Vec::new(),
                gate,
            };
            Before::digest("own".to_owned(), &[before])
        };
        assert_eq!(Before::digest("own".to_owned(), &[]), "own");
        assert_ne!(with(0.8), with(0.9));
    }
}
