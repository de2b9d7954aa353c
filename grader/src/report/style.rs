//! Colour, or none.

use std::ffi::OsStr;

use anstyle::{AnsiColor, Effects};

/// What a piece of text means. The style decides how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Ordinary text.
    Plain,
    /// A heading.
    Strong,
    /// What may be overlooked.
    Faint,
    /// It is right.
    Good,
    /// It is wrong.
    Bad,
    /// Nobody knows, or not yet.
    Doubt,
    /// Something to type.
    Command,
}

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// No escape sequence at all.
    pub const PLAIN: Self = Self { colour: false };
    /// The sixteen colours every terminal has.
    pub const COLOUR: Self = Self { colour: true };

    /// Colour for a terminal, unless `NO_COLOR` is set to anything or `TERM` is `dumb`.
    pub fn choose(is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> Self {
        let refused = no_color.is_some_and(|v| !v.is_empty()) || term.is_some_and(|t| t == "dumb");
        Self {
            colour: is_terminal && !refused,
        }
    }

    /// The style for standard output as this process was started.
    pub fn for_stdout() -> Self {
        let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
        let (no_color, term) = (std::env::var_os("NO_COLOR"), std::env::var_os("TERM"));
        Self::choose(is_terminal, no_color.as_deref(), term.as_deref())
    }

    /// The text in this ink. It must hold no line break.
    pub fn paint(self, ink: Ink, text: &str) -> String {
        let look = match ink {
            Ink::Plain => anstyle::Style::new(),
            Ink::Strong => anstyle::Style::new().effects(Effects::BOLD),
            Ink::Faint => anstyle::Style::new().effects(Effects::DIMMED),
            Ink::Good => AnsiColor::Green.on_default(),
            Ink::Bad => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Ink::Doubt => AnsiColor::Yellow.on_default(),
            Ink::Command => AnsiColor::Cyan.on_default(),
        };
        if self.colour && !text.is_empty() {
            format!("{look}{text}{look:#}")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let set = Some(OsStr::new("1"));
        let empty = Some(OsStr::new(""));
        let dumb = Some(OsStr::new("dumb"));
        assert_eq!(Style::choose(true, None, None), Style::COLOUR);
        assert_eq!(Style::choose(true, empty, None), Style::COLOUR);
        assert_eq!(Style::choose(true, set, None), Style::PLAIN);
        assert_eq!(Style::choose(true, None, dumb), Style::PLAIN);
        assert_eq!(Style::choose(false, None, None), Style::PLAIN);
    }

    #[test]
    fn plain_is_plain() {
        assert_eq!(Style::PLAIN.paint(Ink::Bad, "x"), "x");
        assert_eq!(Style::COLOUR.paint(Ink::Plain, "x"), "x");
        assert_eq!(Style::COLOUR.paint(Ink::Good, "x"), "\u{1b}[32mx\u{1b}[0m");
    }
}
