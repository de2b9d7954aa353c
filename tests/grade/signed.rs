//! Reports that are bound by a signature.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::bench::{Grader, root};
use super::ended::Ended;
use crate::runtime::bench::open_folder;

/// A folder with a report and a pair of keys.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: open_folder(),
        };
        std::fs::copy(
            root().join("grader/docs/report.json"),
            desk.at("report.json"),
        )
        .unwrap();
        desk.run(&["sign", "--new-key", "key"]).exits(0);
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `grader …`, where every word that names a file of the desk, or one that could be there, is its path.
    fn run(&self, words: &[&str]) -> Ended {
        let word = |word: &&str| match word {
            _ if word.starts_with("--") || ["sign", "verify"].contains(word) => (*word).into(),
            name => self.at(name).into_os_string(),
        };
        Grader::new(words.iter().map(word)).run()
    }

    fn signed() -> Self {
        let desk = Self::new();
        desk.run(&["sign", "report.json", "--key", "key"]).exits(0);
        desk
    }

    fn verify(&self) -> Ended {
        self.run(&["verify", "report.json", "--key", "key.pub"])
    }

    /// Changes one byte of a file.
    fn flip(&self, name: &str, at: usize) {
        let mut bytes = std::fs::read(self.at(name)).unwrap();
        bytes[at] ^= 1;
        std::fs::write(self.at(name), bytes).unwrap();
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_was_signed_is_known_again_with_what_it_claims() {
    let desk = Desk::signed();
    let text = std::fs::read_to_string(desk.at("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let said = |path: &str| report.pointer(path).unwrap().as_str().unwrap().to_owned();
    let total = format!(
        "{} of {} points, {}",
        report["score"]["earned"],
        report["score"]["possible"],
        said("/verdict")
    );
    desk.verify().exits(0).says(&[
        "as it was signed",
        &said("/pack/digest"),
        &said("/submission/digest"),
        &format!("seed {}", report["seed"]),
        &format!("grader {}", said("/grader")),
        &total,
    ]);
}

#[test]
fn one_byte_or_another_key_is_not_what_was_signed() {
    let desk = Desk::signed();
    let text = std::fs::read_to_string(desk.at("report.json")).unwrap();
    // A digit of the seed: still a report, and another one.
    let digit = text.find("\"seed\": ").unwrap() + "\"seed\": ".len();
    desk.flip("report.json", digit);
    let ended = desk.verify().exits(1).says(&["is not what was signed"]);
    assert!(ended.out.is_empty(), "it claims nothing\n{ended}");
    desk.flip("report.json", digit);
    desk.verify().exits(0);
    for at in [0, 63] {
        desk.flip("report.json.sig", at);
        desk.verify().exits(1);
        desk.flip("report.json.sig", at);
    }
    desk.run(&["sign", "--new-key", "other"]).exits(0);
    desk.run(&["verify", "report.json", "--key", "other.pub"])
        .exits(1);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let desk = Desk::signed();
    let signature = std::fs::read(desk.at("report.json.sig")).unwrap();
    std::fs::write(desk.at("report.json.sig"), &signature[..63]).unwrap();
    desk.verify().refuses(&["holds 63 bytes"]);
    std::fs::remove_file(desk.at("report.json.sig")).unwrap();
    desk.verify()
        .refuses(&["report.json.sig cannot be read", "try: the signature"]);
    std::fs::write(desk.at("no-report"), "{}").unwrap();
    desk.run(&["sign", "no-report", "--key", "key"])
        .refuses(&["is no JSON report of the grader"]);
    desk.run(&["sign", "report.json", "--key", "key.pub"])
        .refuses(&["is no private Ed25519 key"]);
    desk.run(&["verify", "report.json", "--key", "key"])
        .refuses(&["is no public Ed25519 key"]);
}

/// Keys of OpenSSL are keys, where they are of the one kind.
#[test]
fn keys_and_signatures_are_those_of_openssl() {
    let desk = Desk::signed();
    let openssl = |words: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl.args(words).current_dir(desk.folder.path()).output()
    };
    if openssl(&["version"]).is_err() {
        eprintln!("not run: there is no openssl");
        return;
    }
    let verified = openssl(&[
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pub",
        "-rawin",
        "-in",
        "report.json",
        "-sigfile",
        "report.json.sig",
    ]);
    let verified = verified.unwrap();
    assert!(verified.status.success(), "{verified:?}");
    let made = openssl(&["genpkey", "-algorithm", "ed25519", "-out", "theirs"]).unwrap();
    assert!(made.status.success(), "{made:?}");
    desk.run(&["sign", "report.json", "--key", "theirs"])
        .exits(0);
    openssl(&["pkey", "-in", "theirs", "-pubout", "-out", "theirs.pub"]).unwrap();
    desk.run(&["verify", "report.json", "--key", "theirs.pub"])
        .exits(0);
    openssl(&[
        "genpkey",
        "-algorithm",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "curve",
    ])
    .unwrap();
    desk.run(&["sign", "report.json", "--key", "curve"])
        .refuses(&["is no private Ed25519 key"]);
    openssl(&["pkey", "-in", "curve", "-pubout", "-out", "curve.pub"]).unwrap();
    desk.run(&["verify", "report.json", "--key", "curve.pub"])
        .refuses(&["is no public Ed25519 key"]);
}

#[test]
fn a_key_is_for_its_owner_and_never_written_over() {
    let desk = Desk::new();
    assert_eq!(
        (mode(&desk.at("key")), mode(&desk.at("key.pub")) & 0o022),
        (0o600, 0)
    );
    let before = std::fs::read(desk.at("key")).unwrap();
    desk.run(&["sign", "--new-key", "key"])
        .refuses(&["is there already"]);
    std::fs::remove_file(desk.at("key")).unwrap();
    desk.run(&["sign", "--new-key", "key"])
        .refuses(&["key.pub is there already"]);
    assert!(!desk.at("key").exists(), "half a pair");
    std::fs::write(desk.at("key"), before).unwrap();
    desk.run(&["sign", "report.json", "--key", "key"]).exits(0);
    desk.verify().exits(0);
}
