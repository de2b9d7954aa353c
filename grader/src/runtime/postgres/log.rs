//! The server's log, read through the server, so that it does not matter where it runs.

use super::server::Server;
use super::session::fault;
use super::settings::Capabilities;
use crate::model::Fault;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line (Postgres 15 and later; manual 20.8.5).
    Json,
    /// CSV with the columns of manual 20.8.4.
    Csv,
}

impl LogFormat {
    /// What a server with these capabilities writes.
    pub fn of(can: Capabilities) -> Self {
        if can.json_log { Self::Json } else { Self::Csv }
    }

    /// The name in `log_destination`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Json => "jsonlog",
            Self::Csv => "csvlog",
        }
    }
}

/// A place in the log to read on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogTail {
    /// How what is read is written.
    pub format: LogFormat,
    /// Bytes from the start of the file.
    pub offset: i64,
}

/// Bytes read at once.
const CHUNK: i64 = 4 << 20;

impl Server {
    /// The end of the log as it is now.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn log_end(&self) -> Result<LogTail, Fault> {
        let format = LogFormat::of(self.capabilities());
        let session = self.watch.get().await?;
        let sql = "SELECT (pg_stat_file(pg_current_logfile($1))).size";
        let row = session.query_one(sql, &[&format.name()]).await;
        let size: Option<i64> = row
            .and_then(|r| r.try_get(0))
            .map_err(|e| fault("looking at the server's log", &e))?;
        Ok(LogTail {
            format,
            offset: size.unwrap_or(0),
        })
    }

    /// What was written since, up to some megabytes, and moves the place behind it. Empty when there is no more. May
    /// end within a line.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn read_log(&self, tail: &mut LogTail) -> Result<Vec<u8>, Fault> {
        let session = self.watch.get().await?;
        let sql = "SELECT pg_read_binary_file(pg_current_logfile($1), $2, $3, true)";
        let row = session
            .query_one(sql, &[&tail.format.name(), &tail.offset, &CHUNK])
            .await;
        let bytes: Option<Vec<u8>> = row
            .and_then(|r| r.try_get(0))
            .map_err(|e| fault("reading the server's log", &e))?;
        let bytes = bytes.unwrap_or_default();
        tail.offset += i64::try_from(bytes.len()).unwrap_or(CHUNK);
        Ok(bytes)
    }

    /// Opens a window: from now on the log shows every statement. Windows may overlap; the first one finds the log
    /// emptied, so that it stays bounded.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) async fn open_window(&self) -> Result<LogTail, Fault> {
        let mut windows = self.windows.lock().await;
        if *windows == 0 {
            self.operator().empty_log().await?;
            self.operator().show_statements(true).await?;
        }
        *windows += 1;
        self.log_end().await
    }

    /// Closes a window. The last one makes the server quiet again.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) async fn close_window(&self) -> Result<(), Fault> {
        let mut windows = self.windows.lock().await;
        *windows = windows.saturating_sub(1);
        if *windows == 0 {
            self.operator().show_statements(false).await?;
        }
        Ok(())
    }

    /// Writes `marker` into the log as a statement of the watch login. What the log holds before it was caused by
    /// statements that had ended by then.
    pub(crate) async fn mark(&self, marker: &str) -> Result<(), Fault> {
        let session = self.watch.get().await?;
        let sql = format!("SELECT '{marker}'");
        let done = session.simple_query(&sql).await;
        done.map(drop)
            .map_err(|e| fault("marking the server's log", &e))
    }
}
