//! The SQL statements that one request caused, from the server's own log.
//!
//! While a window is open the server logs every statement with its plan. Our own sessions are left out by the
//! name the log gives each session, not by anything a service can imitate.

mod assemble;
mod entry;
mod parameters;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use uuid::Uuid;

use crate::model::{Fault, Statement};
use crate::runtime::postgres::{Database, LogTail, Server};
use assemble::Assembler;
use entry::Splitter;

/// How long the marker may take from its session into the log.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open window. Close it; a window that is dropped is closed a moment later.
pub struct Trace {
    database: Database,
    server: Option<Arc<Server>>,
    tail: LogTail,
    /// The statement of ours that stands in the log where the window begins. What ended before it may reach the
    /// file later than we looked at its end.
    start: String,
}

/// What was seen in a window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Traced {
    /// The service's statements in the order in which they ended, those inside another one before it.
    pub statements: Vec<Statement>,
    /// Whether there were more than we keep.
    pub cut: bool,
}

impl Traced {
    /// What the service itself sent: without statements inside functions, triggers and foreign key checks.
    pub fn sent(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|s| !s.nested)
    }

    /// The names of all relations that were read, those inside functions and triggers too. A view is not among
    /// them; what it is over is.
    pub fn relations_read(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for plan in self.statements.iter().filter_map(|s| s.plan.as_ref()) {
            relations(plan, &mut names);
        }
        names
    }
}

fn relations(plan: &serde_json::Value, names: &mut BTreeSet<String>) {
    match plan {
        serde_json::Value::Object(node) => {
            let text = |key: &str| node.get(key).and_then(|n| n.as_str());
            // What a node writes to is named on the node too.
            if text("Node Type") != Some("ModifyTable") {
                names.extend(text("Relation Name").map(str::to_owned));
            }
            node.values().for_each(|inner| relations(inner, names));
        }
        serde_json::Value::Array(all) => all.iter().for_each(|inner| relations(inner, names)),
        _ => {}
    }
}

impl Trace {
    /// Opens a window. When this returns, every session of the service, pooled ones too, is being watched.
    ///
    /// # Errors
    /// When the database was attached (there is no log to read), or the server cannot be reached.
    pub async fn open(database: &Database) -> Result<Self, Fault> {
        let server = Arc::clone(database.server()?);
        let tail = server.open_window().await?;
        let trace = Self {
            database: database.clone(),
            server: Some(Arc::clone(&server)),
            tail,
            start: marker(),
        };
        server.mark(&trace.start).await?;
        Ok(trace)
    }

    /// Closes the window. Everything that had ended by now is in it: a marker of ours is awaited in the log.
    ///
    /// # Errors
    /// When the server cannot be reached or its log does not go on.
    pub async fn close(mut self) -> Result<Traced, Fault> {
        let Some(server) = self.server.take() else {
            return Ok(Traced::default());
        };
        let traced = self.read(&server).await;
        server.close_window().await?;
        traced
    }

    async fn read(&self, server: &Server) -> Result<Traced, Fault> {
        let stop = marker();
        server.mark(&stop).await?;
        let mut tail = self.tail;
        let mut splitter = Splitter::behind(self.start.clone(), tail.format);
        let mut assembler = Assembler::new(&self.database);
        let end = Instant::now() + PATIENCE;
        loop {
            let bytes = server.read_log(&mut tail).await?;
            let empty = bytes.is_empty();
            for entry in splitter.feed(&bytes) {
                let ours = entry.database != self.database.name;
                if ours && entry.message.contains(&stop) {
                    return Ok(assembler.finish());
                }
                assembler.take(entry);
            }
            if Instant::now() > end {
                let cause = "the end of the window does not appear in it";
                return Err(Fault::new("reading the server's log", cause));
            }
            if empty {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }
}

fn marker() -> String {
    format!("grader {}", Uuid::new_v4())
}

impl Drop for Trace {
    fn drop(&mut self) {
        if let (Some(server), Ok(runtime)) = (self.server.take(), Handle::try_current()) {
            runtime.spawn(async move { server.close_window().await });
        }
    }
}
