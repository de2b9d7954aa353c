//! The conductor: plans what applies, raises worlds, asks checks side by side, and gives records.
//!
//! It knows no check by name but the two that tell the boot story, and no output format at all.

mod ask;
mod conduct;
mod ended;
mod environment;
mod plan;
mod settings;
#[cfg(test)]
mod tests;
mod worlds;

pub use conduct::{Run, conduct};
pub use plan::{Planned, Selection, plan};
pub use settings::Settings;
