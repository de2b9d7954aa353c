//! `grader completions` and `grader man`: for those who install it.

use std::path::PathBuf;

use clap::{Args, Command};

use super::{print, say};
use crate::model::{Doing, Exit, Fault};

/// Shell completions.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Manual pages.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for each verb into this folder, as well as the main one (default: the main page, to standard
    /// output)
    dir: Option<PathBuf>,
}

/// Prints the completions for a shell.
///
/// # Errors
/// Only if the writer fails.
pub(super) fn completions(mut command: Command, args: &CompletionsArgs) -> Result<Exit, Fault> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "grader", &mut text);
    print(&mut std::io::stdout(), &String::from_utf8_lossy(&text))?;
    Ok(Exit::Open)
}

/// Prints the manual page, or writes all of them.
///
/// # Errors
/// When a page cannot be written.
pub(super) fn man(command: Command, args: &ManArgs) -> Result<Exit, Fault> {
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        let doing = "writing the manual page";
        clap_mangen::Man::new(command)
            .render(&mut page)
            .doing(doing)?;
        print(&mut std::io::stdout(), &String::from_utf8_lossy(&page))?;
        return Ok(Exit::Open);
    };
    let doing = || format!("writing the manual pages to {}", dir.display());
    std::fs::create_dir_all(dir).doing(doing())?;
    clap_mangen::generate_to(command, dir).doing(doing())?;
    say(&format!(
        "{}: try `man -l {}/grader.1`",
        dir.display(),
        dir.display()
    ));
    Ok(Exit::Open)
}
