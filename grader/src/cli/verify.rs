//! `grader verify`: whether a report is the one that was signed, and what it claims.

use std::path::{Path, PathBuf};

use clap::Args;
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{Signature, VerifyingKey};

use super::sign::{Stop, beside, bytes, ended, report, text};
use super::{print, say};
use crate::model::{Exit, Report};
use crate::report::one_line;

/// What `grader verify` takes.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The JSON report; its signature is REPORT.sig
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// The public key of whoever signed
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Runs the verb: 0 the signature matches, 1 it does not, 2 there is nothing to compare.
pub(super) fn verify(args: &VerifyArgs) -> Exit {
    ended(verified(&args.report, &args.key))
}

fn verified(path: &Path, key: &Path) -> Result<Exit, Stop> {
    let (signed, report) = report(path)?;
    let pem = text(key)?;
    let key = VerifyingKey::from_public_key_pem(&pem).map_err(|_| {
        Stop::Usage(format!(
            "{} is no public Ed25519 key in PEM\n  try: the FILE.pub that `grader sign --new-key FILE` made",
            key.display()
        ))
    })?;
    let beside = beside(path);
    let cure = "the signature that `grader sign` wrote, beside the report";
    let signature = bytes(&beside, cure)?;
    let signature = Signature::from_slice(&signature).map_err(|_| {
        Stop::Usage(format!(
            "{} holds {} bytes, and a signature has 64\n  try: sign the report again",
            beside.display(),
            signature.len()
        ))
    })?;
    // Strict: no two keys, and no two signatures, that pass for one another.
    if key.verify_strict(&signed, &signature).is_err() {
        say(&format!(
            "error: {} is not what was signed with this key\n  try: the report, the signature and the key of one signer, each as it was given",
            path.display()
        ));
        return Ok(Exit::NotYet);
    }
    print(
        &mut std::io::stdout(),
        &format!("{}: as it was signed\n{}", path.display(), claims(&report)),
    )?;
    Ok(Exit::Open)
}

/// What the report says it is of.
fn claims(report: &Report) -> String {
    let partial = match report.partial {
        true => ", of a run that was cut short",
        false if !report.complete => ", of a part of the checks",
        false => "",
    };
    let commit = report.submission.commit.as_deref();
    let rows = [
        (
            "project",
            format!("{} {}", report.pack.id, report.pack.title),
        ),
        ("pack", report.pack.digest.clone()),
        (
            "submission",
            format!("{} {}", report.submission.name, report.submission.digest),
        ),
        ("commit", commit.unwrap_or("none").to_owned()),
        ("seed", report.seed.to_string()),
        ("runtime", report.runtime.kind.to_string()),
        ("grader", report.grader.clone()),
        ("started", report.started.clone()),
        (
            "total",
            format!(
                "{} of {} points, {}{partial}",
                report.score.earned, report.score.possible, report.verdict
            ),
        ),
    ];
    let line = |(name, value): &(&str, String)| format!("  {name:<10}  {}\n", one_line(value));
    rows.iter().map(line).collect()
}
