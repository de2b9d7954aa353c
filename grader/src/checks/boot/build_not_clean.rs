use super::never_answers;
use crate::check;
use crate::check::{StaticCx, note};
use crate::model::{Draft, Fault, Verdict};
use crate::outcome;
use crate::runtime::BootStory;

check! {
    /// ## What it looks at
    /// The files that Git tracks in your folder. If there are others beside them (new files, or files that
    /// `.gitignore` names), the service is built and started once more without those, as it would be from a fresh
    /// clone. What tools make again (`node_modules`, `.venv`, `target`) is never taken along anyway. Tracked files
    /// are taken as they lie on the disk. Where the folder is no Git checkout, nothing is asked.
    ///
    /// ## Why it matters
    /// A colleague, a build server and a hosting platform get what is committed, and nothing else. A file that is
    /// only on your disk works for you until the disk is gone.
    ///
    /// ## Passes
    /// ```text
    /// $ git clone service fresh && cd fresh
    /// $ ./build && ./start
    /// listening on port 40123
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// $ git clone service fresh && cd fresh
    /// $ ./build && ./start
    /// ModuleNotFoundError: No module named 'listings.settings'
    /// ```
    ///
    /// ## How to mend it
    /// Run `git status --ignored` and look for files of your own making. Add what the service needs with `git add`
    /// and take it out of `.gitignore`. If it holds a secret, do not: read that from an environment variable.
    pub static CHECK = {
        id: "boot.build-not-clean",
        summary: "the service needs files that Git does not track",
        concept: "clean-build",
        severity: Critical,
        needs: [never_answers::CHECK],
        world: Static,
        alone: Shared,
        runtimes: RAISED,
        refs: ["12factor I Codebase", "12factor II Dependencies", "12factor V Build, release, run"],
        hints: [
            "If your disk broke now, could a colleague start your service from the repository?",
            "The repository holds everything that a person wrote, and nothing that a machine makes: a build starts from it alone.",
            "Clone your repository into an empty folder, build and start it there; then add the file that is missing, or make it part of the build.",
        ],
        run,
    }
}

/// How many files are named.
const NAMED: usize = 8;

async fn run(cx: &mut StaticCx) -> Result<Verdict, Fault> {
    let Some(untracked) = cx.untracked() else {
        let why = "the folder is no Git checkout, or Git tracks nothing in it".to_owned();
        return Ok(Verdict::Skipped { why });
    };
    let mut findings = cx.findings();
    // Without such files, what came up is what a clone would be.
    if !untracked.is_empty()
        && let Err(story) = outcome!(cx.raise_clone().await)
    {
        let files: Vec<_> = untracked
            .iter()
            .map(|f| format!("`{}`", f.display()))
            .collect();
        findings.add(draft(cx, &story, &files));
    }
    Ok(findings.verdict())
}

fn draft(cx: &StaticCx, story: &BootStory, files: &[String]) -> Draft {
    let shown = files.get(..NAMED).unwrap_or(files).join(", ");
    let more = files.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let told = cx.told("a fresh clone", story);
    let mut evidence = vec![note(format!("Git does not track {shown}{more}"))];
    evidence.extend(told.evidence.iter().cloned());
    Draft {
        saw: "without the files that Git does not track the service does not come up".to_owned(),
        evidence,
        ..told
    }
}
