//! The command line: one file a verb. `anyhow` lives here and nowhere else.

mod asked;
mod batch;
mod checks;
mod cohort;
mod display;
mod doctor;
mod explain;
mod find_pack;
mod grade;
mod handed_in;
mod ledger;
mod look;
mod mentor;
mod merge;
mod new;
mod overriding;
mod pack;
mod partial;
mod progress;
mod render;
mod replay;
mod shell;
mod sign;
mod stop;
mod stored;
mod unknown;
mod verify;
mod watch;
mod watching;

use look::{Look, print, say};

use std::io::{stderr, stdout};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::model::{Exit, Fault};

/// Tells you, with proof, what is wrong with the backend service you built, why it matters, and what to
/// try next.
#[derive(Debug, Parser)]
#[command(name = "grader", version, about, long_about = None, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 all gates asked for are open, 1 not yet, 2 usage or pack problem, \
                        3 failure of the grader or its machinery, 130 interrupted."
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Raise a service beside a real Postgres, question it, and report
    Grade(Box<grade::GradeArgs>),
    /// Grade again on every save; what failed last comes first
    Watch(watch::WatchArgs),
    /// Ask again what a finding rests on, as it was asked then
    Replay(replay::ReplayArgs),
    /// Grade many submissions: a folder of folders and archives, with a gradebook and a page of all
    Batch(Box<batch::BatchArgs>),
    /// Put the results of several shards into one folder
    Merge(merge::MergeArgs),
    /// Begin a project: a starter, the brief and the contract in a folder of your own
    New(new::NewArgs),
    /// Say where you stand: attempts, points, what is still open
    Progress(progress::ProgressArgs),
    /// Explain a check: what it looks at, why it matters, how to mend it
    Explain {
        /// The id of a check, or of a finding
        id: String,
    },
    /// List all checks
    Checks {
        /// Only those of this stage
        #[arg(long)]
        stage: Option<String>,
        /// As JSON, with everything about them
        #[arg(long)]
        json: bool,
    },
    /// Write a stored report in other formats, or with less in it
    Render(render::RenderArgs),
    /// Write a page for a talk with a learner
    Mentor(mentor::MentorArgs),
    /// Sign a project off after a talk, or leave a note
    SignOff(mentor::SignOffArgs),
    /// Say what this machine has, and what to install
    Doctor(doctor::DoctorArgs),
    /// Bind a JSON report with a signature beside it, or make the keys for it
    Sign(sign::SignArgs),
    /// Say whether a report is the one that was signed, and what it claims
    Verify(verify::VerifyArgs),
    /// Work on project packs: lint them, draft one
    Pack(pack::PackArgs),
    /// Print completions for a shell
    Completions(shell::CompletionsArgs),
    /// Print the manual page, or write one for each verb
    Man(shell::ManArgs),
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    if let (Verb::Grade(_) | Verb::Replay(_), Some(host)) =
        (&cli.verb, crate::runtime::engine_to_name())
    {
        // Comes back only where the program cannot be started again; then the docker runtime says what to set.
        say(&again(&host).to_string());
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("error: could not start: {error}"));
            return Exit::Fault.into();
        }
    };
    let exit = runtime.block_on(run(cli.verb));
    // A blocking read that nobody waits for any more must not hold the program.
    runtime.shutdown_background();
    exit.into()
}

/// Starts the program again in its own place, told where the engine is: testcontainers asks the environment, which
/// a program cannot change safely while it runs.
fn again(host: &str) -> std::io::Error {
    use std::os::unix::process::CommandExt;
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut command = std::process::Command::new(program);
    command
        .args(std::env::args_os().skip(1))
        .env("DOCKER_HOST", host);
    command.exec()
}

fn said(exit: Result<Exit, Fault>) -> Exit {
    exit.unwrap_or_else(|fault| {
        say(&format!("error: the grader failed: {fault}"));
        Exit::Fault
    })
}

async fn run(verb: Verb) -> Exit {
    let index = crate::checks::index();
    match verb {
        Verb::Grade(args) => grade::grade(*args, &index).await,
        Verb::Batch(args) => batch::batch(*args, &index).await,
        Verb::Merge(args) => merge::merge(&args, &index),
        Verb::Explain { id } => said(explain::explain(
            &index,
            &id,
            Look::for_stdout(),
            &mut stdout(),
            &mut stderr(),
        )),
        Verb::New(args) => said(new::new(&args)),
        Verb::Progress(args) => progress::progress(&args),
        Verb::Doctor(args) => said(doctor::doctor(&args).await),
        Verb::Checks { stage, json } => {
            let (look, stage) = (Look::for_stdout(), stage.as_deref());
            said(checks::checks(
                &index,
                stage,
                json,
                look,
                &mut stdout(),
                &mut stderr(),
            ))
        }
        Verb::Sign(args) => sign::sign(&args),
        Verb::Verify(args) => verify::verify(&args),
        Verb::Pack(args) => pack::pack(&args, &index),
        Verb::Watch(args) => watch::watch(&args).await,
        Verb::Replay(args) => replay::replay(&args, &index).await,
        Verb::Render(args) => render::render(&args),
        Verb::Mentor(args) => mentor::mentor(&args, &index),
        Verb::SignOff(args) => mentor::sign_off(&args),
        Verb::Completions(args) => said(shell::completions(Cli::command(), &args)),
        Verb::Man(args) => said(shell::man(Cli::command(), &args)),
    }
}
