//! A JSON store: `/things` and `/things/{key}`, to any depth. What it is asked wrongly it refuses.

use serde_json::{Map, Value, json};

use super::http::{Answer, Asked, Service, serve};
use super::knobs::{Knobs, Told};

/// A thing that is kept.
#[derive(Clone)]
pub(super) struct Kept {
    /// The name of its collection.
    pub(super) kind: String,
    /// The path before that name.
    pub(super) under: Vec<String>,
    /// Its key as JSON text.
    pub(super) key: String,
    pub(super) value: Value,
}

/// Everything that is kept.
pub(super) struct Store {
    pub(super) knobs: Knobs,
    pub(super) kept: Vec<Kept>,
    count: usize,
}

/// The address of a store with these manners.
pub(super) async fn store(knobs: Knobs) -> String {
    serve(Store {
        knobs,
        kept: Vec::new(),
        count: 0,
    })
    .await
}

impl Service for Store {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let base: Vec<&str> = self.knobs.base.split('/').skip(1).collect();
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let Some(path) = path.strip_prefix(base.as_slice()) else {
            return refusal(404);
        };
        let mut path: Vec<String> = path.iter().map(|p| (*p).to_owned()).collect();
        if let Some((one, many)) = self.knobs.single
            && path == [one]
        {
            let newest = self.kept.iter().rev().find(|k| k.kind == many);
            let key = newest.map(|k| bare(&k.key)).unwrap_or_default();
            path = vec![many.to_owned(), key];
        }
        let outer = path.len() - (2 - path.len() % 2);
        let mut above = path[..outer].chunks(2);
        if !above.all(|pair| self.has(&pair[0], &pair[1])) {
            return refusal(404);
        }
        match (&path[outer..], asked.method.as_str()) {
            ([kind], "GET") => self.list(kind, &path[..outer], asked),
            ([kind], "POST") => self.make(kind, &path[..outer], asked),
            ([kind, key], method) => self.one(kind, key, &path[..outer], method, asked),
            _ => refusal(405),
        }
    }
}

impl Store {
    fn at(&self, kind: &str, key: &str) -> Option<usize> {
        let is_it = |k: &Kept| k.kind == kind && bare(&k.key) == key;
        self.kept.iter().position(is_it)
    }

    fn has(&self, kind: &str, key: &str) -> bool {
        self.at(kind, key).is_some()
    }

    fn make(&mut self, kind: &str, under: &[String], asked: &Asked) -> Answer {
        let Some(mut value) = self.sent(asked) else {
            return refusal(422);
        };
        if kind == "orders" {
            self.order(&mut value);
        }
        let key = self.keep(kind, under, value);
        match self.knobs.told {
            Told::Whole => {
                let newest = self.kept.last().cloned();
                answer(201, newest.map(|k| self.shown(&k)).unwrap_or_default())
            }
            Told::Location(before) => Answer {
                headers: vec![("location", format!("{before}{}", bare(&key)))],
                ..answer(201, String::new())
            },
            Told::Nothing => answer(201, "{}".to_owned()),
            Told::Text => answer(201, "made".to_owned()),
        }
    }

    /// Keeps a new thing; its key as JSON text.
    fn keep(&mut self, kind: &str, under: &[String], value: Value) -> String {
        self.count += 1;
        let key = self.knobs.key_of(kind, self.count, &value);
        self.kept.push(Kept {
            kind: kind.to_owned(),
            under: under.to_vec(),
            key: key.clone(),
            value,
        });
        key
    }

    /// An order makes its customer, if there is none yet, and copies the prices.
    fn order(&mut self, order: &mut Value) {
        order["placed_at"] = json!("2027-01-01T00:00:00Z");
        let customer = order["customer"].clone();
        let same = |k: &Kept| k.kind == "customers" && k.value["email"] == customer["email"];
        if !self.kept.iter().any(same) {
            self.keep("customers", &[], customer);
        }
        let lines = order["items"].as_array_mut().unwrap();
        // The order of the lines in the reply is the service's own business.
        lines.reverse();
        for line in lines {
            let key = line["ticket_type_id"].to_string();
            let at = self.at("ticket-types", &key).unwrap();
            line["unit_price_cents"] = self.kept[at].value["price_cents"].clone();
        }
    }

    fn one(
        &mut self,
        kind: &str,
        key: &str,
        under: &[String],
        method: &str,
        asked: &Asked,
    ) -> Answer {
        let at = self.at(kind, key);
        match (method, at) {
            ("GET", Some(at)) => answer(200, self.shown(&self.kept[at])),
            ("DELETE", Some(at)) => {
                self.kept.remove(at);
                answer(204, String::new())
            }
            ("PATCH" | "PUT", Some(at)) => {
                let Some(Value::Object(sent)) = self.sent(asked) else {
                    return refusal(422);
                };
                let old = self.kept[at].value.as_object().cloned().unwrap_or_default();
                let mut new = if method == "PUT" { Map::new() } else { old };
                new.extend(sent);
                self.kept[at].value = Value::Object(new);
                // Labels say nothing but when they are read.
                match kind {
                    "labels" => answer(204, String::new()),
                    _ => answer(200, self.shown(&self.kept[at])),
                }
            }
            ("PUT", None) if kind == "lineup" && !self.has("performers", key) => refusal(404),
            ("PUT", None) => {
                let Some(value) = self.sent(asked) else {
                    return refusal(422);
                };
                self.kept.push(Kept {
                    kind: kind.to_owned(),
                    under: under.to_vec(),
                    key: Value::from(key).to_string(),
                    value,
                });
                answer(204, String::new())
            }
            _ => refusal(404),
        }
    }

    /// What the client sent, out of its envelope; none when it refers to what is not there.
    fn sent(&self, asked: &Asked) -> Option<Value> {
        let body: Value = serde_json::from_str(&asked.body).ok()?;
        let mut value = match self.knobs.envelope {
            Some(name) => body.get(name)?.clone(),
            None => body,
        };
        for (name, text) in &asked.query {
            value[name] = Value::from(text.as_str());
        }
        self.refers_well(&value).then_some(value)
    }

    fn refers_well(&self, value: &Value) -> bool {
        let known = |name: &str, key: &Value| {
            let mut refs = self.knobs.refs.iter().filter(|(n, _)| *n == name);
            refs.all(|(_, kind)| self.has(kind, &bare(&key.to_string())))
        };
        match value {
            Value::Array(all) => all.iter().all(|v| self.refers_well(v)),
            Value::Object(members) => members
                .iter()
                .all(|(name, v)| known(name, v) && self.refers_well(v)),
            _ => true,
        }
    }

    /// A thing as replies show it, as JSON text.
    pub(super) fn shown(&self, kept: &Kept) -> String {
        let key = self.knobs.key_in(&kept.kind);
        let mut members = Vec::new();
        if kept.value.get(key).is_none() {
            members.push(format!("{key:?}: {}", kept.key));
        }
        for (name, value) in kept.value.as_object().into_iter().flatten() {
            if name != "password" {
                members.push(format!("{name:?}: {value}"));
            }
        }
        let thing = format!("{{{}}}", members.join(", "));
        match self.knobs.envelope {
            Some(name) => format!("{{{name:?}: {thing}}}"),
            None => thing,
        }
    }
}

/// A key as it stands in a path.
fn bare(key: &str) -> String {
    match serde_json::from_str(key) {
        Ok(Value::String(text)) => text,
        _ => key.to_owned(),
    }
}

pub(super) fn answer(status: u16, body: String) -> Answer {
    Answer {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body,
    }
}

fn refusal(status: u16) -> Answer {
    answer(status, json!({"title": "no", "status": status}).to_string())
}
