//! From what was handed in to a folder that can be graded, or the result that is there already.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::archive::{self, Bounds, Kind};
use super::asked::Asked;
use super::find::{Form, Handed};
use super::row::{Attempts, Key, Outcome, Row};
use super::store::Store;
use crate::feedback::Ledger;
use crate::model::{Doing, Fault, PackRef};
use crate::submission::Submission;

/// The version a result depends on.
const GRADER: &str = env!("CARGO_PKG_VERSION");
/// The largest ledger of a learner's that is read.
const LEDGER: u64 = 4 << 20;

/// Finds the pack of a project: the one that the command line names, else the one that a submission names.
pub type Packs = Box<dyn Fn(Option<&str>) -> Result<PackRef, String> + Send + Sync>;

/// What to do about a submission.
pub(super) enum Ready {
    /// Nothing: this came of it, and nothing has changed.
    Kept(Box<Row>),
    /// It cannot be graded.
    Refused { key: Option<Key>, why: String },
    /// It can.
    Go(Box<Job>),
}

/// A folder to be graded.
pub(super) struct Job {
    pub(super) folder: PathBuf,
    pub(super) key: Key,
    pub(super) attempts: Option<Attempts>,
    /// Goes when the job is done, and with it what was unpacked.
    pub(super) desk: TempDir,
}

/// Unpacks and reads what was handed in. Blocks.
///
/// # Errors
/// Whatever the file system says.
pub(super) fn prepare(
    handed: &Handed,
    asked: &Asked,
    packs: &Packs,
    store: &Store,
) -> Result<Ready, Fault> {
    let desk = store.desk()?;
    let kept = store.row(&handed.name);
    let key = |source: &str, pack: Option<&PackRef>| Key {
        grader: GRADER.to_owned(),
        project: pack.map_or_else(String::new, |p| p.id.clone()),
        pack: pack.map_or_else(String::new, |p| p.digest.clone()),
        source: source.to_owned(),
        asked: asked.line(&handed.name),
    };
    let (folder, of_archive) = match handed.form {
        Form::Folder => (handed.path.clone(), None),
        Form::Archive(kind) => {
            let source = digest(&handed.path)?;
            if let Some(row) = settled(kept.as_ref(), &key(&source, None), packs) {
                return Ok(Ready::Kept(Box::new(row)));
            }
            match unpacked(&handed.path, kind, desk.path()) {
                Ok(folder) => (folder, Some(source)),
                Err(archive::Problem::Ours(fault)) => return Err(fault),
                Err(archive::Problem::Refused(why)) => {
                    let key = Some(key(&source, None));
                    return Ok(Ready::Refused { key, why });
                }
            }
        }
    };
    let submission = match Submission::open(&folder) {
        Ok(submission) => submission,
        Err(problem) => {
            let why = named(&problem.to_string(), &folder, &handed.name);
            let key = of_archive.map(|source| key(&source, None));
            return Ok(Ready::Refused { key, why });
        }
    };
    let pack = match packs(submission.config.project.as_deref()) {
        Ok(pack) => pack,
        Err(why) => return Ok(Ready::Refused { key: None, why }),
    };
    let key = key(&of_archive.unwrap_or(submission.digest), Some(&pack));
    match settled(kept.as_ref(), &key, packs) {
        Some(row) => Ok(Ready::Kept(Box::new(row))),
        None => Ok(Ready::Go(Box::new(Job {
            attempts: attempts(&submission.root, &key.project),
            folder: submission.root,
            key,
            desk,
        }))),
    }
}

fn unpacked(archive: &Path, kind: Kind, desk: &Path) -> Result<PathBuf, archive::Problem> {
    let folder = desk.join("in");
    std::fs::create_dir(&folder).doing(format!("making {}", folder.display()))?;
    archive::unpack(archive, kind, &folder, Bounds::USUAL)
}

/// The row, if it is a result of the same question; a fault of ours is none.
fn settled(row: Option<&Row>, key: &Key, packs: &Packs) -> Option<Row> {
    let row = row?;
    let was = row.key.as_ref()?;
    let done = matches!(
        row.outcome,
        Outcome::Graded { .. } | Outcome::Refused { .. }
    );
    let same = (&was.grader, &was.source, &was.asked) == (&key.grader, &key.source, &key.asked);
    let pack = || {
        // What could not even be unpacked was held against no pack.
        was.project.is_empty()
            || packs(Some(&was.project))
                .is_ok_and(|pack| (pack.id, pack.digest) == (was.project.clone(), was.pack.clone()))
    };
    (done && same && pack()).then(|| row.clone())
}

/// A message about a folder of ours says the submission's name instead.
fn named(message: &str, folder: &Path, name: &str) -> String {
    let mut said = message.to_owned();
    let real = folder.canonicalize().unwrap_or_default();
    for path in [real.as_path(), folder] {
        // A path of one name may be a word of the message.
        if path.components().count() > 1 {
            said = said.replace(&path.display().to_string(), name);
        }
    }
    said
}

/// What the ledger in the submission tells; a learner may have written anything into it.
fn attempts(root: &Path, project: &str) -> Option<Attempts> {
    let folder = root.join(".grader");
    let file = folder.join("ledger.json");
    let plain = !folder.is_symlink() && file.symlink_metadata().is_ok_and(|m| m.is_file());
    let mut text = Vec::new();
    let mut content = File::open(&file).ok().filter(|_| plain)?.take(LEDGER);
    content.read_to_end(&mut text).ok()?;
    let ledger: Ledger = serde_json::from_slice(&text).ok()?;
    Attempts::of(ledger.projects.get(project)?)
}

/// SHA-256 of a file, hex.
fn digest(path: &Path) -> Result<String, Fault> {
    let doing = || format!("reading {}", path.display());
    let mut hash = Sha256::new();
    let mut file = File::open(path).doing(doing())?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer).doing(doing())? {
            0 => return Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect()),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}
