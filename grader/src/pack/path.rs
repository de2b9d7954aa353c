//! Paths with parameters, as OpenAPI spells them: `/venues/{venue_id}`.

use std::{collections::BTreeMap, fmt};

/// A path with named holes, without the contract's base path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathTemplate {
    /// What stands before every path of the contract: `/api/v1`, or nothing.
    pub base: String,
    /// The pieces between slashes.
    pub segments: Vec<Segment>,
}

/// One piece of a path: literal text with holes in it. Nearly always one of the two alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// Fixed text.
    Text(String),
    /// `{name}`.
    Param(String),
    /// A hole with text about it: `{id}.json`; text and names in turn, starting with text.
    Mixed(Vec<String>),
}

impl PathTemplate {
    /// Reads `/venues/{id}`; `base` has no slash at its end.
    pub fn parse(base: &str, path: &str) -> Self {
        let segments = path
            .trim_start_matches('/')
            .split('/')
            .map(Segment::parse)
            .collect();
        Self {
            base: base.to_owned(),
            segments,
        }
    }

    /// The names of the holes, in order.
    pub fn params(&self) -> Vec<&str> {
        self.segments.iter().flat_map(Segment::params).collect()
    }

    /// The path with its holes filled, percent-encoded (RFC 3986: all but unreserved characters), base path in front.
    /// `None` when a parameter is missing.
    pub fn fill(&self, params: &BTreeMap<String, String>) -> Option<String> {
        let mut out = self.base.clone();
        for segment in &self.segments {
            out.push('/');
            segment.fill(params, &mut out)?;
        }
        Some(out)
    }

    /// Whether this is the other path with one more parameter at its end: `/venues/{id}` under `/venues`.
    pub fn is_item_of(&self, collection: &Self) -> bool {
        match self.segments.split_last() {
            Some((Segment::Param(_), rest)) => same_shape(rest, &collection.segments),
            _ => false,
        }
    }

    /// Whether a path, base path included and without a query, may be this one with its holes filled.
    pub fn holds(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.base.as_str()) else {
            return false;
        };
        let steps: Vec<&str> = rest.trim_start_matches('/').split('/').collect();
        let fits = |(segment, step): (&Segment, &&str)| match segment {
            Segment::Text(text) => text == step,
            Segment::Param(_) => !step.is_empty(),
            Segment::Mixed(parts) => {
                let outer = (parts.first(), parts.last());
                let (Some(start), Some(end)) = outer else {
                    return false;
                };
                step.starts_with(start.as_str()) && step.ends_with(end.as_str())
            }
        };
        steps.len() == self.segments.len() && self.segments.iter().zip(&steps).all(fits)
    }

    /// The parameter at the very end, if the path ends with one.
    pub fn last_param(&self) -> Option<&str> {
        match self.segments.last()? {
            Segment::Param(name) => Some(name),
            _ => None,
        }
    }

    /// Whether both have the same text in the same places, whatever their parameters are called.
    pub fn same_shape(&self, other: &Self) -> bool {
        same_shape(&self.segments, &other.segments)
    }
}

fn same_shape(a: &[Segment], b: &[Segment]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| match (a, b) {
            (Segment::Text(a), Segment::Text(b)) => a == b,
            (Segment::Param(_), Segment::Param(_)) => true,
            (Segment::Mixed(a), Segment::Mixed(b)) => {
                a.len() == b.len() && a.iter().step_by(2).eq(b.iter().step_by(2))
            }
            _ => false,
        })
}

impl Segment {
    fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            parts.extend([before.to_owned(), name.to_owned()]);
            rest = after;
        }
        match parts.as_slice() {
            [] => Self::Text(text.to_owned()),
            [before, name] if before.is_empty() && rest.is_empty() => Self::Param(name.clone()),
            _ => {
                parts.push(rest.to_owned());
                Self::Mixed(parts)
            }
        }
    }

    fn params(&self) -> Vec<&str> {
        match self {
            Self::Text(_) => Vec::new(),
            Self::Param(name) => vec![name],
            Self::Mixed(parts) => parts
                .iter()
                .skip(1)
                .step_by(2)
                .map(String::as_str)
                .collect(),
        }
    }

    fn fill(&self, params: &BTreeMap<String, String>, out: &mut String) -> Option<()> {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Param(name) => encode(params.get(name)?, out),
            Self::Mixed(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    if i % 2 == 0 {
                        out.push_str(part);
                    } else {
                        encode(params.get(part)?, out);
                    }
                }
            }
        }
        Some(())
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

impl fmt::Display for PathTemplate {
    /// As the contract spells it, without the base path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Text(text) => write!(f, "/{text}")?,
                Segment::Param(name) => write!(f, "/{{{name}}}")?,
                Segment::Mixed(parts) => {
                    write!(f, "/")?;
                    for (i, part) in parts.iter().enumerate() {
                        match i % 2 {
                            0 => write!(f, "{part}")?,
                            _ => write!(f, "{{{part}}}")?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_the_base_path_stands_in_front() {
        let path = PathTemplate::parse("/api/v1", "/venues/{id}/x/{name}.json");
        let params = BTreeMap::from([("id".into(), "a/b ü".into()), ("name".into(), "1".into())]);
        assert_eq!(
            path.fill(&params).unwrap(),
            "/api/v1/venues/a%2Fb%20%C3%BC/x/1.json"
        );
        assert_eq!(path.params(), ["id", "name"]);
        assert_eq!(path.to_string(), "/venues/{id}/x/{name}.json");
        assert_eq!(path.fill(&BTreeMap::new()), None);
    }

    #[test]
    fn an_item_lies_under_its_collection_whatever_the_parameters_are_called() {
        let parse = |p| PathTemplate::parse("", p);
        assert!(parse("/e/{id}/t/{t}").is_item_of(&parse("/e/{event_id}/t")));
        assert!(!parse("/e/{id}/t").is_item_of(&parse("/e/{id}")));
    }
}
