//! One value of a TOML file, read as what it should be.

use std::collections::BTreeSet;

use serde_json::{Number, Value};
use toml::de::DeValue;

use super::{At, Item, Tab};
use crate::pack::read::log::Spot;

impl<'d> Item<'d> {
    /// Where the value stands.
    pub(crate) fn spot(&self) -> Spot {
        Spot::new(self.file, self.value.span())
    }

    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    pub(crate) fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    /// Says that the value is of the wrong kind; gives nothing, to be returned in one breath.
    pub(crate) fn wrong<T>(&self, expected: &str) -> Option<T> {
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

    pub(crate) fn text(&self) -> Option<At<String>> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(self.at(text.to_string())),
            _ => self.wrong("text"),
        }
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
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

    pub(crate) fn flag(&self) -> Option<bool> {
        self.value
            .get_ref()
            .as_bool()
            .or_else(|| self.wrong("true or false"))
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self) -> Option<At<u64>> {
        let read = self.value.get_ref().as_integer();
        let read = read.and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok());
        match read {
            Some(n) => Some(self.at(n)),
            None => self.wrong("a whole number that is not negative"),
        }
    }

    pub(crate) fn number(&self) -> Option<At<f64>> {
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

    pub(crate) fn items(&self) -> Option<Vec<Item<'d>>> {
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

    pub(crate) fn texts(&self) -> Vec<At<String>> {
        self.items()
            .unwrap_or_default()
            .iter()
            .filter_map(Self::text)
            .collect()
    }

    pub(crate) fn table(&self) -> Option<Tab<'d>> {
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
    pub(crate) fn one_or_many(&self) -> Vec<Tab<'d>> {
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
    pub(crate) fn json(&self) -> Option<Value> {
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
