//! A TOML table that remembers which keys were asked for: the rest is unknown, and said so with its place.

use std::{collections::BTreeSet, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::log::{Log, Spot};

mod item;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) spot: Spot,
}

/// A table being read.
pub(crate) struct Tab<'d> {
    name: String,
    file: &'d str,
    table: &'d DeTable<'d>,
    span: Range<usize>,
    asked: BTreeSet<&'static str>,
    log: &'d Log,
}

/// One value being read.
#[derive(Clone)]
pub(crate) struct Item<'d> {
    name: String,
    file: &'d str,
    value: &'d Spanned<DeValue<'d>>,
    log: &'d Log,
}

impl<'d> Tab<'d> {
    /// The file's root table.
    pub(crate) fn root(file: &'d str, table: &'d DeTable<'d>, log: &'d Log) -> Self {
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
    pub(crate) fn spot(&self) -> Spot {
        Spot::new(self.file, self.span.clone())
    }

    /// The value under a key, which from now on is a known one.
    pub(crate) fn get(&mut self, key: &'static str) -> Option<Item<'d>> {
        self.asked.insert(key);
        let (_, value) = self
            .table
            .iter()
            .find(|(k, _)| k.get_ref().as_ref() == key)?;
        Some(self.item(key, value))
    }

    /// The value under a key that must be there.
    pub(crate) fn need(&mut self, key: &'static str, cure: &str) -> Option<Item<'d>> {
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
    pub(crate) fn all(&self) -> Vec<(At<String>, Item<'d>)> {
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
    pub(crate) fn tables(&self) -> Vec<(At<String>, Tab<'d>)> {
        let table = |(key, item): (At<String>, Item<'d>)| {
            let mut table = item.table()?;
            table.span = key.spot.span.clone();
            Some((key, table))
        };
        self.all().into_iter().filter_map(table).collect()
    }

    /// Says which keys nobody asked for; the last thing to do with a table.
    pub(crate) fn done(self) {
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
