//! Requests that meet: all of them are held where they would write to one table, and let go together.

use std::time::Duration;

use super::LocksCx;
use super::fan::holder;
use crate::model::{Exchange, Fault};
use crate::probe::catalog::Table;
use crate::probe::changes::{Changes, Deed};
use crate::probe::sql::Observer;
use crate::probe::{Http, Patience, Request};
use crate::runtime::postgres::LockMode;

/// How long requests are given to come to the table.
const MEETING: Duration = Duration::from_secs(6);

/// After so many looks without anybody new at the table, nobody else is coming.
const STILL: usize = 20;

/// What came of requests that met.
pub(crate) struct Rush {
    /// Their answers, in the order of the requests.
    pub(crate) answers: Vec<Exchange>,
    /// How many waited at once.
    pub(crate) waited: i64,
}

/// The tables with these names; a partition stands for its table.
///
/// # Errors
/// When the server cannot be reached.
pub(crate) async fn tables(observer: &Observer, names: &[String]) -> Result<Vec<Table>, Fault> {
    let catalog = observer.catalog().await?;
    let mut tables: Vec<Table> = Vec::new();
    for table in names.iter().filter_map(|name| holder(&catalog, name)) {
        if !tables.contains(table) {
            tables.push(table.clone());
        }
    }
    Ok(tables)
}

impl LocksCx {
    /// A client for another copy of the service; the same one where there is only one.
    pub(crate) fn replica(&self, number: usize) -> Http {
        let base = self.raised.world.base_url(number);
        self.http().at(&base)
    }

    /// The tables that a request writes to, in the order of their first row.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) async fn written(
        &self,
        request: Request,
        changes: &Changes,
    ) -> Result<(Exchange, Vec<String>), Fault> {
        changes.take().await?;
        let answer = request.send().await?;
        let commits = changes.take().await?;
        let mut tables: Vec<String> = Vec::new();
        for row in commits.iter().flat_map(|c| &c.rows) {
            let writes = matches!(row.deed, Deed::Insert | Deed::Update | Deed::Delete);
            if writes && !tables.contains(&row.table) {
                tables.push(row.table.clone());
            }
        }
        Ok((answer, tables))
    }

    /// Sends all of these while nobody can write to this table, and lets them go on when they wait. Readers pass, so
    /// whoever looks first and writes then has looked. None when somebody holds the table and does not let go.
    ///
    /// # Errors
    /// When a request cannot be formed, or the server cannot be reached.
    pub(crate) async fn rush(
        &self,
        table: &Table,
        requests: Vec<Request>,
    ) -> Result<Option<Rush>, Fault> {
        let database = self.database()?;
        let operator = database.server()?.operator();
        let lock = operator.lock_table(database, &table.schema, &table.name, LockMode::Share);
        let Ok(lock) = lock.await else {
            return Ok(None);
        };
        let count = requests.len();
        let running: Vec<_> = requests
            .into_iter()
            .map(|r| tokio::spawn(r.send()))
            .collect();
        let (mut most, mut still) = (0, 0);
        let patience = Patience::new(MEETING);
        while patience.lasts().await {
            let waiting = operator.waiting(database).await?;
            let ended = running.iter().filter(|r| r.is_finished()).count();
            still = if waiting > most { 0 } else { still + 1 };
            most = most.max(waiting);
            let arrived = usize::try_from(waiting).unwrap_or_default() + ended;
            if arrived >= count || (most > 0 && still >= STILL) {
                break;
            }
        }
        lock.release().await?;
        let mut answers = Vec::new();
        for one in running {
            let answer = one
                .await
                .map_err(|e| Fault::new("waiting for an answer", e))?;
            answers.push(answer?);
        }
        Ok(Some(Rush {
            answers,
            waited: most,
        }))
    }
}
