//! The one grammar of places: where in a request or a reply a value stands.
//!
//! An RFC 6901 pointer into the body (`/customer/email`; the empty text is the whole body), with `*` for each
//! element of an array; or a prefix where it is elsewhere (`path:id`, `query:limit`, `header:Location`,
//! `cookie:sid`); or `@`, the thing being made. ` ~ regex` with one group may follow and picks a part of the text.

use std::fmt;

use regex::Regex;
use serde_json::Value;

mod pointer;

pub use pointer::{Pointer, Token};

/// Where a value stands, and which part of it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Where to look.
    pub spot: Spot,
    /// Which part of the text found there is meant; all of it when absent.
    pub pick: Option<Pick>,
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Spot {
    /// In the body.
    Body(Pointer),
    /// A parameter in the path.
    Path(String),
    /// A parameter of the query.
    Query(String),
    /// A header, in the pack's spelling; header names match without regard to case.
    Header(String),
    /// A cookie.
    Cookie(String),
    /// `@`: the thing the request makes.
    Made,
}

/// A regular expression with exactly one group: the group is the value.
#[derive(Debug, Clone)]
pub struct Pick(Regex);

/// Why a text is no place: the reason, worded for the author of a pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct BadPlace {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub cure: String,
}

impl BadPlace {
    fn new(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            cure: cure.into(),
        }
    }
}

impl Place {
    /// Reads a place.
    ///
    /// # Errors
    /// [`BadPlace`] when the text follows none of the forms, or the regex does not compile or has not one group.
    pub fn parse(text: &str) -> Result<Self, BadPlace> {
        let (spot, pick) = match text.split_once(" ~ ") {
            Some((spot, regex)) => (spot.trim_end(), Some(Pick::parse(regex.trim())?)),
            None => (text, None),
        };
        Ok(Self {
            spot: Spot::parse(spot)?,
            pick,
        })
    }

    /// The place in the body at this pointer.
    pub fn body(pointer: Pointer) -> Self {
        Self {
            spot: Spot::Body(pointer),
            pick: None,
        }
    }

    /// The pointer, when the place is in the body.
    pub fn pointer(&self) -> Option<&Pointer> {
        match &self.spot {
            Spot::Body(pointer) => Some(pointer),
            _ => None,
        }
    }

    /// Every value at this place of a body; none for places that are not in the body. Ignores the pick.
    pub fn get<'v>(&self, body: &'v Value) -> Vec<&'v Value> {
        self.pointer()
            .map_or_else(Vec::new, |pointer| pointer.get(body))
    }

    /// Puts a value at this place of a body, making objects (and, for `*`, one element) on the way.
    /// Returns whether there was such a place; places outside the body change nothing.
    pub fn set(&self, body: &mut Value, value: Value) -> bool {
        self.pointer()
            .is_some_and(|pointer| pointer.set(body, &value))
    }

    /// The part of a text that is meant: all of it, or what the regex's group matched.
    pub fn pick<'t>(&self, text: &'t str) -> Option<&'t str> {
        match &self.pick {
            None => Some(text),
            Some(pick) => pick.of(text),
        }
    }
}

impl Spot {
    fn parse(text: &str) -> Result<Self, BadPlace> {
        if text == "@" {
            return Ok(Self::Made);
        }
        if text.is_empty() || text.starts_with('/') {
            return Ok(Self::Body(Pointer::parse(text)?));
        }
        let make: fn(String) -> Self = match text.split_once(':').map(|(prefix, _)| prefix) {
            Some("path") => Self::Path,
            Some("query") => Self::Query,
            Some("header") => Self::Header,
            Some("cookie") => Self::Cookie,
            _ => {
                return Err(BadPlace::new(
                    format!("`{text}` is not a place"),
                    format!(
                        "write a pointer into the body (`/{text}`) or one of `path:`, `query:`, `header:`, `cookie:`"
                    ),
                ));
            }
        };
        let name = text.split_once(':').map_or("", |(_, name)| name.trim());
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(BadPlace::new(
                format!("`{text}` names no parameter"),
                "write the parameter's name straight after the colon, as in `query:limit`",
            ));
        }
        Ok(make(name.to_owned()))
    }
}

impl Pick {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// [`BadPlace`] when it does not compile or has not exactly one group.
    pub fn parse(text: &str) -> Result<Self, BadPlace> {
        let regex = Regex::new(text).map_err(|e| {
            BadPlace::new(
                format!(
                    "`{text}` is not a regular expression: {}",
                    last_line(&e.to_string())
                ),
                "mend the expression after ` ~ `",
            )
        })?;
        if regex.captures_len() != 2 {
            return Err(BadPlace::new(
                format!(
                    "`{text}` has {} groups, expected one",
                    regex.captures_len() - 1
                ),
                "put one pair of parentheses around the part that is the value; write `(?:…)` for the others",
            ));
        }
        Ok(Self(regex))
    }

    /// What the group matched, if the expression matches.
    pub fn of<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.0.captures(text)?.get(1).map(|m| m.as_str())
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn last_line(text: &str) -> &str {
    text.lines()
        .last()
        .unwrap_or(text)
        .trim()
        .trim_start_matches("error: ")
}

impl PartialEq for Pick {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pick {}

impl std::hash::Hash for Pick {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spot {
            Spot::Body(pointer) => write!(f, "{pointer}")?,
            Spot::Path(name) => write!(f, "path:{name}")?,
            Spot::Query(name) => write!(f, "query:{name}")?,
            Spot::Header(name) => write!(f, "header:{name}")?,
            Spot::Cookie(name) => write!(f, "cookie:{name}")?,
            Spot::Made => write!(f, "@")?,
        }
        match &self.pick {
            Some(pick) => write!(f, " ~ {}", pick.as_str()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_prints_as_it_was_written() {
        for text in [
            "",
            "/a/*/b",
            "path:id",
            "query:limit",
            "header:Location",
            "cookie:sid",
            "@",
            "header:Location ~ /venues/([^/]+)$",
        ] {
            assert_eq!(Place::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_group_is_the_value() {
        let place = Place::parse("header:Location ~ /venues/([^/?]+)").unwrap();
        assert_eq!(place.pick("http://h/venues/12?x"), Some("12"));
        assert_eq!(place.pick("/events/12"), None);
    }

    #[test]
    fn bad_places_say_what_to_write() {
        for (text, what) in [
            ("name", "not a place"),
            ("body:x", "not a place"),
            ("query:", "names no parameter"),
            ("/a~2", "no escape"),
            ("/a ~ x", "has 0 groups"),
            ("/a ~ (", "not a regular expression"),
        ] {
            let bad = Place::parse(text).unwrap_err();
            assert!(bad.what.contains(what), "{text}: {}", bad.what);
            assert!(!bad.cure.is_empty());
        }
    }
}
