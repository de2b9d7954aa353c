//! Finding Postgres, and saying what is wrong with what was found.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use grader::runtime::postgres::{Binaries, Search};

use super::folder;

/// A made-up installation whose programs say this version.
fn installation(folder: &Path, version: &str) {
    fs::create_dir_all(folder).unwrap();
    for program in ["postgres", "initdb", "pg_ctl"] {
        program_that_says(
            &folder.join(program),
            &format!("echo '{program} (PostgreSQL) {version} (Made up)'"),
        );
    }
}

fn program_that_says(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn search(folder: &Path) -> Search {
    Search {
        only: None,
        path: Some(folder.join("bin").into_os_string()),
        places: vec![format!("{}/lib/postgresql@*/bin", folder.display())],
    }
}

fn newest(folder: &Path) -> Binaries {
    search(folder).newest().unwrap().unwrap()
}

#[test]
fn the_newest_supported_one_wins() {
    let folder = folder();
    assert_eq!(search(folder.path()).newest().unwrap(), None);
    for version in ["14.20", "16.3", "16.11", "19beta1", "9.6.24"] {
        let major = version.split('.').next().unwrap();
        installation(
            &folder
                .path()
                .join(format!("lib/postgresql@{major}-{version}/bin")),
            version,
        );
    }
    assert_eq!(
        (
            newest(folder.path()).version(),
            newest(folder.path()).major()
        ),
        ("16.11", 16)
    );
    installation(&folder.path().join("apart/bin"), "18.1");
    fs::create_dir(folder.path().join("bin")).unwrap();
    symlink(
        folder.path().join("apart/bin/postgres"),
        folder.path().join("bin/postgres"),
    )
    .unwrap();
    let found = newest(folder.path());
    assert_eq!(found.version(), "18.1");
    assert_eq!(
        found.folder(),
        folder.path().join("apart/bin").canonicalize().unwrap()
    );
}

#[test]
fn what_is_broken_is_named() {
    let folder = folder();
    let bin = folder.path().join("bin");
    let cases: [(&str, &dyn Fn()); 6] = [
        ("initdb is missing", &|| {
            fs::remove_file(bin.join("initdb")).unwrap()
        }),
        ("version 13.9 is not one of 14 to 18", &|| {
            installation(&bin, "13.9")
        }),
        ("postgres does not run: Permission denied", &|| {
            fs::set_permissions(bin.join("postgres"), fs::Permissions::from_mode(0o644)).unwrap();
        }),
        ("postgres is 15.1 but initdb is 14.2", &|| {
            program_that_says(&bin.join("initdb"), "echo 'initdb (PostgreSQL) 14.2'");
        }),
        ("libpq.so.5: cannot open shared object file", &|| {
            program_that_says(
                &bin.join("postgres"),
                "echo 'libpq.so.5: cannot open shared object file' >&2; exit 127",
            );
        }),
        ("it said nothing", &|| {
            program_that_says(&bin.join("pg_ctl"), "exit 1")
        }),
    ];
    for (expected, breaks) in cases {
        installation(&bin, "15.1");
        breaks();
        let fault = search(folder.path()).newest().unwrap_err().to_string();
        assert!(fault.contains(expected), "{expected}: {fault}");
        assert!(
            fault.contains(&bin.canonicalize().unwrap().display().to_string()),
            "{fault}"
        );
        assert!(fault.contains("apt install postgresql"), "{fault}");
    }
}

#[test]
fn the_override_stands_above_all_and_must_work() {
    let folder = folder();
    installation(&folder.path().join("bin"), "18.1");
    installation(&folder.path().join("chosen"), "14.3");
    let chosen = |path: &str| Search {
        only: Some(folder.path().join(path)),
        ..search(folder.path())
    };
    assert_eq!(
        chosen("chosen").newest().unwrap().unwrap().version(),
        "14.3"
    );
    assert_eq!(
        chosen("chosen/postgres")
            .newest()
            .unwrap()
            .unwrap()
            .version(),
        "14.3"
    );
    let fault = chosen("nowhere").newest().unwrap_err().to_string();
    assert!(
        fault.contains("GRADER_POSTGRES_BIN") && fault.contains("nowhere: postgres is missing"),
        "{fault}"
    );
}

/// Run by the test below, in a process whose proxy is not there.
#[tokio::test]
#[ignore = "needs a proxy that is not there"]
async fn fetch_without_a_way_out() {
    let fault = grader::runtime::postgres::fetch()
        .await
        .unwrap_err()
        .to_string();
    println!("[{fault}]");
}

#[test]
fn what_cannot_be_fetched_is_said() {
    let cache = folder();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "db::find::fetch_without_a_way_out",
            "--ignored",
            "--nocapture",
        ])
        .env("GRADER_CACHE", cache.path())
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("https_proxy", "http://127.0.0.1:1")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    for part in [
        "fetching Postgres from https://github.com/",
        "none is installed",
        "Request failed",
        "apt install postgresql",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
