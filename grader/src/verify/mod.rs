//! Submissions with known verdicts: references, variants, starters and flaws, and what each must give.
//!
//! `grader pack verify` and the maintainers' matrix stand on this room. It proves each check from both
//! sides: a seeded flaw that it alone catches, and right answers that it leaves alone.

pub mod corpus;
mod fixture;
mod judge;
mod manners;
mod prepare;
mod turn;

pub use fixture::{Fixture, FixtureProblem, Kind, discover, many};
pub use judge::{Deviation, judge};
pub use prepare::{applies, prepare};
pub use turn::{in_turn, is_drawn};
