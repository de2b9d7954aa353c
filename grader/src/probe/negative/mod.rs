//! Requests with exactly one thing wrong, made from what a contract says and one honest request.
//!
//! What the contract's own validator has something against must be refused. Everything else here is only odd: it may
//! be taken or refused, and must not break a service. A case says what it does to a body, and not what the body is, so
//! that it can be done to a fresh one each time.

mod fields;
mod malformed;
mod numbers;
mod params;
mod texts;
mod values;

use serde_json::Value;

pub use fields::{Field, fields};
pub use malformed::malformed;
pub use numbers::numbers;
pub use params::{Written, ids, queries};
pub use texts::texts;
pub use values::wrong;

/// One request with one thing wrong.
#[derive(Debug, Clone)]
pub struct Case {
    /// What is wrong, in words that stay: "`capacity` is a text".
    pub name: String,
    /// The field that it is about, as a reader names it (`items.quantity`); empty for the body as a whole.
    pub at: String,
    /// In which way it is wrong, whichever field it is about: `a text`.
    pub class: &'static str,
    /// What may come of it.
    pub must: Must,
    /// What it does to an honest body.
    pub edit: Edit,
}

/// What may come of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// The contract forbids it: it is refused, and changes nothing.
    Refuse,
    /// The contract forbids it, and usual frameworks read it as what was meant (`"12"` for 12).
    Coerce,
    /// It may be taken or refused. What is taken is kept as it is.
    Survive,
}

/// What a case does to an honest body.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Puts a value at an RFC 6901 pointer.
    Put(String, Value),
    /// Puts bytes there that a JSON value cannot hold: `1e999`, `"\ud800"`.
    Raw(String, Vec<u8>),
    /// Takes the member there away.
    Take(String),
    /// Makes another text of the whole body.
    Whole(Bend),
    /// Nothing: what is wrong does not stand in the body.
    Elsewhere,
}

/// Makes another text of a body.
pub type Bend = fn(&str) -> Vec<u8>;

/// Stands in a body where raw bytes will.
const MARK: &str = "zq7-here-stands-what-no-json-value-holds";

impl Edit {
    /// The body with this done to it; none where there is no such place in it.
    pub fn on(&self, body: &Value) -> Option<Vec<u8>> {
        match self {
            Self::Put(..) | Self::Take(_) => Some(self.value(body)?.to_string().into_bytes()),
            Self::Whole(bend) => Some(bend(&body.to_string())),
            Self::Elsewhere => Some(body.to_string().into_bytes()),
            Self::Raw(at, bytes) => {
                let mut marked = body.clone();
                put(&mut marked, at, Value::from(MARK))?;
                let text = marked.to_string();
                let (before, after) = text.split_once(&format!("\"{MARK}\""))?;
                Some([before.as_bytes(), bytes, after.as_bytes()].concat())
            }
        }
    }

    /// The same as a value, where it is one.
    pub fn value(&self, body: &Value) -> Option<Value> {
        let mut body = body.clone();
        match self {
            Self::Put(at, value) => put(&mut body, at, value.clone())?,
            Self::Take(at) => take(&mut body, at)?,
            Self::Raw(..) | Self::Whole(_) | Self::Elsewhere => return None,
        }
        Some(body)
    }

    /// The place that it is about, an RFC 6901 pointer.
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Put(at, _) | Self::Raw(at, _) | Self::Take(at) => Some(at),
            Self::Whole(_) | Self::Elsewhere => None,
        }
    }

    /// The member of the whole that it is about.
    pub fn member(&self) -> Option<&str> {
        self.place()?.split('/').nth(1)
    }
}

/// Puts a value where a pointer leads: the last member of it need not be there yet.
fn put(body: &mut Value, at: &str, value: Value) -> Option<()> {
    let Some((parent, name)) = at.rsplit_once('/') else {
        *body = value;
        return Some(());
    };
    match body.pointer_mut(parent)? {
        Value::Object(members) => {
            members.insert(unescaped(name), value);
        }
        Value::Array(all) => *all.get_mut(name.parse::<usize>().ok()?)? = value,
        _ => return None,
    }
    Some(())
}

fn take(body: &mut Value, at: &str) -> Option<()> {
    let (parent, name) = at.rsplit_once('/')?;
    let members = body.pointer_mut(parent)?.as_object_mut()?;
    members.shift_remove(&unescaped(name)).map(|_| ())
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_edit_changes_one_place() {
        let body = json!({"name": "a", "items": [{"n": 1}]});
        let on = |edit: Edit| edit.on(&body).map(|b| String::from_utf8(b).unwrap());
        assert_eq!(
            on(Edit::Put("/items/0/n".into(), json!(null))).unwrap(),
            r#"{"name":"a","items":[{"n":null}]}"#
        );
        assert_eq!(
            on(Edit::Raw("/new".into(), b"1e999".to_vec())).unwrap(),
            r#"{"name":"a","items":[{"n":1}],"new":1e999}"#
        );
        assert_eq!(
            on(Edit::Take("/name".into())).unwrap(),
            r#"{"items":[{"n":1}]}"#
        );
        assert_eq!(on(Edit::Take("/none".into())), None);
        assert_eq!(on(Edit::Put("/items/7/n".into(), json!(1))), None);
        assert_eq!(on(Edit::Put(String::new(), json!([]))).unwrap(), "[]");
        assert_eq!(
            on(Edit::Whole(|t| t[1..].into())).unwrap().chars().next(),
            Some('"')
        );
    }
}
