//! The cells that hold what is kept of a password: those that change with it, and with nothing else.

use std::collections::BTreeSet;

use super::recipe::{Salt, distinct};
use super::targets::{Targets, pieces, readings, texts};
use crate::check::diff::Tables;
use crate::check::guesses::guesses;
use crate::check::{Cx, QuietCx};
use crate::model::Fault;
use crate::probe::auth::{Accounts, Session};
use crate::probe::catalog::Table;
use crate::probe::plant::{answer, said_yes};
use crate::probe::sql::{Editor, Observer, Ran, Rows};
use crate::runtime::postgres::{ident, literal};

/// The shortest value that could be made of a password and hide it.
const LEAST: usize = 8;

/// A cell, as it is in its row.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) table: Table,
    pub(crate) column: String,
    /// What it held before; none where its row is new.
    pub(crate) before: Option<String>,
    /// What it holds.
    pub(crate) value: String,
    columns: Vec<String>,
    row: Vec<Option<String>>,
}

impl Cell {
    /// `account.password_hash`.
    pub(crate) fn place(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// The same as a report quotes it.
    pub(crate) fn quoted(&self) -> String {
        format!("`{}`", self.place())
    }

    /// Whether it is the same column.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.column == other.column && self.table.to_string() == other.table.to_string()
    }

    /// What it says as a text, and each text in it.
    pub(crate) fn texts(&self) -> Vec<String> {
        texts(&self.value)
    }

    /// The digests that may stand in it; and what may be mixed with a password: the salts in the cell, then the other
    /// values of its row, those that say that they are a salt first.
    pub(crate) fn parts(&self) -> (Targets, Vec<Salt>) {
        let (targets, own) = Targets::of(&self.value);
        let mut others: Vec<_> = self.columns.iter().zip(&self.row).collect();
        others.retain(|(column, _)| **column != self.column);
        others.sort_by_key(|(column, _)| !column.contains("salt"));
        let beside = others.into_iter().flat_map(|(column, value)| {
            let value = value.as_deref().unwrap_or_default();
            let texts = pieces(value).into_iter().flat_map(|text| {
                let lower = text.to_lowercase().into_bytes();
                [text.clone().into_bytes(), lower]
                    .into_iter()
                    .chain(readings(&text))
            });
            let salt = |bytes| Salt {
                name: format!("`{column}`"),
                bytes,
            };
            texts.map(salt).collect::<Vec<_>>()
        });
        (targets, distinct(own.into_iter().chain(beside)))
    }

    /// The row's primary key as a condition; none where it has none.
    fn condition(&self) -> Option<String> {
        let key = self.table.primary_key.as_ref()?;
        let part = |column: &String| {
            let at = self.columns.iter().position(|c| c == column)?;
            let value = self.row.get(at)?.as_deref()?;
            Some(format!("{} = {}", ident(column), literal(value)))
        };
        let parts: Option<Vec<_>> = key.columns.iter().map(part).collect();
        Some(parts?.join(" AND "))
    }

    /// Puts another value into it. Whether it was taken.
    pub(crate) async fn put(&self, editor: &Editor, value: &str) -> Result<bool, Fault> {
        let Some(condition) = self.condition() else {
            return Ok(false);
        };
        let (schema, name) = (ident(&self.table.schema), ident(&self.table.name));
        let (column, value) = (ident(&self.column), literal(value));
        let sql = format!("UPDATE {schema}.{name} SET {column} = {value} WHERE {condition}");
        let ran = editor.run(&sql).await?;
        Ok(matches!(ran, Ran::Done { affected: 1, .. }))
    }
}

/// An account whose password was changed, and the cells that changed with it.
pub(crate) struct Kept {
    /// Whoever changed it: its account has the new password.
    pub(crate) session: Session,
    /// The password before.
    pub(crate) old: serde_json::Value,
    /// What changed.
    pub(crate) cells: Vec<Cell>,
}

/// Makes an account, lets it log in twice and then change its password. What changes at the logins is not kept of the
/// password.
///
/// # Errors
/// Only when a request cannot be formed, or the database not be read.
pub(crate) async fn kept(
    accounts: &mut Accounts,
    observer: &Observer,
) -> Result<Result<Kept, String>, Fault> {
    let joined = match accounts.join().await? {
        Ok(session) => session,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let start = Tables::read(observer).await?;
    let mut session = match accounts.enter(&joined.account).await? {
        Ok(session) => session,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let before = Tables::read(observer).await?;
    let anyhow: BTreeSet<String> = changed(&start, &before).iter().map(Cell::place).collect();
    let new = accounts.password();
    if let Err(why) = change(accounts, &session, &new).await? {
        return Ok(Err(why));
    }
    let mut cells = changed(&before, &Tables::read(observer).await?);
    cells.retain(|cell| !anyhow.contains(&cell.place()));
    let old = std::mem::replace(&mut session.account.secret, new);
    if cells.is_empty() {
        let why = "no text in the database changed with the password alone, so what is kept of it was not found";
        return Ok(Err(why.to_owned()));
    }
    Ok(Ok(Kept {
        session,
        old,
        cells,
    }))
}

/// Changes a password; what the service answered otherwise, in words.
///
/// # Errors
/// Only when the request cannot be formed.
pub(crate) async fn change(
    accounts: &mut Accounts,
    session: &Session,
    new: &serde_json::Value,
) -> Result<Result<(), String>, Fault> {
    Ok(match accounts.change_password(session, new).await? {
        Ok(done) if said_yes(&done) => Ok(()),
        Ok(done) => Err(format!("changing the password answered {}", answer(&done))),
        Err(why) => Err(why.to_string()),
    })
}

/// The cells of text that are different now, or new.
pub(crate) fn changed(before: &Tables, after: &Tables) -> Vec<Cell> {
    let mut cells = Vec::new();
    for difference in before.differ(after) {
        for row in &difference.came.rows {
            let was = partner(&difference.table, &difference.came, row, &difference.went);
            for (at, column) in difference.came.columns.iter().enumerate() {
                let (Some(Some(value)), true) = (row.get(at), is_text(&difference.table, column))
                else {
                    continue;
                };
                let old = was.and_then(|was| was.get(at)).cloned().flatten();
                if value.len() >= LEAST && old.as_ref() != Some(value) {
                    cells.push(Cell {
                        table: difference.table.clone(),
                        column: column.clone(),
                        before: old,
                        value: value.clone(),
                        columns: difference.came.columns.clone(),
                        row: row.clone(),
                    });
                }
            }
        }
    }
    cells
}

/// What a row was before: the one with the same key, or the only one that went.
fn partner<'r>(
    table: &Table,
    came: &Rows,
    row: &[Option<String>],
    went: &'r Rows,
) -> Option<&'r Vec<Option<String>>> {
    let Some(key) = &table.primary_key else {
        return went.rows.first().filter(|_| went.rows.len() == 1);
    };
    let at: Vec<usize> = key
        .columns
        .iter()
        .filter_map(|column| came.columns.iter().position(|c| c == column))
        .collect();
    let same = |was: &&Vec<Option<String>>| at.iter().all(|i| was.get(*i) == row.get(*i));
    went.rows.iter().find(same)
}

fn is_text(table: &Table, column: &str) -> bool {
    let mut columns = table.columns.iter();
    let kinds = ["text", "character", "bytea", "json", "citext", "bpchar"];
    columns
        .find(|c| c.name == column)
        .is_some_and(|c| kinds.iter().any(|kind| c.base_type.starts_with(kind)))
}

/// What the service was given that could be mixed with a password or be the key that hides it.
pub(crate) fn secrets(cx: &QuietCx) -> Vec<Salt> {
    let given = cx.keys().env().iter().map(|(name, value)| Salt {
        name: name.clone(),
        bytes: value.clone().into_bytes(),
    });
    distinct(given)
}

/// How many texts of files are tried.
const FROM_FILES: usize = 2000;

/// The texts of what was handed in, those of lines about secrets first. For a thread that may take its time.
pub(crate) fn written(cx: &Cx) -> impl FnOnce() -> Vec<Salt> + Send + 'static {
    let files = cx.handed_in();
    move || {
        let mut all = guesses(files);
        all.retain(|guess| guess.place.is_some());
        all.sort_by_key(|guess| guess.rank.unwrap_or(usize::MAX));
        let salt = |guess: crate::check::guesses::Guess| Salt {
            name: format!("the text at {}", guess.place.unwrap_or_default()),
            bytes: guess.text.into_bytes(),
        };
        distinct(all.into_iter().take(FROM_FILES).map(salt))
    }
}
