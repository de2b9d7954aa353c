//! A TOML table that remembers which keys were asked for: the rest is unknown, and said so with its place.

use std::{collections::BTreeSet, ops::Range};

use serde_json::{Number, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::log::{Log, Spot};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(in crate::pack) struct At<T> {
    pub(in crate::pack) value: T,
    pub(in crate::pack) spot: Spot,
}

/// A table being read.
pub(in crate::pack) struct Tab<'d> {
    name: String,
    file: &'d str,
    table: &'d DeTable<'d>,
    span: Range<usize>,
    asked: BTreeSet<&'static str>,
    log: &'d Log,
}

/// One value being read.
#[derive(Clone)]
pub(in crate::pack) struct Item<'d> {
    name: String,
    file: &'d str,
    value: &'d Spanned<DeValue<'d>>,
    log: &'d Log,
}

impl<'d> Tab<'d> {
    /// The file's root table.
    pub(in crate::pack) fn root(file: &'d str, table: &'d DeTable<'d>, log: &'d Log) -> Self {
        Self {
            name: String::new(),
            file,
            table,
            span: 0..0,
            asked: BTreeSet::new(),
            log,
        }
    }

    /// Where the table stands.
    pub(in crate::pack) fn spot(&self) -> Spot {
        Spot::new(self.file, self.span.clone())
    }

    /// The value under a key, which from now on is a known one.
    pub(in crate::pack) fn get(&mut self, key: &'static str) -> Option<Item<'d>> {
        self.asked.insert(key);
        let (_, value) = self
            .table
            .iter()
            .find(|(k, _)| k.get_ref().as_ref() == key)?;
        Some(self.item(key, value))
    }

    /// The value under a key that must be there.
    pub(in crate::pack) fn need(&mut self, key: &'static str, cure: &str) -> Option<Item<'d>> {
        let found = self.get(key);
        if found.is_none() {
            self.log.say(
                &self.spot(),
                format!("{} has no `{key}`", self.title()),
                cure,
            );
        }
        found
    }

    /// Every key with its value, in the order of the file: for tables whose keys are the author's own.
    pub(in crate::pack) fn all(&self) -> Vec<(At<String>, Item<'d>)> {
        let mut all: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                let name = key.get_ref().to_string();
                let spot = Spot::new(self.file, key.span());
                (
                    At {
                        value: name.clone(),
                        spot,
                    },
                    self.item(&name, value),
                )
            })
            .collect();
        all.sort_by_key(|(key, _)| key.spot.span.start);
        all
    }

    /// Every key with its table, in the order of the file.
    pub(in crate::pack) fn tables(&self) -> Vec<(At<String>, Tab<'d>)> {
        let table = |(key, item): (At<String>, Item<'d>)| {
            let mut table = item.table()?;
            table.span = key.spot.span.clone();
            Some((key, table))
        };
        self.all().into_iter().filter_map(table).collect()
    }

    /// Says which keys nobody asked for.
    pub(in crate::pack) fn done(self) {
        for (key, _) in self.all() {
            if !self.asked.contains(key.value.as_str()) {
                let what = format!("unknown key `{}` in {}", key.value, self.title());
                self.log
                    .unknown(&key.spot, what, &key.value, self.asked.iter().copied());
            }
        }
    }

    fn title(&self) -> String {
        if self.name.is_empty() {
            "the file".to_owned()
        } else {
            format!("[{}]", self.name)
        }
    }

    fn item(&self, key: &str, value: &'d Spanned<DeValue<'d>>) -> Item<'d> {
        let name = if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        };
        Item {
            name,
            file: self.file,
            value,
            log: self.log,
        }
    }
}

impl<'d> Item<'d> {
    /// Where the value stands.
    pub(in crate::pack) fn spot(&self) -> Spot {
        Spot::new(self.file, self.value.span())
    }

    pub(in crate::pack) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    pub(in crate::pack) fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    pub(in crate::pack) fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    /// Says that the value is of the wrong kind; gives nothing, to be returned in one breath.
    pub(in crate::pack) fn wrong<T>(&self, expected: &str) -> Option<T> {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let what = format!("`{}` is {found}, expected {expected}", self.name);
        self.log
            .say(&self.spot(), what, format!("write {expected}"));
        None
    }

    pub(in crate::pack) fn text(&self) -> Option<At<String>> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(self.at(text.to_string())),
            _ => self.wrong("text"),
        }
    }

    /// One of a few words.
    pub(in crate::pack) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words
            .iter()
            .find(|(word, _)| *word == text.value)
            .map(|(_, t)| *t);
        if found.is_none() {
            let what = format!(
                "`{}` is \"{}\", which is none of its words",
                self.name, text.value
            );
            self.log
                .unknown(&text.spot, what, &text.value, words.iter().map(|(w, _)| *w));
        }
        found
    }

    pub(in crate::pack) fn flag(&self) -> Option<bool> {
        self.value
            .get_ref()
            .as_bool()
            .or_else(|| self.wrong("true or false"))
    }

    /// A whole number that is not negative.
    pub(in crate::pack) fn count(&self) -> Option<At<u64>> {
        let read = self.value.get_ref().as_integer();
        let read = read.and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok());
        match read {
            Some(n) => Some(self.at(n)),
            None => self.wrong("a whole number that is not negative"),
        }
    }

    pub(in crate::pack) fn number(&self) -> Option<At<f64>> {
        let read = match self.value.get_ref() {
            DeValue::Integer(i) => i.as_str().parse().ok(),
            DeValue::Float(f) => f.as_str().parse().ok(),
            _ => None,
        };
        match read {
            Some(n) => Some(self.at(n)),
            None => self.wrong("a number"),
        }
    }

    pub(in crate::pack) fn items(&self) -> Option<Vec<Item<'d>>> {
        match self.value.get_ref() {
            DeValue::Array(all) => Some(
                all.iter()
                    .map(|value| Item {
                        name: self.name.clone(),
                        file: self.file,
                        value,
                        log: self.log,
                    })
                    .collect(),
            ),
            _ => self.wrong("a list"),
        }
    }

    pub(in crate::pack) fn texts(&self) -> Vec<At<String>> {
        self.items()
            .unwrap_or_default()
            .iter()
            .filter_map(Self::text)
            .collect()
    }

    pub(in crate::pack) fn table(&self) -> Option<Tab<'d>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Tab {
                name: self.name.clone(),
                file: self.file,
                table,
                span: self.value.span(),
                asked: BTreeSet::new(),
                log: self.log,
            }),
            _ => self.wrong("a table"),
        }
    }

    /// A table, or each table of a list of them.
    pub(in crate::pack) fn one_or_many(&self) -> Vec<Tab<'d>> {
        match self.value.get_ref() {
            DeValue::Array(_) => self
                .items()
                .unwrap_or_default()
                .iter()
                .filter_map(Self::table)
                .collect(),
            _ => self.table().into_iter().collect(),
        }
    }

    /// Any value, as JSON.
    pub(in crate::pack) fn json(&self) -> Option<Value> {
        Some(match self.value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(b) => Value::Bool(*b),
            DeValue::Integer(i) => Value::from(i64::from_str_radix(i.as_str(), i.radix()).ok()?),
            DeValue::Float(f) => Value::Number(Number::from_f64(f.as_str().parse().ok()?)?),
            DeValue::Datetime(d) => Value::String(d.to_string()),
            DeValue::Array(_) => self.items()?.iter().filter_map(Self::json).collect(),
            DeValue::Table(_) => {
                let all = self.table()?.all();
                all.into_iter()
                    .filter_map(|(k, v)| Some((k.value, v.json()?)))
                    .collect()
            }
        })
    }

    fn at<T>(&self, value: T) -> At<T> {
        At {
            value,
            spot: self.spot(),
        }
    }
}
