//! A cookie as a reply sets it, read as browsers read it (RFC 6265bis §5.6).

use crate::model::{Exchange, Outcome};

/// One `Set-Cookie` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetCookie {
    /// Its name.
    pub name: String,
    /// Its value; empty where the cookie is taken back.
    pub value: String,
    /// Its attributes, with names in lower case, in their order.
    attributes: Vec<(String, String)>,
}

impl SetCookie {
    /// All that a reply sets, in their order.
    pub fn all(reply: &Exchange) -> Vec<Self> {
        let Outcome::Answered { headers, .. } = &reply.outcome else {
            return Vec::new();
        };
        let set = headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case("set-cookie"));
        set.filter_map(|(_, line)| Self::read(line)).collect()
    }

    /// One line; none where it names no cookie.
    pub fn read(line: &str) -> Option<Self> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let attribute = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_ascii_lowercase(), value.trim().to_owned())
        };
        Some(Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            attributes: parts.map(attribute).collect(),
        })
    }

    /// The value of an attribute, whose name is given in lower case. Of several the last counts; one without a value
    /// is empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter().rev();
        all.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_browsers_read_it() {
        let line = " sid = a=b ; HTTPONLY; Path=/x; samesite=Lax; path=/; Secure=yes;";
        let cookie = SetCookie::read(line).unwrap();
        assert_eq!(
            (cookie.name.as_str(), cookie.value.as_str()),
            ("sid", "a=b")
        );
        assert_eq!(cookie.attribute("path"), Some("/"));
        assert_eq!(cookie.attribute("samesite"), Some("Lax"));
        assert!(cookie.attribute("httponly").is_some() && cookie.attribute("secure").is_some());
        assert_eq!(cookie.attribute("domain"), None);
        assert_eq!(SetCookie::read("HttpOnly; Secure"), None);
    }
}
