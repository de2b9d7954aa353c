//! A request in the making: each value put where the contract takes it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::exact::text;
use crate::pack::{Auth, Contract, Operation, ParamPlace, Place, Pointer, Spot, Token};
use crate::probe::actor::Credential;
use crate::probe::{Http, Request};

/// What will be sent to one operation.
#[derive(Clone)]
pub(super) struct Draft<'p> {
    pub(super) op: &'p Operation,
    pub(super) body: Value,
    path: BTreeMap<String, String>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
}

impl<'p> Draft<'p> {
    pub(super) fn new(op: &'p Operation, body: Value) -> Self {
        Self {
            op,
            body,
            path: BTreeMap::new(),
            query: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Puts a value in its place; false where there is no such place.
    pub(super) fn put(&mut self, place: &Place, value: &Value) -> bool {
        match &place.spot {
            Spot::Body(pointer) => return pointer.set(&mut self.body, value),
            Spot::Path(name) => self.fill(name, value),
            Spot::Query(name) => {
                self.query.retain(|(n, _)| n != name);
                // OpenAPI's usual style for a list in a query: the name once a value.
                match value {
                    Value::Array(all) => all
                        .iter()
                        .for_each(|v| self.query.push((name.clone(), text(v)))),
                    one => self.query.push((name.clone(), text(one))),
                }
            }
            Spot::Header(name) => self.headers.push((name.clone(), text(value))),
            Spot::Cookie(name) => {
                let pair = format!("{name}={}", encoded(&text(value)));
                self.headers.push(("cookie".to_owned(), pair));
            }
            Spot::Made => return false,
        }
        true
    }

    /// Fills a parameter of the path.
    pub(super) fn fill(&mut self, param: &str, value: &Value) {
        self.path.insert(param.to_owned(), text(value));
    }

    /// Puts a key in its place in the spelling that the contract takes there: a service may say `"7"` in one place
    /// and want 7 in another. False where it fits in neither.
    pub(super) fn refer(&mut self, contract: &Contract, place: &Place, key: &Value) -> bool {
        let Some(pointer) = place.pointer() else {
            return self.put(place, key);
        };
        [Some(key.clone()), other_spelling(key)]
            .into_iter()
            .flatten()
            .any(|key| self.put(place, &key) && !self.breaks(contract, pointer))
    }

    /// Whether the contract has something against the value at this pointer of the body.
    fn breaks(&self, contract: &Contract, pointer: &Pointer) -> bool {
        let at = pointer.to_string();
        contract
            .validate_body(self.op, &self.body)
            .iter()
            .any(|v| v.pointer == at)
    }

    /// Takes what stands there out of the body, out of the query or out of the headers.
    pub(super) fn leave_out(&mut self, place: &Place) {
        match &place.spot {
            Spot::Body(pointer) => remove(&mut self.body, &pointer.tokens),
            Spot::Query(name) => self.query.retain(|(n, _)| n != name),
            Spot::Header(name) => self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name)),
            _ => {}
        }
    }

    /// Whether a parameter outside the body has its value already.
    pub(super) fn has(&self, place: ParamPlace, name: &str) -> bool {
        match place {
            ParamPlace::Path => self.path.contains_key(name),
            ParamPlace::Query => self.query.iter().any(|(n, _)| n == name),
            ParamPlace::Header => self
                .headers
                .iter()
                .any(|(n, _)| n.eq_ignore_ascii_case(name)),
            ParamPlace::Cookie => self
                .headers
                .iter()
                .any(|(n, v)| n == "cookie" && v.starts_with(&format!("{name}="))),
        }
    }

    /// The same, carrying a credential.
    pub(super) fn signed(&self, auth: &Auth, credential: &Credential) -> Self {
        let mut signed = self.clone();
        signed.headers.extend(credential.headers(auth));
        if let Some((place, token)) = credential.csrf(auth, self.op.method) {
            signed.leave_out(place);
            signed.put(place, &token);
        }
        signed
    }

    /// The path without a query; none when a part of it is missing, or is one that a URL swallows
    /// (RFC 3986 §5.2.4).
    pub(super) fn path(&self) -> Option<String> {
        let swallowed = |v: &String| matches!(v.as_str(), "" | "." | "..");
        if self.path.values().any(swallowed) {
            return None;
        }
        self.op.path.fill(&self.path)
    }

    /// The request; none when it has no path.
    pub(super) fn request(&self, http: &Http) -> Option<Request> {
        let mut path = self.path()?;
        for (i, (name, value)) in self.query.iter().enumerate() {
            path.push(if i == 0 { '?' } else { '&' });
            path.push_str(&format!("{}={}", encoded(name), encoded(value)));
        }
        let mut request = http.request(self.op.method.as_str(), &path);
        let (cookies, headers): (Vec<_>, Vec<_>) =
            self.headers.iter().partition(|(n, _)| n == "cookie");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        // One header for all of them: many services read only the first.
        if !cookies.is_empty() {
            let pairs: Vec<&str> = cookies.iter().map(|(_, pair)| pair.as_str()).collect();
            request = request.header("cookie", &pairs.join("; "));
        }
        let Some(declared) = self.op.body.as_ref().filter(|_| !self.body.is_null()) else {
            return Some(request);
        };
        if !speaks_json(&declared.media) {
            return None;
        }
        let media = if declared.media.contains('*') {
            "application/json"
        } else {
            &declared.media
        };
        let request = request.header("content-type", media);
        Some(request.text(self.body.to_string()))
    }
}

/// Whether a media type is JSON (RFC 6839 §3.1), or a range that holds it.
pub(super) fn speaks_json(media: &str) -> bool {
    let plain = media.split(';').next().unwrap_or_default().trim();
    plain.ends_with("json") || matches!(plain, "*/*" | "application/*")
}

/// A number as text, or a text of digits as a number.
fn other_spelling(key: &Value) -> Option<Value> {
    match key {
        Value::Number(_) => Some(Value::String(text(key))),
        Value::String(digits) => digits.parse::<i64>().ok().map(Value::from),
        _ => None,
    }
}

fn remove(value: &mut Value, tokens: &[Token]) {
    match (tokens, value) {
        ([Token::Name(name)], Value::Object(members)) => {
            members.shift_remove(name);
        }
        ([Token::Name(name), rest @ ..], Value::Object(members)) => {
            members
                .get_mut(name)
                .into_iter()
                .for_each(|v| remove(v, rest));
        }
        ([Token::Name(at), rest @ ..], Value::Array(all)) => {
            let element = at.parse::<usize>().ok().and_then(|i| all.get_mut(i));
            element.into_iter().for_each(|v| remove(v, rest));
        }
        ([Token::Each], Value::Array(all)) => all.clear(),
        ([Token::Each, rest @ ..], Value::Array(all)) => {
            all.iter_mut().for_each(|v| remove(v, rest));
        }
        _ => {}
    }
}

/// Percent-encoding for a query (RFC 3986: all but unreserved characters).
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_gone_and_the_rest_stays() {
        let mut body = json!({"a": {"b": 1, "c": 2}, "list": [{"x": 1, "y": 2}, {"x": 3}]});
        for place in ["/a/b", "/list/*/x", "/none/at/all"] {
            let place = Place::parse(place).unwrap();
            remove(&mut body, &place.pointer().unwrap().tokens);
        }
        assert_eq!(body, json!({"a": {"c": 2}, "list": [{"y": 2}, {}]}));
    }
}
