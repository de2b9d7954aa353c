//! Reads an OpenAPI document into a [`Contract`](super::Contract).

mod bodies;
mod listing;
mod operations;
mod read;
mod refs;
pub(in crate::pack) mod shape;
mod upgrade;
pub(in crate::pack) mod yaml;

pub(in crate::pack) use listing::paging;
pub(in crate::pack) use read::{parse, read};
