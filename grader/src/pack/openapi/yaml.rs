//! YAML (and JSON, which is YAML) as a JSON value, with the place of every value in the file.

use std::{collections::HashMap, ops::Range};

use saphyr::{LoadableYamlNode, MarkedYamlOwned, ScalarOwned, YamlDataOwned};
use serde_json::{Map, Number, Value};

use super::super::read::log::{Log, Spot};

/// A document and where its values stand.
#[derive(Debug)]
pub(in crate::pack) struct Document {
    pub(in crate::pack) value: Value,
    file: String,
    /// Bytes of each value's key (of the value itself in a list), by RFC 6901 pointer.
    spans: HashMap<String, Range<usize>>,
}

impl Document {
    /// Reads a document; says in the log what is wrong with it.
    pub(in crate::pack) fn read(file: &str, text: &str, log: &Log) -> Option<Self> {
        let docs = match MarkedYamlOwned::load_from_str(text) {
            Ok(docs) => docs,
            Err(e) => {
                let at = byte_of(text, e.marker().index());
                let what = format!("this is not YAML: {}", e.info());
                log.say(
                    &Spot::new(file, at..at + 1),
                    what,
                    "mend the file; any YAML editor shows the place",
                );
                return None;
            }
        };
        let [root] = docs.as_slice() else {
            let what = format!("{} YAML documents in one file, expected one", docs.len());
            log.say(
                &Spot::new(file, 0..1),
                what,
                "keep one document in the file",
            );
            return None;
        };
        let index = Index::new(text);
        let mut doc = Self {
            value: Value::Null,
            file: file.to_owned(),
            spans: HashMap::new(),
        };
        doc.value = doc.convert(root, String::new(), &index, log);
        Some(doc)
    }

    /// Where the value at a pointer stands; the nearest ancestor's place when it has none of its own.
    pub(in crate::pack) fn spot(&self, pointer: &str) -> Spot {
        let mut at = pointer;
        loop {
            if let Some(span) = self.spans.get(at) {
                return Spot::new(&self.file, span.clone());
            }
            match at.rfind('/') {
                Some(cut) => at = &at[..cut],
                None => return Spot::new(&self.file, 0..1),
            }
        }
    }

    fn convert(
        &mut self,
        node: &MarkedYamlOwned,
        pointer: String,
        index: &Index,
        log: &Log,
    ) -> Value {
        let span = index.bytes(node);
        self.spans
            .entry(pointer.clone())
            .or_insert_with(|| span.clone());
        match &node.data {
            YamlDataOwned::Value(scalar) => json(scalar),
            YamlDataOwned::Sequence(all) => all
                .iter()
                .enumerate()
                .map(|(i, v)| self.convert(v, format!("{pointer}/{i}"), index, log))
                .collect(),
            YamlDataOwned::Mapping(all) => {
                let mut members = Map::new();
                for (key, value) in all {
                    let name = key_text(key);
                    let under = format!("{pointer}/{}", escape(&name));
                    self.spans.insert(under.clone(), index.bytes(key));
                    let value = self.convert(value, under, index, log);
                    members.insert(name, value);
                }
                Value::Object(members)
            }
            YamlDataOwned::Tagged(_, inner) => self.convert(inner, pointer, index, log),
            YamlDataOwned::Representation(text, ..) => Value::String(text.clone()),
            YamlDataOwned::Alias(_) | YamlDataOwned::BadValue => {
                let spot = Spot::new(&self.file, span);
                log.say(
                    &spot,
                    "this value cannot be read",
                    "write it as plain text or a number",
                );
                Value::Null
            }
        }
    }
}

/// `/` and `~` as RFC 6901 section 3 wants them.
pub(in crate::pack) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn json(scalar: &ScalarOwned) -> Value {
    match scalar {
        ScalarOwned::Null => Value::Null,
        ScalarOwned::Boolean(b) => Value::Bool(*b),
        ScalarOwned::Integer(i) => Value::from(*i),
        ScalarOwned::FloatingPoint(f) => {
            Number::from_f64(f.into_inner()).map_or(Value::Null, Value::Number)
        }
        ScalarOwned::String(text) => Value::String(text.clone()),
    }
}

/// Keys that YAML takes for numbers or truth values (`200:`, `on:`) are names here.
fn key_text(node: &MarkedYamlOwned) -> String {
    match &node.data {
        YamlDataOwned::Value(scalar) => match json(scalar) {
            Value::String(text) => text,
            other => other.to_string(),
        },
        YamlDataOwned::Tagged(_, inner) => key_text(inner),
        _ => String::new(),
    }
}

/// From characters, in which YAML counts, to bytes, in which the log counts.
struct Index(Vec<usize>);

impl Index {
    fn new(text: &str) -> Self {
        Self(
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .collect(),
        )
    }

    fn bytes(&self, node: &MarkedYamlOwned) -> Range<usize> {
        let end = self.0.len() - 1;
        let at = |index: usize| self.0[index.min(end)];
        at(node.span.start.index())..at(node.span.end.index())
    }
}

fn byte_of(text: &str, index: usize) -> usize {
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_keep_their_places() {
        let text = "é: 1\npaths:\n  /a/b:\n    get: {x: [true, ~, 'no', 1.5]}\n'200': yes\n";
        let log = Log::default();
        let doc = Document::read("o.yaml", text, &log).unwrap();
        assert_eq!(
            doc.value,
            json!({"é": 1, "paths": {"/a/b": {"get": {"x": [true, null, "no", 1.5]}}}, "200": "yes"})
        );
        let span = doc.spot("/paths/~1a~1b/get/x").span;
        assert_eq!(&text[span], "x");
        let span = doc.spot("/paths/~1a~1b/get/x/2/nothing/here").span;
        assert_eq!(&text[span], "'no'");
        assert!(log.is_clean());
    }

    #[test]
    fn json_is_read_too_and_twice_the_same_key_is_refused() {
        let log = Log::default();
        assert_eq!(
            Document::read("o.json", "{\"a\": [1, 2]}", &log)
                .unwrap()
                .value,
            json!({"a": [1, 2]})
        );
        log.file("o.yaml", "a: 1\na: 2\n");
        assert!(Document::read("o.yaml", "a: 1\na: 2\n", &log).is_none());
        let problems = log.into_problems("p".into());
        assert_eq!(problems.problems[0].line, 2);
        assert!(problems.problems[0].what.contains("duplicated key"));
    }
}
