//! A Dockerfile for a submission without one, from its Procfile and its manifests.
//!
//! It builds as the local runtime does and leaves the same things in the same places, below `/app`: a virtual
//! environment in `.venv`, packages in `node_modules`, executables in `bin` or `target/release`. So one Procfile
//! starts the service on both. The text is the same for the same files, is shown to the learner, and works as it
//! stands: whoever outgrows it copies it into the folder. It uses no cache mounts, for what one stranger's build
//! leaves in them another's would believe.
//!
//! Where the manifests name no version, it is Python 3.12, Node 22, the newest stable Rust 1, Go 1.24, on Debian
//! bookworm.

mod go;
mod node;
mod python;
mod range;
mod rust;
mod text;

use crate::model::{Fault, RuntimeKind};
use crate::runtime::Trouble;
use crate::submission::Submission;

use super::files::read;
use text::Text;

/// What we do here, in the words of a fault.
pub(super) const MAKING: &str = "making a Dockerfile for a submission without one";

/// A Dockerfile of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// Its text.
    pub(super) text: String,
    /// The files that say so: `Procfile, requirements.txt`.
    pub(super) from: String,
}

/// The languages we know how to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Node,
    Rust,
    Go,
}

/// Makes it.
///
/// # Errors
/// A fault that says what is not understood: a submission that needs more than we know of needs a Dockerfile of its
/// own, and is no worse for it.
pub(super) fn make(submission: &Submission) -> Result<Made, Trouble> {
    let Some((start, says)) = submission.start(RuntimeKind::Docker) else {
        return Err(puzzled("nothing says how to start it"));
    };
    let mut text = Text::new(says);
    match language(submission, start)? {
        Language::Python => python::write(submission, &mut text)?,
        Language::Node => node::write(submission, &mut text)?,
        Language::Rust => rust::write(submission, &mut text)?,
        Language::Go => go::write(submission, &mut text)?,
    }
    Ok(text.end(start))
}

/// The one language of the manifests; without any, that of the program which starts the service.
fn language(submission: &Submission, start: &str) -> Result<Language, Trouble> {
    let asked = [
        (Language::Python, python::asked(submission)),
        (Language::Node, node::asked(submission)),
        (Language::Rust, submission.has("Cargo.toml")),
        (Language::Go, submission.has("go.mod")),
    ];
    let mut asked = asked.into_iter().filter(|(_, is)| *is).map(|(l, _)| l);
    match (asked.next(), asked.next()) {
        (Some(language), None) => Ok(language),
        (Some(one), Some(other)) => Err(puzzled(&format!(
            "it is written in {one:?} and in {other:?}, and the grader makes Dockerfiles for one language"
        ))),
        (None, _) => spoken(start).ok_or_else(|| {
            puzzled(&format!(
                "no manifest of Python, Node, Rust or Go is in it, and `{start}` says nothing of its language"
            ))
        }),
    }
}

fn spoken(start: &str) -> Option<Language> {
    let mut words = start.split_whitespace();
    let program = words.find(|word| *word != "exec" && !word.contains('='))?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let python = [
        "python",
        "gunicorn",
        "uvicorn",
        "hypercorn",
        "flask",
        "waitress-serve",
    ];
    if python.iter().any(|known| name.starts_with(known)) {
        Some(Language::Python)
    } else if ["node", "npm", "npx", "yarn", "pnpm"].contains(&name) {
        Some(Language::Node)
    } else {
        None
    }
}

fn puzzled(why: &str) -> Trouble {
    Fault::new(MAKING, why)
        .cure("add a Dockerfile that builds and starts the service")
        .into()
}

/// A file of the submission, empty if it is not there.
fn said(submission: &Submission, name: &str) -> Result<String, Trouble> {
    let text = read(submission, name).map_err(|e| Fault::new(format!("reading {name}"), e))?;
    Ok(text.unwrap_or_default())
}

#[cfg(test)]
mod tests;
