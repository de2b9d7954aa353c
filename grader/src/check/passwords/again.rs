//! What is known of a kept password by how it changes alone.

use serde_json::Value;

use super::cells::{Cell, Kept, change, changed};
use crate::check::diff::Tables;
use crate::model::Fault;
use crate::probe::auth::Accounts;
use crate::probe::sql::Observer;

/// What stood there for a long password, and for the short one again.
pub(crate) struct Again([Vec<Cell>; 2]);

impl Again {
    /// Sets a long password, and then the short one again; what the service answered otherwise, in words.
    ///
    /// # Errors
    /// Only when a request cannot be formed, or the database not be read.
    pub(crate) async fn set(
        accounts: &mut Accounts,
        observer: &Observer,
        kept: &Kept,
    ) -> Result<Result<Self, String>, Fault> {
        let mut session = kept.session.clone();
        let short = session.account.secret.clone();
        let text = short.as_str().unwrap_or_default();
        let more = "x".repeat(LONG.saturating_sub(text.len()));
        let long = Value::from(format!("{text}{more}"));
        let mut seen = [Vec::new(), Vec::new()];
        for (next, cells) in [long, short].into_iter().zip(&mut seen) {
            let before = Tables::read(observer).await?;
            if let Err(why) = change(accounts, &session, &next).await? {
                return Ok(Err(why));
            }
            session.account.secret = next;
            *cells = changed(&before, &Tables::read(observer).await?);
        }
        Ok(Ok(Self(seen)))
    }

    /// A cell whose length follows that of the password: of a hash it never does.
    pub(crate) fn grows<'k>(&self, kept: &'k Kept) -> Option<&'k Cell> {
        self.pick(kept, |cell, long, again| {
            let more = |than: &Cell| long.value.len().saturating_sub(than.value.len());
            more(cell) >= GROWN && more(again) >= GROWN
        })
    }

    /// A cell that holds for the same password what it held before.
    pub(crate) fn returns<'k>(&self, kept: &'k Kept) -> Option<&'k Cell> {
        self.pick(kept, |cell, _, again| {
            again.value == cell.value && cell.value.len() >= LEAST
        })
    }

    fn pick<'k>(
        &self,
        kept: &'k Kept,
        fits: impl Fn(&Cell, &Cell, &Cell) -> bool,
    ) -> Option<&'k Cell> {
        let like = |cells: &[Cell], cell: &Cell| cells.iter().find(|c| c.is_like(cell)).cloned();
        kept.cells.iter().find(|cell| {
            let [long, again] = &self.0;
            let both = like(long, cell).zip(like(again, cell));
            both.is_some_and(|(long, again)| fits(cell, &long, &again))
        })
    }
}

/// The length of the long password, characters: bcrypt reads no more than 72 bytes.
const LONG: usize = 70;
/// How much more a cell must hold of it, characters.
const GROWN: usize = 40;
/// What is shorter is no hash, characters.
const LEAST: usize = 16;
