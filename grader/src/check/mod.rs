//! The contract of a check: what it is, what it holds in its hands, how it says what it found.

pub(crate) mod about;
pub mod accounts;
pub(crate) mod alike;
mod boot;
mod breaks;
pub(crate) mod bypass;
pub(crate) mod census;
mod contract;
pub(crate) mod cost;
pub(crate) mod cross_site;
mod cx;
pub(crate) mod diff;
pub(crate) mod entry;
pub(crate) mod errors;
pub(crate) mod exposed;
pub(crate) mod failing;
pub(crate) mod fan;
pub(crate) mod filters;
mod findings;
pub(crate) mod forms;
pub mod guard;
pub(crate) mod guessable;
pub(crate) mod guesses;
pub mod hindsight;
pub(crate) mod home;
pub(crate) mod honest;
pub(crate) mod kept;
pub(crate) mod leaks;
pub(crate) mod limit;
pub(crate) mod mailed;
pub(crate) mod negative;
pub(crate) mod obstacle;
pub(crate) mod odd;
pub(crate) mod order;
pub(crate) mod origins;
pub(crate) mod outsiders;
pub(crate) mod own_keys;
pub(crate) mod owners;
pub(crate) mod passwords;
pub(crate) mod privileges;
pub(crate) mod published;
pub(crate) mod refusals;
pub(crate) mod retold;
pub(crate) mod rush;
pub(crate) mod siege;
pub(crate) mod steady;
pub(crate) mod stock;
pub(crate) mod strangers;
mod survey;

pub use boot::{Boot, StaticCx};
pub use breaks::BreaksCx;
pub use contract::{ALL, Answer, Check, RAISED, Run};
pub use cx::{Cx, LocksCx, QuietCx, Raised};
pub use findings::{Findings, a, note};
pub use hindsight::HindsightCx;
pub use survey::SurveyCx;

/// Unwraps what a control must give, or ends the check as inconclusive with the reason.
///
/// `let venue = control!(cx.planter().plant("venue").await?);`
#[macro_export]
macro_rules! control {
    ($given:expr) => {
        match $given {
            Ok(value) => value,
            Err(why) => {
                return Ok($crate::model::Verdict::Inconclusive {
                    control: why.to_string(),
                });
            }
        }
    };
}

/// Unwraps what the pack must declare, or ends the check as one that does not apply, with the reason.
///
/// `let mut accounts = given!(cx.accounts(&[Verb::Logout]));`
#[macro_export]
macro_rules! given {
    ($declared:expr) => {
        match $declared {
            Ok(value) => value,
            Err(why) => {
                return Ok($crate::model::Verdict::Skipped {
                    why: why.to_string(),
                })
            }
        }
    };
}

/// Unwraps what a runtime gives: a value, or the story of a service that failed. Ends the check where the runtime
/// cannot do what was asked, or has failed itself.
///
/// `if let Err(story) = outcome!(cx.restart(Stop::Term).await) { … }`
#[macro_export]
macro_rules! outcome {
    ($given:expr) => {
        match $given {
            Ok(value) => Ok(value),
            Err($crate::runtime::Trouble::Story(story)) => Err(story),
            Err($crate::runtime::Trouble::Fault(fault)) => return Err(fault),
            Err($crate::runtime::Trouble::Unsupported(why)) => {
                return Ok($crate::model::Verdict::Skipped { why });
            }
        }
    };
}
