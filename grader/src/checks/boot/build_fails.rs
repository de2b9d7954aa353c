use crate::check;
use crate::check::{Boot, StaticCx, note};
use crate::model::{Draft, Fault, Verdict};
use crate::runtime::Built;

check! {
    /// ## What it looks at
    /// The build command: `[build] command` in `grader.toml`, or the one that follows from your lockfile
    /// (`pip install` into a virtual environment, `npm ci`, `cargo build --release --locked`, `go build`).
    /// It runs in a clean copy of your folder, as an ordinary user, with nothing installed beforehand but
    /// the language itself.
    ///
    /// ## Why it matters
    /// A service that builds only on its author's machine cannot be deployed, reviewed or repaired by anyone
    /// else. The usual cause is something that lies on your disk and not in the repository.
    ///
    /// ## Passes
    /// ```text
    /// $ python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
    /// Successfully installed psycopg-3.2.3
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// $ .venv/bin/pip install -r requirements.txt
    /// ERROR: No matching distribution found for psycopg2-binay
    /// ```
    ///
    /// ## How to mend it
    /// Clone your repository into an empty folder and run the build command there. What fails there fails
    /// here. Write every dependency down with its version, and commit the lockfile.
    pub static CHECK = {
        id: "boot.build-fails",
        summary: "the build does not end well in a clean copy of the folder",
        concept: "clean-build",
        severity: Critical,
        needs: [],
        world: Static,
        alone: Shared,
        runtimes: RAISED,
        refs: ["12factor II Dependencies", "12factor V Build, release, run"],
        hints: [
            "What is on your machine that is not in your repository?",
            "A build starts from the committed files alone: every dependency is declared, with its version, and installed by one command.",
            "Clone into an empty folder, run the build command there, and add what is missing to the manifest and the lockfile.",
        ],
        run,
    }
}

async fn run(cx: &mut StaticCx) -> Result<Verdict, Fault> {
    let mut findings = cx.findings();
    match cx.boot() {
        Boot::NotBuilt(story) => findings.add(cx.told("the build", story)),
        Boot::Built(Built {
            made: Some(text),
            from,
            ..
        }) => {
            let from = from.as_deref().unwrap_or("the folder");
            findings.add(made(text, from));
            return Ok(findings.advice());
        }
        _ => {}
    }
    Ok(findings.verdict())
}

/// A Dockerfile that the grader made: worth keeping, and no fault.
fn made(text: &str, from: &str) -> Draft {
    Draft {
        subject: "the Dockerfile".into(),
        saw: format!("it was built with a Dockerfile that the grader made from {from}"),
        expected: "a Dockerfile of your own says how your service is built, wherever it runs"
            .into(),
        actual: "there is none".into(),
        evidence: vec![note(text)],
        ..Draft::default()
    }
}
