//! One run: a fixture, a seed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use grader::model::Report;
use grader::verify::{Deviation, Fixture, Kind, judge, prepare};
use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::postgres::Postgres;
use crate::place::{digest, hex, root};

/// A fixture with a seed, and the checks it is asked for (all, if empty).
pub(super) struct Cell {
    pub(super) fixture: Arc<Fixture>,
    pub(super) runtime: String,
    /// The Postgres to use; the machine's own, if none.
    pub(super) postgres: Option<Postgres>,
    pub(super) seed: u64,
    pub(super) only: Vec<String>,
    /// The stage it is asked for (all, if none).
    pub(super) stage: Option<String>,
    /// Where reports on right answers are kept, if anywhere.
    pub(super) reports: Option<PathBuf>,
}

impl Cell {
    /// As it is named in the output.
    pub(super) fn title(&self) -> String {
        format!(
            "{} seed {} {}",
            self.fixture.title(),
            self.seed,
            self.place()
        )
    }

    /// Where it runs.
    pub(super) fn place(&self) -> String {
        let runtime = &self.runtime;
        let postgres = self.postgres.as_ref();
        postgres.map_or_else(|| runtime.clone(), |p| format!("{runtime}, {p}"))
    }

    /// A digest over everything its verdicts depend on.
    pub(super) fn key(&self) -> Result<String> {
        let root = root();
        let mut hash = Sha256::new();
        let pack = self.fixture.pack(&root);
        for file in ["project.toml", "openapi.yaml", "openapi.json"] {
            let file = pack.join(file);
            if file.exists() {
                hash.update(std::fs::read(&file).with_context(|| file.display().to_string())?);
            }
        }
        hash.update(digest(&self.fixture.base)?);
        if let Some(patch) = &self.fixture.patch {
            hash.update(std::fs::read(patch)?);
        }
        hash.update(digest(&root.join("grader/src"))?);
        hash.update(format!("{:?} {:?}", self.fixture.expect, self.fixture.also));
        hash.update(format!("{} {:?} {}", self.seed, self.only, self.place()));
        if let Some(stage) = &self.stage {
            hash.update(stage);
        }
        if self.postgres.is_some() {
            let pinned = root.join("tests/postgres/package-lock.json");
            hash.update(std::fs::read(&pinned).with_context(|| pinned.display().to_string())?);
        }
        Ok(hex(&hash.finalize()))
    }

    /// Runs the grader on it and compares. What cannot be run deviates too: the others go on.
    pub(super) async fn run(&self, grader: &Path) -> Vec<Deviation> {
        self.compare(grader).await.unwrap_or_else(|error| {
            vec![Deviation {
                check: "the matrix".into(),
                says: format!("{error:#}"),
            }]
        })
    }

    async fn compare(&self, grader: &Path) -> Result<Vec<Deviation>> {
        let scratch = tempfile::tempdir()?;
        let dir = prepare(&self.fixture, scratch.path())?;
        let json = scratch.path().join("report.json");
        let mut command = Command::new(grader);
        command
            .env("GRADER_LEDGER", "none")
            .arg("grade")
            .arg(&dir)
            .arg("--project")
            .arg(self.fixture.pack(&root()))
            .args(["--runtime", &self.runtime, "--seed", &self.seed.to_string()])
            // Others run beside it.
            .args(["--jobs", "1"])
            .arg("--report")
            .arg(format!("json={}", json.display()));
        if let Some(postgres) = &self.postgres {
            command.env("GRADER_POSTGRES_BIN", postgres.programs());
        }
        for id in &self.only {
            command.args(["--only", id]);
        }
        if let Some(stage) = &self.stage {
            command.args(["--stage", stage]);
        }
        // Our own code, in ever new folders: all share one set of package caches.
        let output = command
            .env("GRADER_SHARE_CACHES", "1")
            .stdin(Stdio::null())
            .output()
            .await
            .context("running the grader")?;
        let Ok(text) = std::fs::read_to_string(&json) else {
            bail!(
                "{}: no report (exit {:?})\n{}",
                self.title(),
                output.status.code(),
                String::from_utf8_lossy(&output.stderr)
            );
        };
        self.keep(&text)?;
        let report: Report = serde_json::from_str(&text).context("reading the report")?;
        Ok(judge(&self.fixture, &report))
    }

    /// Keeps the report for who compares another runtime's with it.
    fn keep(&self, report: &str) -> Result<()> {
        let right = matches!(self.fixture.kind, Kind::Reference | Kind::Variant);
        let whole = right && self.stage.is_none() && self.postgres.is_none();
        let Some(reports) = self.reports.as_ref().filter(|_| whole) else {
            return Ok(());
        };
        let folder = reports.join(&self.fixture.project);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let file = folder.join(format!("{}.json", self.fixture.name));
        std::fs::write(&file, report).with_context(|| file.display().to_string())
    }
}
