//! How the next page of a list is asked for.

use serde_json::Value;

use super::exact::text;
use crate::pack::{Listing, Paging};

/// What one page is asked with, and the cursors that were used before it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Turn {
    /// Parameters of the query and their values.
    pub(super) query: Vec<(String, String)>,
    used: Vec<String>,
}

/// What follows a page.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Another page.
    Page(Turn),
    /// Nothing: the list says that it ends here.
    End,
    /// Nobody knows: it goes in circles, or says something that is no cursor.
    Lost,
}

impl Turn {
    /// What the first page is asked with.
    pub(super) fn first(listing: Option<&Listing>) -> Self {
        match listing.map(|l| &l.paging) {
            Some(Paging::Page { param, first }) => Self::of(param, *first),
            _ => Self::default(),
        }
    }

    fn of(param: &str, value: impl ToString) -> Self {
        Self {
            query: vec![(param.to_owned(), value.to_string())],
            used: Vec::new(),
        }
    }
}

/// What follows this page; `count` items stand on it, `seen` on all of the `pages` so far.
pub(super) fn after(
    listing: &Listing,
    turn: &Turn,
    body: &Value,
    (count, seen, pages): (usize, usize, usize),
) -> Next {
    match &listing.paging {
        Paging::None => Next::End,
        Paging::Offset { .. } | Paging::Page { .. } if count == 0 => Next::End,
        Paging::Offset { param } => Next::Page(Turn::of(param, seen)),
        Paging::Page { param, first } => Next::Page(Turn::of(param, first + pages as u64)),
        Paging::Cursor { param, next } => {
            let said = match next.get(body).first().copied() {
                None | Some(Value::Null | Value::Bool(false)) => return Next::End,
                Some(said @ (Value::String(_) | Value::Number(_))) => text(said),
                Some(_) => return Next::Lost,
            };
            let Some(cursor) = next.pick(&said).filter(|c| !c.is_empty()) else {
                return Next::End;
            };
            if turn.used.iter().any(|u| u == cursor) {
                return Next::Lost;
            }
            let mut used = turn.used.clone();
            used.push(cursor.to_owned());
            let query =
                linked(param, cursor).unwrap_or_else(|| vec![(param.clone(), cursor.to_owned())]);
            Next::Page(Turn { query, used })
        }
    }
}

/// The query of a cursor that is a whole URL, a path, or a query: its cursor where it has one, else
/// all of it. Only the query is taken: the list is asked where it was asked before. None for a plain cursor, which
/// may begin with a slash, but has no question mark: no usual alphabet of cursors does.
fn linked(param: &str, cursor: &str) -> Option<Vec<(String, String)>> {
    let (before, query) = cursor.split_once('?')?;
    let whole = before.starts_with("http://") || before.starts_with("https://");
    if !whole && !before.starts_with('/') && !before.is_empty() {
        return None;
    }
    let query = query.split('#').next().unwrap_or_default();
    let url = reqwest::Url::parse(&format!("http://list/?{query}")).ok()?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let own: Vec<_> = pairs.iter().filter(|(n, _)| n == param).cloned().collect();
    let pairs = if own.is_empty() { pairs } else { own };
    (!pairs.is_empty()).then_some(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Place;
    use serde_json::json;

    fn listing(paging: Paging) -> Listing {
        Listing {
            items: Place::parse("/items/*").unwrap(),
            paging,
            limit: None,
            max: None,
        }
    }

    fn cursor(next: Value) -> Next {
        let paging = Paging::Cursor {
            param: "after".to_owned(),
            next: Place::parse("/next").unwrap(),
        };
        let body = json!({"items": [1], "next": next});
        after(&listing(paging), &Turn::default(), &body, (1, 1, 1))
    }

    fn asked(next: Next) -> String {
        match next {
            Next::Page(turn) => {
                let pairs = turn.query.iter().map(|(n, v)| format!("{n}={v}"));
                pairs.collect::<Vec<_>>().join("&")
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_cursor_is_a_token_a_number_a_url_or_a_path() {
        for (said, expected) in [
            (json!("abc="), "after=abc="),
            (json!("/w8A=="), "after=/w8A=="),
            (json!(17), "after=17"),
            (
                json!("http://h.test/boxes?limit=5&after=a%2Fb#x"),
                "after=a/b",
            ),
            (json!("/api/boxes?after=q"), "after=q"),
            (json!("?page=2&size=5"), "page=2&size=5"),
            (json!(null), "End"),
            (json!(""), "End"),
            (json!(false), "End"),
            (json!(true), "Lost"),
            (json!({"to": 1}), "Lost"),
        ] {
            assert_eq!(asked(cursor(said.clone())), expected, "{said}");
        }
    }

    #[test]
    fn a_cursor_that_comes_again_is_a_circle() {
        let Next::Page(turn) = cursor(json!("a")) else {
            panic!("a page was expected");
        };
        let paging = Paging::Cursor {
            param: "after".to_owned(),
            next: Place::parse("/next").unwrap(),
        };
        let again = json!({"items": [1], "next": "a"});
        let next = after(&listing(paging), &turn, &again, (1, 2, 2));
        assert_eq!(next, Next::Lost);
    }

    #[test]
    fn pages_are_counted_from_the_first_and_end_with_an_empty_one() {
        let offset = listing(Paging::Offset {
            param: "skip".to_owned(),
        });
        let page = listing(Paging::Page {
            param: "p".to_owned(),
            first: 0,
        });
        let go = |l: &Listing, seen| asked(after(l, &Turn::default(), &json!({}), seen));
        assert_eq!(go(&offset, (10, 20, 2)), "skip=20");
        assert_eq!(go(&offset, (0, 20, 3)), "End");
        assert_eq!(asked(Next::Page(Turn::first(Some(&page)))), "p=0");
        assert_eq!(go(&page, (10, 20, 2)), "p=2");
    }
}
