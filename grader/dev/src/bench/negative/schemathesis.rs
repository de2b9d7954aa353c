//! `schemathesis run` as it comes, from PyPI, in a virtual environment of its own under `target/`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use super::callers::Callers;
use super::{Bug, Bugs, Found};
use crate::place::root;

/// The version that is measured.
const VERSION: &str = "4.32.5";
/// How long it may take to write its report once it was told to stop.
const GRACE: Duration = Duration::from_secs(60);
/// The codes of the failures that are counted. Others say that a reply does not fit the contract.
const COUNTED: [(&str, Bug); 3] = [
    ("ST101", Bug::Breaks),
    // At a content type that the contract does not name.
    ("ST102", Bug::Breaks),
    ("ST201", Bug::Takes),
];

/// An installed one.
pub(super) struct Schemathesis {
    program: PathBuf,
    limit: Duration,
}

impl Schemathesis {
    /// Installs it unless it is there. A run is told to stop after `limit`.
    pub(super) fn install(limit: Duration) -> Result<Self> {
        let folder = root().join(format!("target/schemathesis-{VERSION}"));
        let program = folder.join("bin/schemathesis");
        if !program.is_file() {
            let run = |program: &Path, args: &[&str]| {
                let status = std::process::Command::new(program).args(args).status();
                let status = status.with_context(|| program.display().to_string())?;
                ensure!(status.success(), "schemathesis could not be installed");
                anyhow::Ok(())
            };
            let place = folder.display().to_string();
            run(Path::new("python3"), &["-m", "venv", &place])?;
            let wanted = format!("schemathesis=={VERSION}");
            run(&folder.join("bin/pip"), &["install", "--quiet", &wanted])?;
        }
        Ok(Self { program, limit })
    }

    pub(super) const fn version(&self) -> &'static str {
        VERSION
    }

    /// Asks a service that is up; what it reports of refusals that are none.
    pub(super) async fn ask(
        &self,
        contract: &Path,
        base: &str,
        callers: &Callers,
    ) -> Result<Found> {
        let folder = tempfile::tempdir()?;
        let (config, report) = (
            folder.path().join("schemathesis.toml"),
            folder.path().join("report.xml"),
        );
        std::fs::write(&config, configuration(callers))?;
        let mut command = Command::new(&self.program);
        command.arg("--config-file").arg(&config);
        command.arg("run").arg(contract).args(["--url", base]);
        command
            .args(["--report", "junit", "--report-junit-path"])
            .arg(&report);
        command.current_dir(folder.path()).kill_on_drop(true);
        command
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(folder.path().join("out"))?);
        let began = Instant::now();
        let mut child = command.spawn().context("starting schemathesis")?;
        if tokio::time::timeout(self.limit, child.wait())
            .await
            .is_err()
        {
            // As Ctrl-C would: it says what it has found by then.
            let pid = child.id().context("schemathesis has ended")?.to_string();
            Command::new("kill").args(["-INT", &pid]).status().await?;
            let ended = tokio::time::timeout(GRACE, child.wait()).await;
            ended.context("schemathesis does not stop")??;
        }
        let seconds = began.elapsed().as_secs_f64();
        let said = std::fs::read_to_string(folder.path().join("out"))?;
        let xml = std::fs::read_to_string(&report)
            .with_context(|| format!("schemathesis left no report\n{said}"))?;
        println!("{said}");
        let bugs = bugs(&xml);
        Ok(Found { bugs, seconds })
    }
}

/// A header for each operation that wants one.
fn configuration(callers: &Callers) -> String {
    let one = |(op, bearer): (&String, &String)| {
        format!(
            "[[operations]]\ninclude-name = \"{op}\"\nheaders = {{ Authorization = \"{bearer}\" }}\n\n"
        )
    };
    callers.iter().map(one).collect()
}

/// What a JUnit report of it says: a case for each operation, and in it the codes of what failed, for each phase.
fn bugs(xml: &str) -> Bugs {
    let mut bugs = Bugs::new();
    for case in xml.split("<testcase ").skip(1) {
        // A chain of requests has no operation of its own; what breaks in one is told at its operations.
        let name = attribute(case, "name").filter(|name| name.contains(" /"));
        let Some(op) = name else { continue };
        for failure in case.split("<failure ").skip(1) {
            let codes = attribute(failure, "message").unwrap_or_default();
            for (_, bug) in COUNTED.iter().filter(|(code, _)| codes.contains(code)) {
                bugs.insert((op.to_owned(), *bug));
            }
        }
    }
    bugs
}

/// The first attribute of this name.
fn attribute<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("{name}=\""))?;
    Some(rest.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_operations_and_kinds() {
        let xml = r#"<testsuites><testsuite name="schemathesis">
            <testcase name="POST /venues" time="1.0">
              <failure type="failure" message="ST103, ST101">1. Test Case ID: x</failure>
              <failure type="failure" message="ST201">1. Test Case ID: y</failure>
            </testcase>
            <testcase name="Stateful tests" time="1.0">
                <failure type="failure" message="ST201 Schema-violating request accepted"/>
            </testcase>
            <testcase name="GET /venues" time="1.0">
              <failure type="failure" message="ST103">ST101 stands in a text</failure>
            </testcase></testsuite></testsuites>"#;
        let bugs: Vec<_> = bugs(xml).into_iter().collect();
        let venues = "POST /venues".to_owned();
        assert_eq!(bugs, [(venues.clone(), Bug::Breaks), (venues, Bug::Takes)]);
    }
}
