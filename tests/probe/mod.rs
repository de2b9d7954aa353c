//! The probes against services that misbehave.

mod http;
mod raw;
mod rude;
