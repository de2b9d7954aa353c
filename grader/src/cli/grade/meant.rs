//! Who is graded, against which pack, and how that weighs.

use std::path::PathBuf;

use super::GradeArgs;
use crate::cli::find_pack::{self, Named, Places};
use crate::cli::handed_in;
use crate::model::{CheckIndex, PackRef, SubmissionRef};
use crate::pack::{Before, Pack};
use crate::score::{Gate, Lower, Rules};
use crate::submission::Submission;

/// The pack that the submission answers.
///
/// # Errors
/// Which project was meant, and which there are.
pub(super) fn pack(
    args: &GradeArgs,
    submission: Option<&Submission>,
    index: &CheckIndex,
) -> Result<Pack, String> {
    let places = Places {
        packs: args.packs.clone(),
        env: std::env::var_os("GRADER_PACKS").map(PathBuf::from),
        beside: submission
            .filter(|_| !args.no_own_pack)
            .map(|s| s.root.clone()),
        strict: args.no_own_pack,
    };
    let own = submission.and_then(|s| s.config.project.as_deref());
    let named = Named::by(args.project.as_deref(), own);
    find_pack::find(named, &places, index)
}

/// The pack as a report names it.
pub(in crate::cli) fn pack_ref(pack: &Pack) -> PackRef {
    PackRef {
        id: pack.project.id.clone(),
        title: pack.project.title.clone(),
        tier: pack.project.tier,
        digest: pack.digest.clone(),
    }
}

/// The submission as a report names it.
pub(super) fn named(args: &GradeArgs, submission: Option<&Submission>) -> SubmissionRef {
    let named = submission.map_or_else(
        || SubmissionRef {
            name: args.url.clone().unwrap_or_default(),
            digest: String::new(),
            commit: None,
            anchor: None,
            handed_in: None,
        },
        Submission::named,
    );
    SubmissionRef {
        handed_in: handed_in::by(|name| std::env::var(name).ok()),
        name: args.name.clone().unwrap_or(named.name),
        ..named
    }
}

/// A project before this one; its sign-off was asked for then.
fn lower(before: &Before) -> Lower {
    let gate = &before.gate;
    Lower {
        tier: before.tier,
        title: before.title.clone(),
        stages: before.stages.clone(),
        gate: Gate {
            share: gate.share,
            must: gate.must.clone(),
            signed_off: None,
        },
    }
}

/// How the pack weighs a run that no mentor has seen.
pub(super) fn rules(pack: &Pack) -> Rules {
    let gate = &pack.project.gate;
    Rules {
        gate: Gate {
            share: gate.share,
            must: gate.must.clone(),
            signed_off: gate.sign_off.then_some(false),
        },
        points: pack.points.clone(),
        before: pack.before.iter().map(lower).collect(),
    }
}
