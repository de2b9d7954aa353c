//! Services at which no attack can show anything: they refuse everybody, let everybody in, put everybody off, or end
//! when they meet a stranger. None of that is security, and none of it passes.

use std::path::Path;

use super::bench::{Grader, root};
use super::ended::Ended;
use super::service::rude;
use crate::runtime::bench::open_folder;

/// Graded by the stage auth of the third project.
fn asked(service: &Path) -> Ended {
    Grader::grade(service, &["--project", "3-accounts", "--stage", "auth"])
        .env("GRADER_SHARE_CACHES", "1")
        .run()
        .never_says(&["our fault"])
}

/// The checks of the stage, by verdict.
fn having(ended: &Ended, wanted: &str) -> Vec<String> {
    let verdicts = ended.verdicts();
    let lines = verdicts.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(id, verdict)| id.starts_with("auth.") && *verdict == wanted)
        .map(|(id, _)| id.to_owned())
        .collect()
}

/// The verdicts on a service that answers this status and body to everything.
#[track_caller]
fn answers_all(status: &str, body: &str) -> Ended {
    let manner = format!(
        "def rude(request, write):
    body = b'''{body}'''
    write(b'HTTP/1.1 {status}\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(body) + body)"
    );
    let ended = asked(rude(&manner).path());
    assert_eq!(having(&ended, "pass"), [""; 0], "{ended}");
    ended
}

#[test]
fn one_that_keeps_everybody_out() {
    let ended = answers_all("401 Unauthorized", r#"{"title": "Log in"}"#);
    assert_eq!(having(&ended, "fail"), ["auth.login-broken"], "{ended}");
}

#[test]
fn one_that_lets_everybody_in() {
    answers_all("200 OK", "{}");
}

#[test]
fn one_that_knows_everybody_as_the_same() {
    let ended = answers_all(
        "200 OK",
        r#"{"id": 1, "email": "ada@example.com", "name": "Ada", "role": "customer", "access_token": "a.b.c", "refresh_token": "r", "items": []}"#,
    );
    assert_eq!(having(&ended, "fail"), ["auth.login-broken"], "{ended}");
}

/// A limit is no refusal, and no fault either.
#[test]
fn one_that_puts_everybody_off() {
    let ended = answers_all("429 Too Many Requests", r#"{"title": "Later"}"#);
    assert_eq!(having(&ended, "fail"), [""; 0], "{ended}");
}

/// Whom it knows it serves; at every other credential it ends.
#[test]
fn one_that_ends_at_a_token_it_does_not_know() {
    let folder = open_folder();
    let from = root().join("fixtures/reference/3-accounts/python");
    let copied = std::process::Command::new("cp")
        .arg("--recursive")
        .args([from.join("."), folder.path().to_owned()])
        .status();
    assert!(copied.unwrap().success());
    let file = folder.path().join("boxoffice/callers.py");
    let text = std::fs::read_to_string(&file).unwrap();
    let (known, refused) = ("    if not caller:\n", "        raise not_in(");
    let (before, after) = text.split_once(known).unwrap();
    let ends = after.replacen(
        refused,
        "        __import__('os')._exit(1)\n        raise not_in(",
        1,
    );
    std::fs::write(&file, format!("{before}{known}{ends}")).unwrap();
    let ended = asked(folder.path());
    assert_eq!(having(&ended, "pass"), [""; 0], "{ended}");
    assert_eq!(having(&ended, "fail"), ["auth.login-broken"], "{ended}");
}
