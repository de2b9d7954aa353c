//! How we ask: every probe goes through here, and everything it sees is kept as evidence.

pub mod actor;
pub mod auth;
pub mod catalog;
pub mod changes;
pub mod collaborator;
mod curl;
mod http;
mod journal;
pub mod mail;
pub mod negative;
pub mod plan;
pub mod plant;
pub mod raw;
pub mod sample;
pub mod sql;
pub mod trace;
mod until;

pub use curl::curl;
pub use http::{Http, Request};
pub use journal::{Journal, shortened};
pub use plant::Planter;
pub use until::{Patience, SOON, until};
