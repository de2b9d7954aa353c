//! From log entries to statements: one for each thing a service sent, with its plan, and those inside it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Traced;
use super::entry::Entry;
use super::parameters::{from_context, parse};
use crate::model::Statement;
use crate::runtime::postgres::Database;

/// Statements kept of one window.
const MAX_STATEMENTS: usize = 20_000;
/// Bytes of text and plans kept of one window.
const MAX_BYTES: usize = 24 << 20;

/// Collects what the service's sessions did on one database.
pub(super) struct Assembler<'a> {
    database: &'a Database,
    sessions: BTreeMap<String, Session>,
    statements: Vec<Statement>,
    bytes: usize,
    cut: bool,
}

/// What is known of one session so far.
#[derive(Default)]
struct Session {
    number: u32,
    /// Plans whose statement has not ended yet. With the simple protocol, and for writes, the plan comes first.
    early: Vec<(String, Value)>,
    /// Statements whose plan may still come: a portal is closed by what follows it.
    late: Vec<usize>,
}

impl<'a> Assembler<'a> {
    pub(super) fn new(database: &'a Database) -> Self {
        Self {
            database,
            sessions: BTreeMap::new(),
            statements: Vec::new(),
            bytes: 0,
            cut: false,
        }
    }

    /// Takes the next entry, if it is the service's.
    pub(super) fn take(&mut self, entry: Entry) {
        if entry.database != self.database.name
            || entry.role != self.database.role()
            || self.database.is_our_session(&entry.session)
        {
            return;
        }
        let number = u32::try_from(self.sessions.len() + 1).unwrap_or(u32::MAX);
        let mut session = self
            .sessions
            .remove(&entry.session)
            .unwrap_or_else(|| Session {
                number,
                ..Session::default()
            });
        match kind(&entry) {
            Kind::Plan(plan) => self.plan(&mut session, &entry, plan),
            Kind::Ended { sql, extended } => self.ended(&mut session, &entry, sql, extended),
            Kind::Failed => self.failed(&mut session, &entry),
            Kind::Other => {}
        }
        self.sessions.insert(entry.session, session);
    }

    pub(super) fn finish(mut self) -> Traced {
        for session in std::mem::take(&mut self.sessions).into_values() {
            self.orphans(session.number, session.early, &[]);
        }
        Traced {
            statements: self.statements,
            cut: self.cut,
        }
    }

    fn plan(&mut self, session: &mut Session, entry: &Entry, mut plan: Value) {
        let mut take = |name| plan.as_object_mut().and_then(|p| p.shift_remove(name));
        let sql = take("Query Text")
            .and_then(|t| t.as_str().map(str::to_owned))
            .unwrap_or_default();
        let said = take("Query Parameters")
            .and_then(|t| t.as_str().map(parse))
            .unwrap_or_default();
        let (frames, _) = from_context(&entry.context);
        if !frames.is_empty() {
            let parameters = if said.is_empty() {
                parse(&entry.detail)
            } else {
                said
            };
            self.push(statement(session.number, sql, parameters, Some(plan), true));
            return;
        }
        let waiting = session.late.iter().position(|at| {
            self.statements
                .get(*at)
                .is_some_and(|s| s.plan.is_none() && s.sql == sql)
        });
        match waiting
            .map(|at| session.late.remove(at))
            .and_then(|at| self.statements.get_mut(at))
        {
            Some(ended) => {
                ended.rows = rows(&plan);
                ended.plan = Some(plan);
            }
            None => session.early.push((sql, plan)),
        }
    }

    fn ended(&mut self, session: &mut Session, entry: &Entry, sql: &str, extended: bool) {
        let early = std::mem::take(&mut session.early);
        let (own, others): (Vec<_>, Vec<_>) = early.into_iter().partition(|(text, _)| text == sql);
        self.orphans(session.number, others, &[]);
        let parameters = match entry.detail.split_once("arameters: ") {
            Some((_, values)) => parse(values),
            None => Vec::new(),
        };
        if own.is_empty() {
            if self.push(statement(
                session.number,
                sql.to_owned(),
                parameters,
                None,
                false,
            )) && extended
            {
                session.late.push(self.statements.len() - 1);
            }
        } else {
            // Several statements sent as one text are planned one by one.
            self.orphans(session.number, own, &parameters);
        }
    }

    fn failed(&mut self, session: &mut Session, entry: &Entry) {
        let early = std::mem::take(&mut session.early);
        self.orphans(session.number, early, &[]);
        let (_, parameters) = from_context(&entry.context);
        let mut failed = statement(
            session.number,
            entry.statement.clone(),
            parameters,
            None,
            false,
        );
        failed.sqlstate = Some(entry.sqlstate.clone());
        self.push(failed);
    }

    /// Plans become statements of their own.
    fn orphans(&mut self, number: u32, plans: Vec<(String, Value)>, parameters: &[Option<String>]) {
        for (sql, plan) in plans {
            self.push(statement(
                number,
                sql,
                parameters.to_vec(),
                Some(plan),
                false,
            ));
        }
    }

    fn push(&mut self, statement: Statement) -> bool {
        let plan = statement.plan.as_ref().map_or(0, |p| p.to_string().len());
        self.bytes += statement.sql.len() + plan;
        if self.statements.len() >= MAX_STATEMENTS || self.bytes > MAX_BYTES {
            self.cut = true;
            return false;
        }
        self.statements.push(statement);
        true
    }
}

enum Kind<'a> {
    Plan(Value),
    Ended { sql: &'a str, extended: bool },
    Failed,
    Other,
}

/// What an entry tells: `duration: 0.1 ms  plan:⏎{…}`, `… statement: SELECT …`, `… execute name: SELECT …`, or a
/// failure. Parsing and binding have entries of their own, which tell nothing new.
fn kind(entry: &Entry) -> Kind<'_> {
    if matches!(entry.severity.as_str(), "ERROR" | "FATAL" | "PANIC") {
        return if entry.statement.is_empty() {
            Kind::Other
        } else {
            Kind::Failed
        };
    }
    let timed = entry
        .message
        .strip_prefix("duration: ")
        .and_then(|m| m.split_once(" ms  "));
    let Some((_, what)) = timed else {
        return Kind::Other;
    };
    if let Some(plan) = what.strip_prefix("plan:") {
        return serde_json::from_str(plan).map_or(Kind::Other, Kind::Plan);
    }
    if let Some(sql) = what.strip_prefix("statement: ") {
        return Kind::Ended {
            sql,
            extended: false,
        };
    }
    match what
        .strip_prefix("execute ")
        .and_then(|e| e.split_once(": "))
    {
        Some((_, sql)) => Kind::Ended {
            sql,
            extended: true,
        },
        None => Kind::Other,
    }
}

fn statement(
    session: u32,
    sql: String,
    parameters: Vec<Option<String>>,
    plan: Option<Value>,
    nested: bool,
) -> Statement {
    Statement {
        sql,
        parameters,
        session,
        nested,
        sqlstate: None,
        rows: plan.as_ref().and_then(rows),
        plan,
    }
}

/// Rows that came out of the top node, over all its loops.
fn rows(plan: &Value) -> Option<f64> {
    let top = plan.get("Plan")?;
    let loops = top
        .get("Actual Loops")
        .and_then(Value::as_f64)
        .unwrap_or(1.0);
    Some(top.get("Actual Rows")?.as_f64()? * loops)
}
