//! `grader doctor`: what this machine has, and what to install.

use clap::Args;

use super::print;
use crate::model::{Exit, Fault};
use crate::runtime::doctor::{Health, Line, examine};

/// What `grader doctor` takes: nothing.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {}

/// Prints what was found. Ends with a fault if nothing can be graded here.
///
/// # Errors
/// Only if standard output fails.
pub(super) async fn doctor(_args: &DoctorArgs) -> Result<Exit, Fault> {
    let lines = examine(None).await;
    let text: String = lines.iter().map(|line| told(line) + "\n").collect();
    print(&mut std::io::stdout(), &text)?;
    Ok(match lines.iter().any(|line| line.health == Health::Bad) {
        true => Exit::Fault,
        false => Exit::Open,
    })
}

fn told(line: &Line) -> String {
    let sign = match line.health {
        Health::Good => "ok     ",
        Health::Absent => "absent ",
        Health::Bad => "BAD    ",
    };
    let cure = line
        .cure
        .iter()
        .map(|cure| format!("\n                   {cure}"));
    format!(
        "{sign} {:<10} {}{}",
        line.what,
        line.says,
        cure.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_it_stands_and_what_to_do() {
        let line = Line {
            what: "npm",
            health: Health::Absent,
            says: "not found".into(),
            cure: Some("apt install npm".into()),
        };
        assert_eq!(
            told(&line),
            "absent  npm        not found\n                   apt install npm"
        );
    }
}
