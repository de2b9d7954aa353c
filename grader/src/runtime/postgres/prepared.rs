//! A server that others are started from, wherever its files are kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio_postgres::Config;

use super::login::{Login, OPERATOR};
use super::server::{Adopt, HOME, Reserve, Server};
use super::session::{Purpose, Session, config, fault};
use super::settings::Capabilities;
use crate::model::Fault;

/// What one must know to use a copy of a prepared server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Prepared {
    /// The superuser's password in every copy, until the copy changes it.
    password: String,
    capabilities: Capabilities,
}

impl Server {
    /// Makes a fresh server ready to be copied: our logins, our database, and one to be given away. Waits until it
    /// answers.
    ///
    /// # Errors
    /// When it does not answer within `patience`, or the login is no superuser's.
    pub(crate) async fn prepare_copy(adopt: Adopt, patience: Duration) -> Result<Prepared, Fault> {
        drop(first(&adopt, "postgres", patience).await?);
        let server = Self::adopt(adopt).await?;
        server.operator().make_spare().await?;
        Ok(Prepared {
            password: server.operator.password.clone(),
            capabilities: server.capabilities(),
        })
    }

    /// Takes over a server started from a copy, as soon as it answers at `reach`: our logins get new passwords.
    /// `service` is host and port as the service will see them.
    ///
    /// # Errors
    /// When it does not answer within `patience`.
    pub(crate) async fn of_copy(
        prepared: &Prepared,
        reach: Config,
        service: (String, u16),
        patience: Duration,
    ) -> Result<Arc<Self>, Fault> {
        let adopt = Adopt {
            reach,
            operator: Login {
                role: OPERATOR.to_owned(),
                password: prepared.password.clone(),
            },
            service,
        };
        let session = first(&adopt, HOME, patience).await?;
        let reserve = Reserve {
            spare: true,
            copying: None,
        };
        Self::renew(adopt, prepared.capabilities, session, reserve).await
    }

    /// Waits until the server answers again after it was stopped.
    ///
    /// # Errors
    /// When it does not within `patience`.
    pub(crate) async fn back(&self, patience: Duration) -> Result<(), Fault> {
        let adopt = Adopt {
            reach: self.reach.clone(),
            operator: self.operator.clone(),
            service: (String::new(), 0),
        };
        first(&adopt, HOME, patience).await.map(drop)
    }
}

/// The first session, as soon as the server lets the operator in. Asks again every few milliseconds: a server has
/// no event to wait for, and what stands between may accept a connection before there is a server behind it.
async fn first(adopt: &Adopt, database: &str, patience: Duration) -> Result<Session, Fault> {
    let config = config(&adopt.reach, &adopt.operator, database, Purpose::Operate);
    let end = Instant::now() + patience;
    loop {
        match Session::open(&config).await {
            Ok(session) => return Ok(session),
            Err(error) => {
                let starting = error.code().is_none_or(|c| c.code() == "57P03");
                if !starting || Instant::now() > end {
                    return Err(fault("waiting for Postgres to answer", &error));
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
