//! The reader a Dockerfile asks for with `# syntax=`: an image of its own, and most files need nothing of it.

use bollard::Docker;

use super::bases::inspect;
use super::dockerfile::{syntax, without_syntax};
use crate::runtime::Trouble;

/// The Dockerfile for the engine to read: where the reader it asks for is not there, the engine's own reads it. It is
/// not pulled: a stranger's image would decide what the builder does.
pub(super) async fn own(engine: &Docker, text: String) -> Result<String, Trouble> {
    match syntax(&text) {
        Some(reader) if inspect(engine, reader).await?.is_none() => Ok(without_syntax(&text)),
        _ => Ok(text),
    }
}
