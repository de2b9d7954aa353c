//! The store's lists, page by page.

use std::cmp::Ordering;

use serde_json::Value;

use super::http::{Answer, Asked};
use super::knobs::{Pages, Rude};
use super::store::{Kept, Store, answer};

impl Store {
    pub(super) fn list(&self, kind: &str, under: &[String], asked: &Asked) -> Answer {
        if self.knobs.rude == Rude::Text {
            return answer(200, "<html>a list</html>".to_owned());
        }
        let value = |name: &str| {
            let found = asked.query.iter().find(|(n, _)| n == name);
            found.map(|(_, v)| v.as_str())
        };
        let wanted = |k: &&Kept| {
            let filter = |(name, text): &(String, String)| {
                let own = k.value.get(name).and_then(|v| v.as_str());
                self.knobs.deaf || own.is_none_or(|own| own == text)
            };
            let here = under.is_empty() || k.under == under;
            k.kind == kind && here && asked.query.iter().all(filter)
        };
        let mut kept: Vec<&Kept> = self.kept.iter().filter(wanted).collect();
        if let Some(sort) = value("sort").filter(|_| self.knobs.sorts) {
            let name = sort
                .trim_start_matches('-')
                .trim_end_matches("_asc")
                .trim_end_matches("_desc");
            kept.sort_by(|a, b| ranked(&a.value[name], &b.value[name]));
            if sort.starts_with('-') || sort.ends_with("_desc") {
                kept.reverse();
            }
        }
        let mut all: Vec<String> = kept.into_iter().map(|k| self.shown(k)).collect();
        match self.knobs.rude {
            Rude::Twice => {
                all = all
                    .iter()
                    .flat_map(|one| [one.clone(), one.clone()])
                    .collect()
            }
            Rude::Scalars => {
                all.insert(0, "7".to_owned());
                all.insert(0, "null".to_owned());
                all.push("[\"id\", 1]".to_owned());
            }
            _ => {}
        }
        // What lies below one thing is little: it comes at once.
        let pages = if under.is_empty() {
            self.knobs.pages
        } else {
            Pages::Once
        };
        let limit = value("limit")
            .and_then(|l| l.parse().ok())
            .filter(|n| *n > 0);
        let size = limit.unwrap_or(self.knobs.size).min(self.knobs.most);
        let number = |name| value(name).and_then(|v| v.parse::<usize>().ok());
        let from = match pages {
            Pages::Once => 0,
            Pages::Cursor(param, ..) | Pages::Offset(param) => number(param).unwrap_or(0),
            Pages::Number(param, first) => (number(param).unwrap_or(first) - first) * size,
        };
        let (from, end) = match (self.knobs.rude, pages) {
            (Rude::Again, _) | (_, Pages::Once) => (0, all.len()),
            (Rude::Skips, _) if from > 0 => (
                (from + 1).min(all.len()),
                from.saturating_add(size).min(all.len()),
            ),
            _ => (
                from.min(all.len()),
                from.saturating_add(size).min(all.len()),
            ),
        };
        let page = all.get(from..end).unwrap_or_default().join(", ");
        let next = match self.knobs.rude {
            Rude::Endless => Some(from + 1),
            Rude::Circle => Some(0),
            _ => Some(end).filter(|end| *end < all.len()),
        };
        if !under.is_empty() {
            return answer(200, format!("[{page}]"));
        }
        answer(200, self.page(&page, next))
    }

    fn page(&self, items: &str, next: Option<usize>) -> String {
        let Some(name) = self.knobs.items else {
            return format!("[{items}]");
        };
        match self.knobs.pages {
            Pages::Cursor(_, member, before) => {
                let next = next.map_or("null".to_owned(), |n| format!("\"{before}{n}\""));
                format!("{{{name:?}: [{items}], {member:?}: {next}}}")
            }
            _ => format!("{{{name:?}: [{items}]}}"),
        }
    }
}

fn ranked(a: &Value, b: &Value) -> Ordering {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.to_string().cmp(&b.to_string()),
    }
}
