//! The statuses a reply stands for.

use std::fmt;

/// The statuses a reply stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusPattern {
    /// One status.
    Exact(u16),
    /// `2XX`: a class, by its first digit.
    Class(u8),
    /// `default`: any status not declared otherwise.
    Default,
}

impl StatusPattern {
    /// Reads `200`, `2XX` or `default`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(class) = text.strip_suffix("XX").or_else(|| text.strip_suffix("xx")) {
            return class
                .parse()
                .ok()
                .filter(|c| (1..=5).contains(c))
                .map(Self::Class);
        }
        text.parse()
            .ok()
            .filter(|s| (100..=599).contains(s))
            .map(Self::Exact)
    }

    /// Whether the status is one of them.
    pub fn holds(self, status: u16) -> bool {
        match self {
            Self::Exact(s) => s == status,
            Self::Class(c) => status / 100 == u16::from(c),
            Self::Default => true,
        }
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(s) => write!(f, "{s}"),
            Self::Class(c) => write!(f, "{c}XX"),
            Self::Default => write!(f, "default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_what_they_say() {
        assert!(StatusPattern::parse("2XX").unwrap().holds(204));
        assert!(!StatusPattern::parse("404").unwrap().holds(400));
        assert_eq!(StatusPattern::parse("9XX"), None);
        assert_eq!(StatusPattern::parse("99"), None);
    }
}
