//! Standard error as a terminal a little narrower than it is.
//!
//! A bar is padded to the right end. There a terminal would echo the `^C` of an interrupt on the next line,
//! and clearing the bar would clear that line and leave the bar.

use std::io::{self, Write};

use indicatif::TermLike;

/// Columns kept free at the right: room for `^C`, pressed twice.
const MARGIN: u16 = 5;

/// The terminal behind standard error.
#[derive(Debug)]
pub(super) struct Margin;

fn put(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

/// Moving by nothing is no sequence: terminals read `ESC [ 0 A` as one line up.
fn step(n: usize, way: char) -> io::Result<()> {
    if n == 0 {
        Ok(())
    } else {
        put(&format!("\x1b[{n}{way}"))
    }
}

impl TermLike for Margin {
    fn width(&self) -> u16 {
        let columns = terminal_size::terminal_size_of(io::stderr()).map_or(80, |(w, _)| w.0);
        columns.saturating_sub(MARGIN).max(20)
    }

    fn height(&self) -> u16 {
        terminal_size::terminal_size_of(io::stderr()).map_or(24, |(_, h)| h.0)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        step(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        step(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        step(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        step(n, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        put(&format!("{line}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        put(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        put("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}
