//! The action, step by step.

use super::stage::{Played, Stage};

/// What is said while the runner takes no orders, and what is said after.
fn parts(log: &str) -> (String, String) {
    let (_, rest) = log.split_once("::stop-commands::").unwrap();
    let (token, rest) = rest.split_once('\n').unwrap();
    assert_eq!(token.len(), 32, "{token}");
    let end = format!("\n::{token}::\n");
    let (during, after) = rest.split_once(end.as_str()).unwrap();
    (during.to_owned(), after.to_owned())
}

fn outputs(played: &Played) -> (&str, &str, &str) {
    let output = |name: &str| played.outputs.get(name).map_or("", String::as_str);
    (output("verdict"), output("earned"), output("possible"))
}

#[test]
fn a_closed_gate_fails_the_step_and_everything_is_told() {
    let stage = Stage::new(1);
    let played = stage.play(&[("project", "1-listings"), ("stage", "boot")]);
    assert_eq!(played.code, 1, "{}", played.log);
    let report = stage.report();
    let score = |of: &str| report["score"][of].to_string();
    let expected = (
        report["verdict"].as_str().unwrap(),
        score("earned"),
        score("possible"),
    );
    assert_eq!(
        outputs(&played),
        (expected.0, expected.1.as_str(), expected.2.as_str())
    );
    assert_eq!(played.summary, "# the summary\n");
    let (during, after) = parts(&played.log);
    assert!(during.contains("::error::evil") && during.ends_with("and no line break"));
    assert_eq!(after, "::error title=boot.port-ignored::ours\n");
    let folder = std::path::PathBuf::from(&played.outputs["report"]);
    for name in [
        "report.json",
        "report.html",
        "report.xml",
        "report.sarif",
        "summary.md",
    ] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    let arguments = stage.read("arguments");
    let given = [
        "grade",
        ".",
        "--no-own-pack",
        "--runtime",
        "auto",
        "--project",
        "1-listings",
        "--stage",
        "boot",
    ];
    assert!(arguments.starts_with(&given.join("\n")), "{arguments}");
}

#[test]
fn what_is_not_the_services_is_not_named_to_it() {
    let stage = Stage::new(0);
    assert_eq!(stage.play(&[]).code, 0);
    let seen = stage.read("environment");
    assert!(seen.contains("GRADER_LEDGER=none"));
    for hidden in [
        "precious",
        "GITHUB_OUTPUT",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "GITHUB_STEP_SUMMARY",
        "IN_",
    ] {
        assert!(!seen.contains(hidden), "{hidden}\n{seen}");
    }
}

#[test]
fn a_gate_may_stay_closed_and_a_fault_stays_one() {
    let played = Stage::new(1).play(&[("fail", "false")]);
    assert_eq!(
        (played.code, played.outputs.contains_key("verdict")),
        (0, true)
    );
    for code in [2, 3, 130] {
        assert_eq!(Stage::new(code).play(&[("fail", "false")]).code, code);
    }
}

#[test]
fn without_a_report_there_is_no_verdict() {
    let stage = Stage::new(2);
    stage.write("mute", "");
    let played = stage.play(&[]);
    assert_eq!((played.code, outputs(&played)), (2, ("none", "0", "0")));
    assert_eq!(played.summary, "");
    assert_eq!(parts(&played.log).1, "");
}

#[test]
fn a_summary_without_room_is_named() {
    let stage = Stage::new(0);
    stage.write("summary", &"x".repeat(1_048_570));
    let played = stage.play(&[]);
    assert_eq!(played.code, 0);
    assert!(
        played
            .summary
            .ends_with("has no room here; its report has it.\n")
    );
}

#[test]
fn what_was_not_released_is_not_run() {
    let refused = |stage: &Stage, inputs: &[(&str, &str)], why: &str| {
        let played = stage.play(inputs);
        assert_eq!(played.code, 3, "{}", played.log);
        assert!(
            played
                .log
                .contains("::error title=the grader could not be installed::")
        );
        assert!(played.log.contains(why), "{}", played.log);
        assert!(!stage.at("temp/grader-bin/grader").exists());
        assert!(stage.read("arguments").is_empty() && stage.read("path").is_empty());
    };
    let stage = Stage::new(0);
    stage.tamper(|path| path.ends_with(".tar.gz"));
    refused(&stage, &[], "it is not what was released");
    let stage = Stage::new(0);
    refused(
        &stage,
        &[("sha256", &"0".repeat(64))],
        "it is not what was released",
    );
    stage.write("release/SHA256SUMS", "");
    refused(&stage, &[], "names no checksum");
    std::fs::remove_dir_all(stage.at("release")).unwrap();
    refused(&stage, &[], "cannot be had");
    refused(
        &stage,
        &[("version", "v1\n::error::x")],
        "no version is called so",
    );
}

#[test]
fn a_pinned_checksum_is_enough() {
    let stage = Stage::new(0);
    let os = match std::env::consts::OS {
        "macos" => "apple-darwin",
        _ => "unknown-linux-musl",
    };
    let archive = format!("grader-{}-{os}.tar.gz", std::env::consts::ARCH);
    let sum = stage.sum(&archive).to_uppercase();
    std::fs::remove_file(stage.at("release/SHA256SUMS")).unwrap();
    let played = stage.play(&[("sha256", &sum)]);
    assert_eq!(played.code, 0, "{}", played.log);
    assert!(!stage.read("arguments").is_empty());
}

#[test]
fn the_actions_own_sources_are_compiled_where_that_is_asked_for() {
    let stage = Stage::new(0);
    std::fs::remove_dir_all(stage.at("release")).unwrap();
    let cargo = "#!/bin/sh\n\
        echo \"$@\" >\"$STAND_IN/cargo\"\n\
        while [ \"$1\" != --root ]; do shift; done\n\
        mkdir -p \"$2/bin\" && cp \"$STAND_IN/stand-in\" \"$2/bin/grader\"\n";
    std::fs::rename(stage.at("bin/grader"), stage.at("stand-in")).unwrap();
    stage.program("cargo", cargo);
    let played = stage.play(&[("build", "true")]);
    assert_eq!(played.code, 0, "{}", played.log);
    let asked = stage.read("cargo");
    assert!(asked.starts_with("install --locked --path "), "{asked}");
    assert!(asked.contains("/ci/../grader --root "), "{asked}");
    assert!(!stage.read("arguments").is_empty());
}
