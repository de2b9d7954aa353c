//! Plain data that every room speaks: ids, verdicts, findings, evidence, the report.
//!
//! This room imports no other room. Everything here is a value: no handle, no socket, no clock.

mod check;
mod disclosure;
mod event;
mod evidence;
mod exit;
mod fault;
mod finding;
mod nearest;
mod overridden;
mod picture;
mod report;
mod verdict;

pub use check::{Alone, CheckId, CheckIndex, CheckMeta, RuntimeKind, Severity, Stage, WorldKind};
pub use disclosure::{KeptBack, Shows};
pub use event::Event;
pub use evidence::{Body, Evidence, Exchange, Outcome, Sent, Statement};
pub use exit::Exit;
pub use fault::{Doing, Fault};
pub use finding::{Draft, Finding, Manner};
pub use nearest::nearest;
pub use overridden::{Overridden, OverridesRef, Ruling};
pub use picture::{Cure, DrawnColumn, DrawnReference, DrawnTable, Picture, Wanted};
pub use report::{
    HandedIn, MentorNote, Misconception, PackRef, Progress, Report, RuntimeRef, SCHEMA, Score,
    SubmissionRef, TierStanding, Totals, Waiting,
};
pub use verdict::{Record, Verdict};
