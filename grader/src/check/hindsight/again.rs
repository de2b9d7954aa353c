//! Asks again, in a world of its own, what was asked before: with the ids and the credentials that are given there in
//! the place of those of then.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Exchange, Fault, Outcome, Sent};
use crate::probe::{Http, Request, raw};

/// A text this long that differs from the one of then is an id or a credential; a shorter one only where it is called
/// an id.
const LONG: usize = 16;

/// What separates the parts of addresses and headers.
const BETWEEN: [char; 8] = ['/', '?', '&', '=', ' ', ';', ',', '"'];

/// A client that asks again.
pub(crate) struct Again {
    http: Http,
    /// What was given then, and what is given now.
    known: BTreeMap<String, String>,
}

impl Again {
    /// Asks what this client asks.
    pub(crate) fn new(http: Http) -> Self {
        let known = BTreeMap::new();
        Self { http, known }
    }

    /// Asks what was asked then, and learns from the answer what stands for what.
    ///
    /// # Errors
    /// Only when the request cannot be formed.
    pub(crate) async fn ask(&mut self, then: &Exchange) -> Result<Exchange, Fault> {
        let now = match by_bytes(&then.sent) {
            Some(bytes) => self.send_bytes(&then.sent, bytes).await,
            None => {
                let request = self.request(&then.sent);
                match goes_through_a_client(&then.sent) {
                    true => request.send_anyway().await?,
                    false => request.send_as_written().await,
                }
            }
        };
        if then.status().is_some() && then.status() == now.status() {
            self.learn(then, &now);
        }
        Ok(now)
    }

    async fn send_bytes(&self, then: &Sent, bytes: &str) -> Exchange {
        let (old, new) = (host(&then.base), host(self.http.base()));
        let bytes = bytes.replace(old, new);
        let patience = std::time::Duration::from_secs(2);
        let says = (then.method.as_str(), then.path.as_str());
        raw::send(&self.http, says, bytes.as_bytes(), patience).await
    }

    fn request(&self, then: &Sent) -> Request {
        let mut request = self.http.request(&then.method, &self.swap(&then.path));
        for (name, value) in &then.headers {
            request = request.header(name, &self.swap(value));
        }
        match &then.body {
            Some(body) => request.text(self.body(&body.text)),
            None => request,
        }
    }

    fn body(&self, text: &str) -> String {
        let Ok(mut value) = serde_json::from_str::<Value>(text) else {
            return self.swap(text);
        };
        // What need not change goes out byte for byte.
        match self.replace(&mut value, "") {
            true => value.to_string(),
            false => text.to_owned(),
        }
    }

    fn replace(&self, value: &mut Value, name: &str) -> bool {
        match value {
            Value::Object(members) => {
                let each = members.iter_mut();
                each.map(|(name, v)| self.replace(v, name))
                    .filter(|changed| *changed)
                    .count()
                    > 0
            }
            Value::Array(items) => {
                let each = items.iter_mut();
                each.map(|v| self.replace(v, name))
                    .filter(|changed| *changed)
                    .count()
                    > 0
            }
            Value::String(text) => match self.known.get(text.as_str()) {
                Some(new) => {
                    text.clone_from(new);
                    true
                }
                None => false,
            },
            Value::Number(number) if is_id(name) => {
                let new = self.known.get(&number.to_string());
                match new.and_then(|new| serde_json::from_str(new).ok()) {
                    Some(new) => {
                        *value = new;
                        true
                    }
                    None => false,
                }
            }
            _ => false,
        }
    }

    /// The same text with each part that is known replaced.
    fn swap(&self, text: &str) -> String {
        if let Some(new) = self.known.get(text) {
            return new.clone();
        }
        let parts = text.split_inclusive(BETWEEN);
        let swapped = parts.map(|part| {
            let word = part.trim_end_matches(BETWEEN);
            match self.known.get(word) {
                Some(new) => format!("{new}{}", &part[word.len()..]),
                None => part.to_owned(),
            }
        });
        swapped.collect()
    }

    fn learn(&mut self, then: &Exchange, now: &Exchange) {
        if let (Some(then), Some(now)) = (then.json(), now.json()) {
            self.pair(&then, &now, "");
        }
        for name in ["location", "etag"] {
            let (Some(then), Some(now)) = (then.header(name), now.header(name)) else {
                continue;
            };
            let pairs = then.split('/').zip(now.split('/'));
            pairs.for_each(|(old, new)| self.put(old, new));
        }
        for (name, old) in cookies(then) {
            if let Some((_, new)) = cookies(now).into_iter().find(|(n, _)| *n == name) {
                self.put(old, new);
            }
        }
    }

    fn pair(&mut self, then: &Value, now: &Value, name: &str) {
        match (then, now) {
            (Value::Object(then), Value::Object(now)) => {
                for (name, then) in then {
                    if let Some(now) = now.get(name) {
                        self.pair(then, now, name);
                    }
                }
            }
            (Value::Array(then), Value::Array(now)) => {
                let pairs = then.iter().zip(now);
                pairs.for_each(|(then, now)| self.pair(then, now, name));
            }
            (Value::String(old), Value::String(new)) if is_id(name) || old.len() >= LONG => {
                self.put(old, new);
            }
            (Value::Number(old), Value::Number(new)) if is_id(name) => {
                self.put(&old.to_string(), &new.to_string());
            }
            _ => {}
        }
    }

    fn put(&mut self, old: &str, new: &str) {
        if old != new && !old.is_empty() {
            self.known.insert(old.to_owned(), new.to_owned());
        }
    }
}

/// Whether a property of this name says which thing is meant.
pub(super) fn is_id(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("id")
}

/// The bytes of a request that was written by hand; the journal keeps them as its body.
fn by_bytes(sent: &Sent) -> Option<&str> {
    let text = sent.body.as_ref().map(|b| b.text.as_str())?;
    let whole = sent.headers.is_empty() && text.starts_with(&format!("{} ", sent.method));
    whole.then_some(text)
}

/// Whether an HTTP client would send this path as it is written.
fn goes_through_a_client(sent: &Sent) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b);
    sent.path.starts_with('/')
        && !sent.path.starts_with("//")
        && !sent.path.contains("/.")
        && sent.path.bytes().all(plain)
}

fn host(base: &str) -> &str {
    base.split_once("://").map_or(base, |(_, host)| host)
}

/// The cookies that an answer sets: name and value.
fn cookies(exchange: &Exchange) -> Vec<(&str, &str)> {
    let Outcome::Answered { headers, .. } = &exchange.outcome else {
        return Vec::new();
    };
    let set = headers
        .iter()
        .filter(|(n, _)| n.eq_ignore_ascii_case("set-cookie"));
    set.filter_map(|(_, v)| v.split(';').next()?.split_once('='))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;
    use crate::probe::Journal;

    fn answered(body: &str, headers: &[(&str, &str)]) -> Exchange {
        let text = body.to_owned();
        let own = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
        Exchange {
            number: 1,
            check: String::new(),
            parent: None,
            sent: Sent {
                method: "GET".into(),
                base: "http://127.0.0.1:1".into(),
                path: "/".into(),
                headers: Vec::new(),
                body: None,
            },
            outcome: Outcome::Answered {
                status: 201,
                headers: headers.iter().map(own).collect(),
                body: Body {
                    bytes: text.len() as u64,
                    text,
                    cut: false,
                },
            },
            millis: 1,
        }
    }

    #[test]
    fn ids_and_credentials_of_then_become_those_of_now() {
        let http = Http::new("http://127.0.0.1:2", Journal::default()).unwrap();
        let mut again = Again::new(http);
        let then = answered(
            r#"{"id": 17, "seats": 17, "city": "Rome", "token": "aaaaaaaaaaaaaaaa.b-c"}"#,
            &[
                ("set-cookie", "sid=old; Path=/"),
                ("location", "/venues/17"),
            ],
        );
        let now = answered(
            r#"{"id": 4, "seats": 18, "city": "Oslo", "token": "zzzzzzzzzzzzzzzz.y-x"}"#,
            &[("set-cookie", "sid=new; Path=/"), ("location", "/venues/4")],
        );
        again.learn(&then, &now);
        assert_eq!(again.swap("/venues/17/events?x=17"), "/venues/4/events?x=4");
        assert_eq!(again.swap("/venues/170"), "/venues/170");
        let bearer = again.swap("Bearer aaaaaaaaaaaaaaaa.b-c");
        assert_eq!(bearer, "Bearer zzzzzzzzzzzzzzzz.y-x");
        assert_eq!(again.swap("a=1; sid=old"), "a=1; sid=new");
        let body = again.body(r#"{"venue_id": 17, "seats": 17, "city": "Rome"}"#);
        assert_eq!(body, r#"{"venue_id":4,"seats":17,"city":"Rome"}"#);
        let same = r#"{"a": 1,  "a": 2}"#;
        assert_eq!(
            again.body(same),
            same,
            "byte for byte where nothing changes"
        );
    }
}
