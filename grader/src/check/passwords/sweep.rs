//! A sweep through all tables for what must not stand there, and what a report may show of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::spelling::{Spelling, begins};
use crate::model::{Exchange, Fault, Outcome};
use crate::probe::sql::{Observer, Token};

/// Something that must stand nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    /// What it is: `the password of a registration`.
    pub(crate) what: String,
    /// The secret.
    pub(crate) text: String,
    /// How it may be written down.
    pub(crate) spellings: Vec<Spelling>,
}

/// A secret that stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What it is.
    pub(crate) what: String,
    /// `public.account.password`.
    pub(crate) place: String,
    /// How it is written there, and its first characters: `in base64, begins with …`.
    pub(crate) how: String,
}

/// What a search through all rows of all tables found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sweep(pub(crate) Vec<Found>);

impl Sweep {
    /// Reads every row of every table. The same search must find what is known to be there: the login of an account.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) async fn through(
        observer: &Observer,
        secrets: &[Secret],
        login: &Value,
    ) -> Result<Result<Self, String>, Fault> {
        let known = match login.as_str() {
            Some(text) => Token::Text(text.to_owned()),
            None => Token::Number(login.to_string()),
        };
        let mut tokens = vec![known.clone()];
        let all = secrets.iter().flat_map(|s| &s.spellings);
        tokens.extend(all.map(|s| Token::Text(s.text.clone())));
        tokens.sort();
        tokens.dedup();
        let hits = observer.find(&tokens).await?;
        if !hits.iter().any(|hit| hit.token == known) {
            let why = "the same search finds an account's login in no table, so nothing that it does not find is shown to be away";
            return Ok(Err(why.to_owned()));
        }
        let mut places: BTreeMap<String, Vec<Token>> = BTreeMap::new();
        for hit in hits {
            let place = format!("{}.{}", hit.table, hit.column);
            places.entry(place).or_default().push(hit.token);
        }
        let mut found = Vec::new();
        for secret in secrets {
            for (place, tokens) in &places {
                let stands = |s: &&Spelling| tokens.contains(&Token::Text(s.text.clone()));
                if let Some(spelling) = secret.spellings.iter().find(stands) {
                    let begins = begins(&secret.text);
                    found.push(Found {
                        what: secret.what.clone(),
                        place: place.clone(),
                        how: format!("{}, begins with {begins}", spelling.how),
                    });
                }
            }
        }
        Ok(Ok(Self(found)))
    }
}

/// An exchange as a report may show it: of these secrets no more than their first characters.
pub(crate) fn veiled(exchange: &Exchange, secrets: &[&str]) -> Exchange {
    let hide = |text: &mut String| {
        for secret in secrets.iter().filter(|s| !s.is_empty()) {
            if text.contains(*secret) {
                *text = text.replace(*secret, begins(secret).trim_matches('`'));
            }
        }
    };
    let mut shown = exchange.clone();
    hide(&mut shown.sent.path);
    shown.sent.headers.iter_mut().for_each(|(_, v)| hide(v));
    if let Some(body) = &mut shown.sent.body {
        hide(&mut body.text);
    }
    if let Outcome::Answered { headers, body, .. } = &mut shown.outcome {
        headers.iter_mut().for_each(|(_, v)| hide(v));
        hide(&mut body.text);
    }
    shown
}
