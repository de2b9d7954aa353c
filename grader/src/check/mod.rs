//! The contract of a check: what it is, what it holds in its hands, how it says what it found.

mod boot;
pub(crate) mod census;
mod contract;
mod cx;
pub(crate) mod errors;
pub(crate) mod filters;
mod findings;
pub(crate) mod honest;
pub(crate) mod order;

pub use boot::{Boot, StaticCx};
pub use contract::{ALL, Answer, Check, RAISED, Run};
pub use cx::{BreaksCx, Cx, LocksCx, QuietCx, Raised};
pub use findings::{Findings, a, note};

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
