//! How wide and how coloured text leaves the program.

use std::io::{ErrorKind, Write};

use crate::model::{Doing, Fault};
use crate::report::Style;

/// What the reader's terminal is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Columns.
    pub width: usize,
    /// Colour or none.
    pub style: Style,
}

impl Look {
    /// The look for standard output: its terminal's width, else `COLUMNS`, else 100.
    pub(super) fn for_stdout() -> Self {
        let terminal = terminal_size::terminal_size_of(std::io::stdout());
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = terminal
            .map(|(w, _)| usize::from(w.0))
            .or_else(columns)
            .unwrap_or(100);
        Self {
            width,
            style: Style::for_stdout(),
        }
    }
}

/// Says a line on standard error. One who has gone away cannot hear it, and nobody else could be told.
pub(super) fn say(line: &str) {
    let _ = print(&mut std::io::stderr(), &format!("{line}\n"));
}

/// Writes text for a reader. One who has gone away (`grader checks | head`) is no error.
///
/// # Errors
/// Whatever else the writer says.
pub(super) fn print(out: &mut dyn Write, text: &str) -> Result<(), Fault> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(gone) if gone.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.doing("writing to the terminal"),
    }
}
