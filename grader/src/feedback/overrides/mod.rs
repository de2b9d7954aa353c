//! `overrides.toml`: the instructor's last word. It changes one verdict of one submission, with a reason that the learner
//! reads, and pins packs and the grader's version for a term.
//!
//! ```toml
//! [pin]
//! grader = "0.1.0"
//! packs  = { "1-listings" = "9f86d081884c" }
//! [[override]]
//! submission = "ada"
//! check      = "endpoints.no-location"
//! verdict    = "waived"                        # or pass, fail
//! reason     = "The gateway strips Location; agreed on 3 March."
//! by         = "M. Curie"
//! ```

mod apply;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::model::{CheckId, PackRef, Ruling};

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// What may grade.
    pub pin: Pin,
    /// In the order of the file.
    pub all: Vec<Override>,
}

/// What a term is graded with, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pin {
    /// The grader's version.
    pub grader: Option<String>,
    /// The digests of packs by their ids, or the first twelve digits or more; where it is empty, any pack will do.
    pub packs: BTreeMap<String, String>,
}

/// One verdict, changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The submission's name.
    pub submission: String,
    /// The check.
    pub check: CheckId,
    /// What its verdict becomes.
    pub to: Ruling,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub by: Option<String>,
}

impl Overrides {
    /// Why this grader and this pack may not grade, and what to do.
    ///
    /// # Errors
    /// What differs from the pins.
    pub fn admit(&self, pack: &PackRef) -> Result<(), String> {
        let grader = env!("CARGO_PKG_VERSION");
        if let Some(pinned) = self.pin.grader.as_ref().filter(|pinned| *pinned != grader) {
            return Err(format!(
                "the overrides pin grader {pinned}, and this is {grader}\n  try: install that version, or change \
                 `grader` under [pin]"
            ));
        }
        let (id, digest) = (&pack.id, &pack.digest);
        match self.pin.packs.get(id) {
            Some(pinned) if !digest.starts_with(pinned.as_str()) => Err(format!(
                "the overrides pin project {id} at {pinned}, and this pack is {}\n  try: check out the pack of this term, \
                 or change `packs` under [pin]",
                digest.get(..12).unwrap_or(digest)
            )),
            None if !self.pin.packs.is_empty() => Err(format!(
                "the overrides pin packs, and project {id} is none of them\n  try: add \"{id}\" = \"{}\" to `packs` \
                 under [pin]",
                digest.get(..12).unwrap_or(digest)
            )),
            _ => Ok(()),
        }
    }

    /// What is decided about a submission.
    pub fn of<'a>(&'a self, submission: &'a str) -> impl Iterator<Item = &'a Override> {
        self.all.iter().filter(move |o| o.submission == submission)
    }

    /// Whom anything is decided about.
    pub fn submissions(&self) -> BTreeSet<&str> {
        self.all.iter().map(|o| o.submission.as_str()).collect()
    }

    /// SHA-256 over the pins and what is decided about a submission, hex: it changes when its report would.
    pub fn digest(&self, submission: &str) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        part(&format!("{:?}", self.pin));
        self.of(submission).for_each(|o| part(&format!("{o:?}")));
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}
