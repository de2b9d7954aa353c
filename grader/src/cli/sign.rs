//! `grader sign`: binds a report with a signature beside it (Ed25519, RFC 8032, over the file's bytes as they are).

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signer, SigningKey};
use rand::Rng;

use super::{print, say};
use crate::model::{Doing, Exit, Fault, Report, SCHEMA};
use crate::report::write_atomically;

/// What `grader sign` takes.
#[derive(Debug, Args)]
pub(super) struct SignArgs {
    /// The JSON report to sign
    #[arg(
        value_name = "REPORT",
        required_unless_present = "new_key",
        requires = "key"
    )]
    report: Option<PathBuf>,
    /// The private key: PKCS #8 PEM, Ed25519
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Make a pair of keys: FILE, for you alone, and FILE.pub
    #[arg(long, value_name = "FILE", conflicts_with_all = ["report", "key"])]
    new_key: Option<PathBuf>,
}

/// What a verb cannot do with what it was given.
pub(super) enum Stop {
    /// What is wrong, and what to do.
    Usage(String),
    /// Ours.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Says why a verb stopped.
pub(super) fn ended(done: Result<Exit, Stop>) -> Exit {
    match done {
        Ok(exit) => exit,
        Err(Stop::Usage(what)) => {
            say(&format!("error: {what}"));
            Exit::Usage
        }
        Err(Stop::Fault(fault)) => super::said(Err(fault)),
    }
}

/// Runs the verb.
pub(super) fn sign(args: &SignArgs) -> Exit {
    ended(match (&args.new_key, &args.report, &args.key) {
        (Some(file), _, _) => new_key(file),
        (None, Some(report), Some(key)) => signed(report, key),
        _ => Err(Stop::Usage(
            "there is nothing to sign\n  try: grader sign report.json --key FILE".to_owned(),
        )),
    })
}

fn signed(path: &Path, key: &Path) -> Result<Exit, Stop> {
    let (bytes, _) = report(path)?;
    let pem = text(key)?;
    let key = SigningKey::from_pkcs8_pem(&pem).map_err(|_| {
        Stop::Usage(format!(
            "{} is no private Ed25519 key in PKCS #8 PEM\n  try: `grader sign --new-key FILE` makes one",
            key.display()
        ))
    })?;
    let beside = beside(path);
    write_atomically(&beside, &key.sign(&bytes).to_bytes())?;
    print(
        &mut std::io::stdout(),
        &format!(
            "{}: keep it beside the report; `grader verify` needs both and the public key\n",
            beside.display()
        ),
    )?;
    Ok(Exit::Open)
}

/// `report.json.sig` for `report.json`.
pub(super) fn beside(report: &Path) -> PathBuf {
    let mut name = report.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// A report as it lies there, and what it says.
///
/// # Errors
/// When it cannot be read, or is no report of ours.
pub(super) fn report(path: &Path) -> Result<(Vec<u8>, Report), Stop> {
    let bytes = bytes(
        path,
        "a report that `grader grade --report json=FILE` wrote",
    )?;
    match serde_json::from_slice::<Report>(&bytes) {
        Ok(report) if report.schema == SCHEMA => Ok((bytes, report)),
        _ => Err(Stop::Usage(format!(
            "{} is no JSON report of the grader\n  try: one that `grader grade --report json=FILE` wrote",
            path.display()
        ))),
    }
}

/// The bytes of a file. `cure` says what to try where it cannot be read.
///
/// # Errors
/// When it cannot be read.
pub(super) fn bytes(path: &Path, cure: &str) -> Result<Vec<u8>, Stop> {
    std::fs::read(path).map_err(|error| {
        Stop::Usage(format!(
            "{} cannot be read: {error}\n  try: {cure}",
            path.display()
        ))
    })
}

/// The text of a file; what is no UTF-8 is no key either.
///
/// # Errors
/// When it cannot be read.
pub(super) fn text(path: &Path) -> Result<String, Stop> {
    let cure = "a key of the pair that `grader sign --new-key FILE` made";
    Ok(String::from_utf8_lossy(&bytes(path, cure)?).into_owned())
}

fn new_key(file: &Path) -> Result<Exit, Stop> {
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    for path in [file, &public] {
        // A link that leads nowhere is there, too.
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(taken(path));
        }
    }
    let mut secret_key = [0; 32];
    rand::rng().fill_bytes(&mut secret_key);
    let pair = SigningKey::from_bytes(&secret_key);
    // Version 1 of the format, without the public half: OpenSSL reads no other.
    let private = KeypairBytes {
        secret_key,
        public_key: None,
    };
    let doing = "writing a key";
    let private = private.to_pkcs8_pem(LineEnding::LF).doing(doing)?;
    let shown = pair
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .doing(doing)?;
    create(file, private.as_bytes(), 0o600)?;
    create(&public, shown.as_bytes(), 0o644)?;
    let told = format!(
        "{}: the private key, for you alone; keep it out of the repository\n{}: the public key, for whoever verifies\n",
        file.display(),
        public.display()
    );
    print(&mut std::io::stdout(), &told)?;
    Ok(Exit::Open)
}

/// Nobody's key is written over, not even by one who comes in between.
fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Stop> {
    let mut options = std::fs::OpenOptions::new();
    let made = options.write(true).create_new(true).mode(mode).open(path);
    let mut file = match made {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(taken(path)),
        Err(error) => {
            return Err(Stop::Usage(format!(
                "{} cannot be written: {error}\n  try: a file in a folder you may write to",
                path.display()
            )));
        }
    };
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    Ok(written.doing(format!("writing {}", path.display()))?)
}

fn taken(path: &Path) -> Stop {
    Stop::Usage(format!(
        "{} is there already, and no key is written over\n  try: another name",
        path.display()
    ))
}
