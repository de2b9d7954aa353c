//! Whether the database keeps what a request carried, whatever its tables and columns are called.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Cx;
use crate::model::{Evidence, Exchange, Fault};
use crate::pack::{Fact, Place, Spot};
use crate::probe::sql::{Hit, Observer, Token};
use crate::probe::{Patience, SOON, until};
use crate::runtime::postgres::{ident, literal};

/// The columns in which the service keeps the texts of an accepted request, and a reader to look there.
pub(crate) struct Kept {
    observer: Observer,
    accepted: Vec<Token>,
    /// Table and column.
    homes: BTreeSet<(String, String)>,
}

impl Kept {
    /// Learns from texts that were accepted. None where there is no database to look into, or none of them is
    /// found there: then nothing can be said about others.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn learn(cx: &Cx, accepted: &[Token]) -> Result<Option<Self>, Fault> {
        let Some(observer) = cx.observer().await?.filter(|_| !accepted.is_empty()) else {
            return Ok(None);
        };
        let homes = until(SOON, async || {
            let hits = observer.find(accepted).await?;
            Ok(Some(homes(&hits)).filter(|homes| !homes.is_empty()))
        });
        let homes = homes.await?;
        let accepted = accepted.to_vec();
        Ok(homes.map(|homes| Self {
            observer,
            accepted,
            homes,
        }))
    }

    /// Logs in anew, after the server was away.
    ///
    /// # Errors
    /// When the observer cannot log in.
    pub(crate) async fn look_again(&mut self, cx: &Cx) -> Result<(), Fault> {
        if let Some(observer) = cx.observer().await? {
            self.observer = observer;
        }
        Ok(())
    }

    /// The row that carries these texts in every column where accepted ones stand, if it comes to be there. A log of
    /// all requests, say, holds accepted ones too, but is never the only place that does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn comes(&self, texts: &[Token]) -> Result<Option<Hit>, Fault> {
        until(SOON, async || self.row(texts).await).await
    }

    /// The same for texts that should not be there: the row, if it is there now and stays. What a service takes
    /// back a moment after its answer is not kept.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn stays(&self, texts: &[Token]) -> Result<Option<Hit>, Fault> {
        let patience = Patience::new(SOON);
        loop {
            let row = self.row(texts).await?;
            if row.is_none() || !patience.lasts().await {
                return Ok(row);
            }
        }
    }

    /// Whether any of these texts stands anywhere now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn any(&self, texts: &[Token]) -> Result<bool, Fault> {
        Ok(!self.observer.find(texts).await?.is_empty())
    }

    /// Whether one of these columns no longer holds what was accepted, once that was changed or removed. Only such a
    /// column says how things are. One that forgets nothing is a history, and may tell of what was refused as well.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn forgets(&self) -> Result<bool, Fault> {
        let forgotten = until(SOON, async || {
            let hits = self.observer.find(&self.accepted).await?;
            Ok((!homes(&hits).is_superset(&self.homes)).then_some(()))
        });
        Ok(forgotten.await?.is_some())
    }

    async fn row(&self, texts: &[Token]) -> Result<Option<Hit>, Fault> {
        let hits = self.observer.find(texts).await?;
        let all = homes(&hits).is_superset(&self.homes);
        let mut own = hits
            .into_iter()
            .filter(|hit| self.homes.contains(&home(hit)));
        Ok(own.next().filter(|_| all))
    }
}

fn homes(hits: &[Hit]) -> BTreeSet<(String, String)> {
    hits.iter().map(home).collect()
}

fn home(hit: &Hit) -> (String, String) {
    (hit.table.clone(), hit.column.clone())
}

/// The texts that a request's body says of these facts and that occur nowhere else. `at` is where a fact stands.
pub(crate) fn said<'f>(
    facts: impl Iterator<Item = &'f Fact>,
    at: impl Fn(&Fact) -> Option<&Place>,
    request: &Exchange,
) -> Vec<Token> {
    let body = request.sent.body.as_ref().filter(|b| !b.cut);
    let body: Value = body
        .and_then(|b| serde_json::from_str(&b.text).ok())
        .unwrap_or_default();
    let mut tokens = Vec::new();
    for fact in facts {
        let Some(place) = at(fact).filter(|p| matches!(p.spot, Spot::Body(_))) else {
            continue;
        };
        let texts = place.get(&body).into_iter().filter_map(Token::of);
        tokens.extend(texts.filter(|t| matches!(t, Token::Text(_))));
    }
    tokens
}

/// A row as evidence, with what it shows.
pub(crate) fn row(says: impl Into<String>, hit: Hit) -> Evidence {
    let (table, column) = (&hit.table, ident(&hit.column));
    let (Token::Text(token) | Token::Number(token)) = &hit.token;
    let token = literal(token);
    let sql = format!("SELECT * FROM {table} WHERE strpos({column}::text, {token}) > 0");
    Evidence::Rows {
        says: says.into(),
        table: hit.table,
        columns: hit.columns,
        rows: vec![hit.row],
        sql,
    }
}
