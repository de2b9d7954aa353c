use super::build_fails;
use crate::check;
use crate::check::{Boot, StaticCx};
use crate::model::{Draft, Fault, Manner, Verdict};
use crate::runtime::{BootStory, Phase};

check! {
    /// ## What it looks at
    /// The way up: the `release:` command on an empty database, the start command, and then the ready
    /// operation of the project (`GET /healthz` for instance), asked until it answers 2xx or the time is up.
    /// The service gets `PORT` and `DATABASE_URL`, and little else.
    ///
    /// ## Why it matters
    /// Nothing else can be asked of a service that does not answer. Hosting platforms decide in the same way
    /// whether to send traffic to it or to roll back.
    ///
    /// ## Passes
    /// ```text
    /// $ PORT=40123 DATABASE_URL=postgres://… ./start
    /// $ curl -i http://127.0.0.1:40123/healthz
    /// HTTP/1.1 200 OK
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// $ PORT=40123 DATABASE_URL=postgres://… ./start
    /// psycopg.OperationalError: connection refused at localhost:5432
    /// (the process ended with exit code 1)
    /// ```
    ///
    /// ## How to mend it
    /// Start it by hand with both variables set and read its output from the top. A database address that is
    /// written into the code, a migration that needs a table which is not there yet, and a missing
    /// environment variable are the usual causes.
    pub static CHECK = {
        id: "boot.never-answers",
        summary: "the service does not come up",
        concept: "processes-and-ports",
        severity: Critical,
        needs: [build_fails::CHECK],
        world: Static,
        alone: Shared,
        runtimes: ALL,
        refs: ["12factor III Config", "12factor VII Port binding"],
        hints: [
            "What does it print when you start it by hand with only PORT and DATABASE_URL set?",
            "A service takes its port and its database from the environment, prepares an empty database by itself, and answers its health check once it can work.",
            "Set PORT and DATABASE_URL to fresh values, run the release command and then the start command of your Procfile, and follow the first error from the top.",
        ],
        run,
    }
}

async fn run(cx: &mut StaticCx) -> Result<Verdict, Fault> {
    let mut findings = cx.findings();
    if let Boot::NotUp(story) = cx.boot() {
        findings.add(Draft {
            manner: manner(story),
            ..cx.told(subject(story), story)
        });
    }
    Ok(findings.verdict())
}

fn subject(story: &BootStory) -> &'static str {
    match story.phase {
        Phase::Build => "the build",
        Phase::Release => "the release command",
        Phase::Start => "the start command",
        Phase::Ready => "the ready operation",
    }
}

fn manner(story: &BootStory) -> Manner {
    let answered = story.last_answer.as_deref().map(str::trim_start);
    match (story.phase, &story.exit, answered) {
        (_, Some(_), _) => Manner::Crash,
        (_, None, Some(answer)) if answer.starts_with('5') => Manner::ServerError,
        (Phase::Ready, None, None) => Manner::Hang,
        _ => Manner::Wrong,
    }
}
