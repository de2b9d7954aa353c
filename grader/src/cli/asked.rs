//! What the command line asks for, vetted before anything is started.

use std::ops::RangeInclusive;

use super::unknown::unknown;
use crate::model::{CheckId, CheckIndex, RuntimeKind, Shows, Stage};
use crate::pack::{Bounds, Pack};
use crate::report::{Target, writable};
use crate::run::{Selection, plan};

/// `--jobs`.
pub(super) fn jobs(text: &str) -> Result<usize, String> {
    number(text, 1..=64)
}

/// `--workers`.
pub(super) fn workers(text: &str) -> Result<usize, String> {
    number(text, 1..=256)
}

/// `--limit`: one limit.
#[derive(Debug, Clone)]
pub(super) struct Limit(pub(super) Bounds);

/// `memory=512MiB`.
pub(super) fn limit(text: &str) -> Result<Limit, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write a name and a value, for instance memory=512MiB")?;
    let mut bounds = Bounds::default();
    bounds.set(name.trim(), value)?;
    Ok(Limit(bounds))
}

/// `--timeout`: a day at most.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    number(text, 1..=86_400)
}

/// `--show`.
pub(super) fn shows(text: &str) -> Result<Shows, String> {
    let found = Shows::ALL.into_iter().find(|shows| shows.as_str() == text);
    found.ok_or_else(|| unknown("word", text, Shows::ALL.map(Shows::as_str)))
}

fn number<N>(text: &str, range: RangeInclusive<N>) -> Result<N, String>
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    let number = text.parse().ok().filter(|n| range.contains(n));
    let (first, last) = (range.start(), range.end());
    number.ok_or_else(|| format!("write a whole number from {first} to {last}"))
}

/// `--only` and `--stage`.
///
/// # Errors
/// What is not known, and what might have been meant.
pub(super) fn selection(
    only: &[String],
    stage: Option<&str>,
    index: &CheckIndex,
) -> Result<Selection, String> {
    if let Some(id) = only.iter().find(|id| index.get(id).is_none()) {
        let what = unknown("check", id, index.iter().map(|c| c.id.as_str()));
        return Err(format!("{what}\n  try: `grader checks` lists them"));
    }
    Ok(Selection {
        only: only.iter().map(|id| CheckId::from(id.as_str())).collect(),
        stage: stage.map(named).transpose()?,
    })
}

/// The stage of this name.
///
/// # Errors
/// That there is none, what might have been meant, and which there are.
pub(super) fn named(name: &str) -> Result<Stage, String> {
    Stage::parse(name).ok_or_else(|| {
        let names = Stage::ALL.map(Stage::as_str);
        let what = unknown("stage", name, names);
        format!("{what}\n  try: one of {}", names.join(", "))
    })
}

/// Whether this project has anything that is asked for.
///
/// # Errors
/// That it has nothing, and what it has.
pub(super) fn anything(selection: &Selection, pack: &Pack) -> Result<(), String> {
    let stages = &pack.project.stages;
    let checks = crate::checks::all();
    // Whether a check can be judged on a runtime is another question: it is planned all the same.
    if !plan(&checks, stages, selection, RuntimeKind::Local).is_empty() {
        return Ok(());
    }
    let has: Vec<&str> = stages.iter().map(|s| s.as_str()).collect();
    let id = &pack.project.id;
    let what = match selection.stage {
        Some(stage) if !stages.contains(&stage) => {
            format!("project {id} asks for nothing of stage {stage}")
        }
        _ => format!("--only and --stage leave nothing to ask in project {id}"),
    };
    Err(format!(
        "{what}\n  try: one of its stages: {}",
        has.join(", ")
    ))
}

/// Whether the reports will find their places: after a run of minutes is too late to ask.
///
/// # Errors
/// The first that will not, and why.
pub(super) fn places(reports: &[Target]) -> Result<(), String> {
    reports
        .iter()
        .try_for_each(|target| writable(&target.path))
        .map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_their_range() {
        assert_eq!((jobs("64"), seconds("86400")), (Ok(64), Ok(86_400)));
        for wrong in ["0", "65", "-1", "2.5", "many", ""] {
            assert_eq!(
                jobs(wrong).unwrap_err(),
                "write a whole number from 1 to 64",
                "{wrong}"
            );
        }
    }
}
