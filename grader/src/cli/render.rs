//! `grader render`: a stored report in other formats, or with less in it.

use std::path::PathBuf;

use clap::Args;

use super::{Look, asked, print, say, stored};
use crate::feedback;
use crate::model::{Exit, Fault, Report, Shows};
use crate::report::{Target, terminal, write_atomically};

/// Write a stored report in other formats.
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// A JSON report
    file: PathBuf,
    /// Write it to a file (repeatable): the formats of `grader grade`. None: as a terminal shows it
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<Target>,
    /// Tell no more than this: everything, findings, titles or first-failure
    #[arg(long, value_name = "HOW-MUCH", value_parser = asked::shows, default_value = "everything")]
    show: Shows,
}

/// Runs the verb. What the report says is no matter: the exit code tells whether it could be written.
pub(super) fn render(args: &RenderArgs) -> Exit {
    let report = asked::places(&args.report).and_then(|()| stored::read(&args.file));
    let report = match report {
        Ok(report) => feedback::retell(report, args.show),
        Err(why) => {
            say(&format!("error: {why}"));
            return Exit::Usage;
        }
    };
    match written(args, &report) {
        Ok(()) => Exit::Open,
        Err(fault) => {
            say(&format!("error: the grader failed: {fault}"));
            Exit::Fault
        }
    }
}

fn written(args: &RenderArgs, report: &Report) -> Result<(), Fault> {
    if args.report.is_empty() {
        let look = Look::for_stdout();
        let text = terminal::render(report, look.width, look.style);
        return print(&mut std::io::stdout(), &text);
    }
    args.report.iter().try_for_each(|target| {
        let text = target.format.render(report)?;
        write_atomically(&target.path, text.as_bytes())
    })
}
