//! The right shape is the easy shape: writes a check's file and lists it in its stage.

use anyhow::{Context, Result, bail};
use clap::Args;
use grader::model::Stage;

use crate::place::root;

#[derive(Debug, Args)]
pub(crate) struct NewCheck {
    /// Its id, `<stage>.<the flaw it finds>`: endpoints.page-size-unbounded
    id: String,
}

pub(crate) fn run(args: &NewCheck) -> Result<()> {
    let Some((stage, flaw)) = args.id.split_once('.') else {
        bail!("an id is `<stage>.<the flaw it finds>`, for example endpoints.page-size-unbounded");
    };
    if Stage::parse(stage).is_none() {
        bail!(
            "there is no stage `{stage}`: {}",
            Stage::ALL.map(Stage::as_str).join(", ")
        );
    }
    let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if flaw.is_empty() || !flaw.chars().all(ok) {
        bail!("the flaw is named in lower case with hyphens: {flaw}");
    }
    let module = flaw.replace('-', "_");
    let dir = root().join("grader/src/checks").join(stage);
    let file = dir.join(format!("{module}.rs"));
    if file.exists() {
        bail!("{} is there already", file.display());
    }
    std::fs::create_dir_all(&dir)?;
    std::fs::write(&file, TEMPLATE.replace("ID", &args.id)).context("writing the check")?;
    println!("wrote {}", file.display());
    println!("1. say what it looks at, why it matters, what passes, what fails, how to mend it");
    println!(
        "2. list it in checks/{stage}/mod.rs: `mod {module};` and `&{module}::CHECK`, where a learner meets it"
    );
    println!("3. prove it: cargo dev new-flaw {}", args.id);
    println!("4. cargo dev docs");
    Ok(())
}

/// A check that compiles once its gaps are filled, and not before.
const TEMPLATE: &str = r##"use crate::check;
use crate::check::Cx;
use crate::model::{Draft, Fault, Verdict};

check! {
    /// ## What it looks at
    ///
    /// ## Why it matters
    ///
    /// ## Passes
    /// ```text
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// ```
    ///
    /// ## How to mend it
    pub static CHECK = {
        id: "ID",
        summary: "",
        concept: "",
        severity: Medium,
        needs: [],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: [],
        hints: [],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let findings = cx.findings();
    Ok(findings.verdict())
}
"##;
