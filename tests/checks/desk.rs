//! A desk with notes (put as a whole, with ETags) and labels (changed in part, with nulls), and one flaw at most.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::plant::http::{Answer, Asked, Service};

/// What a desk does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    /// Shows a property of its own.
    SaysMore,
    /// Adds the tags of a PUT to those that are there.
    PutAppends,
    /// A PUT of what is there already adds another note.
    PutAdds,
    /// Each read has a tag of its own.
    RandomTag,
    /// All states have one tag.
    FixedTag,
    NoTag,
    /// Answers 200 to whoever has it already.
    NoShortAnswer,
    /// Answers 304 to whoever has anything.
    AlwaysShort,
    /// Does not look at If-Match.
    NoCondition,
    /// Takes a PUT without If-Match.
    ConditionOptional,
    /// Keeps what is there where a change says null.
    NullIgnored,
    /// 500 where null may not be.
    NullBreaks,
    /// Keeps null as an empty text.
    NullIsText,
    /// Every number passes through a double.
    NumbersAreFloats,
    /// Announces a body in a 204.
    BodyWithout,
}

pub(super) struct Desk {
    flaw: Flaw,
    kept: BTreeMap<(String, u64), Kept>,
    count: u64,
    reads: u64,
}

struct Kept {
    value: Value,
    version: u64,
}

impl Desk {
    pub(super) fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            kept: BTreeMap::new(),
            count: 0,
            reads: 0,
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn keep(&mut self, kind: &str, mut value: Value) -> u64 {
        self.count += 1;
        if self.has(Flaw::NullIsText) && kind == "labels" && value["colour"].is_null() {
            value["colour"] = json!("");
        }
        self.round(&mut value);
        let kept = Kept { value, version: 1 };
        self.kept.insert((kind.to_owned(), self.count), kept);
        self.count
    }

    fn round(&self, value: &mut Value) {
        if let (true, Some(serial)) = (self.has(Flaw::NumbersAreFloats), value["serial"].as_f64()) {
            #[expect(clippy::cast_possible_truncation, reason = "that is the flaw")]
            let rounded = serial as i64;
            value["serial"] = json!(rounded);
        }
    }

    fn shown(&self, kind: &str, id: u64) -> Value {
        let mut shown = json!({ "id": id });
        let kept = &self.kept[&(kind.to_owned(), id)];
        for (name, value) in kept.value.as_object().unwrap() {
            shown[name] = value.clone();
        }
        if self.has(Flaw::SaysMore) && kind == "notes" {
            shown["secret"] = json!("owes us money");
        }
        shown
    }

    /// The tag of a thing as it is now.
    fn tag(&self, kind: &str, id: u64) -> String {
        let version = self.kept[&(kind.to_owned(), id)].version;
        match self.flaw {
            Flaw::RandomTag => format!("\"{}\"", self.reads),
            Flaw::FixedTag => "\"same\"".to_owned(),
            _ => format!("\"{id}-{version}\""),
        }
    }

    fn make(&mut self, kind: &str, body: &Value) -> Answer {
        let mut value = match kind {
            "notes" => {
                json!({"title": body["title"], "serial": body["serial"], "tags": body["tags"]})
            }
            _ => json!({"name": body["name"], "colour": body["colour"], "weight": 5}),
        };
        if let (true, Some(weight)) = (kind == "labels", body.get("weight")) {
            value["weight"] = weight.clone();
        }
        let id = self.keep(kind, value);
        answer(201, Some(&self.shown(kind, id)))
    }

    fn read(&mut self, kind: &str, id: u64, asked: &Asked) -> Answer {
        self.reads += 1;
        let tag = self.tag(kind, id);
        let has = header(asked, "if-none-match");
        let matches = has.is_some_and(|has| has.split(", ").any(|t| t == tag));
        let short = matches && !self.has(Flaw::NoShortAnswer)
            || has.is_some() && self.has(Flaw::AlwaysShort);
        let mut reply = match short && kind == "notes" {
            true => answer(304, None),
            false => answer(200, Some(&self.shown(kind, id))),
        };
        if kind == "notes" && !self.has(Flaw::NoTag) {
            reply.headers.push(("etag", tag));
        }
        reply
    }

    /// What speaks against a change under the condition that it names.
    fn refused(&self, id: u64, asked: &Asked) -> Option<u16> {
        let tags = !matches!(self.flaw, Flaw::NoCondition | Flaw::RandomTag | Flaw::NoTag);
        match header(asked, "if-match") {
            Some(tag) => (tags && tag != self.tag("notes", id)).then_some(412),
            None if asked.method == "PUT" => {
                (!matches!(self.flaw, Flaw::ConditionOptional | Flaw::NoTag)).then_some(428)
            }
            None => None,
        }
    }

    fn put(&mut self, id: u64, body: &Value) -> Answer {
        let mut value =
            json!({"title": body["title"], "serial": body["serial"], "tags": body["tags"]});
        self.round(&mut value);
        let known = &self.kept[&("notes".to_owned(), id)].value;
        let same = known["title"] == value["title"];
        if self.has(Flaw::PutAppends) && same {
            let mut tags = known["tags"].as_array().unwrap().clone();
            tags.extend(value["tags"].as_array().unwrap().iter().cloned());
            value["tags"] = Value::Array(tags);
        }
        if self.has(Flaw::PutAdds) && same {
            self.keep("notes", value.clone());
        }
        let kept = self.kept.get_mut(&("notes".to_owned(), id)).unwrap();
        kept.version += u64::from(kept.value != value);
        kept.value = value;
        answer(200, Some(&self.shown("notes", id)))
    }

    fn patch(&mut self, id: u64, body: &Value) -> Answer {
        for (name, value) in body.as_object().unwrap() {
            if value.is_null() && name != "colour" {
                return answer(if self.has(Flaw::NullBreaks) { 500 } else { 422 }, None);
            }
            let kept = self.kept.get_mut(&("labels".to_owned(), id)).unwrap();
            if !(value.is_null() && self.flaw == Flaw::NullIgnored) {
                kept.value[name] = value.clone();
            }
        }
        answer(200, Some(&self.shown("labels", id)))
    }
}

impl Service for Desk {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let (kind, id) = match path.as_slice() {
            ["healthz"] => return answer(200, None),
            [kind @ ("notes" | "labels")] => (*kind, None),
            [kind @ ("notes" | "labels"), id] => (*kind, id.parse::<u64>().ok()),
            _ => return answer(404, None),
        };
        let Some(id) = id else {
            return match (kind, asked.method.as_str(), path.len()) {
                (_, "POST", 1) => self.make(kind, &body),
                ("notes", "GET", 1) => {
                    let ids = self.kept.keys().filter(|(k, _)| k == kind);
                    let all: Vec<Value> = ids.map(|(_, id)| self.shown(kind, *id)).collect();
                    answer(200, Some(&Value::Array(all)))
                }
                _ => answer(404, None),
            };
        };
        if !self.kept.contains_key(&(kind.to_owned(), id)) {
            return answer(404, None);
        }
        let refused = match kind {
            "notes" if asked.method != "GET" => self.refused(id, asked),
            _ => None,
        };
        match (kind, asked.method.as_str()) {
            _ if refused.is_some() => answer(refused.unwrap(), None),
            (_, "GET") => self.read(kind, id, asked),
            ("notes", "PUT") => self.put(id, &body),
            ("labels", "PATCH") => self.patch(id, &body),
            (_, "DELETE") => {
                self.kept.remove(&(kind.to_owned(), id));
                let mut reply = answer(204, None);
                if self.has(Flaw::BodyWithout) {
                    reply.headers.push(("content-length", "4".to_owned()));
                    reply.body = "gone".to_owned();
                }
                reply
            }
            _ => answer(405, None),
        }
    }
}

fn header<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    let mut all = asked.headers.iter();
    all.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

fn answer(status: u16, body: Option<&Value>) -> Answer {
    let json = ("content-type", "application/json".to_owned());
    Answer {
        status,
        headers: body.map(|_| json).into_iter().collect(),
        body: body.map(Value::to_string).unwrap_or_default(),
    }
}
