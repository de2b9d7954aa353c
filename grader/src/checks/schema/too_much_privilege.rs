use super::made_at_run_time;
use crate::check;
use crate::check::{QuietCx, note};
use crate::model::{Draft, Evidence, Fault, Statement, Verdict};

check! {
    /// ## What it looks at
    /// The statements that the service sends while every kind of thing is made, read, changed and removed. None of
    /// them may take or give rights (`SET ROLE`, `ALTER ROLE`, `GRANT`, `ALTER SYSTEM`), and none may change the
    /// schema: that is what a release is for. Partitions that are made when they are needed are mentioned and cost
    /// nothing.
    ///
    /// ## Why it matters
    /// Whoever breaks into a service has its rights. One that only reads and writes rows can lose rows; one that makes
    /// tables or roles can lose everything, and leave a door open.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues      INSERT INTO venue …
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues      CREATE TABLE IF NOT EXISTS venue …; INSERT INTO venue …
    /// ```
    ///
    /// ## How to mend it
    /// Move what makes the schema into migrations that run at release, and let the requests read and write rows. Then
    /// the service can log in with a role that may do no more.
    pub static CHECK = {
        id: "schema.too-much-privilege",
        summary: "serving a request takes rights that only a release needs",
        concept: "constraints",
        severity: Low,
        needs: [made_at_run_time::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-13.2.2", "Saltzer & Schroeder 1975, The protection of information in computer systems"],
        hints: [
            "Which of your statements would fail if the service's role could only read and write rows?",
            "A process has the rights that its task needs, and no more.",
            "Search your request handlers for CREATE, ALTER, GRANT and SET ROLE, and move each of them to the release.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let trace = cx.trace().await?;
    let toured = cx.planter().tour().await;
    let traced = trace.close().await?;
    toured?;
    // C+: what the service sends is seen.
    if traced.statements.is_empty() {
        let control = "none of the service's statements was seen".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let (mut wrong, mut notes) = (cx.findings(), cx.findings());
    // A table that is made to be attached is a partition, although its own statement does not say so.
    let attaches = |s: &Statement| s.sql.to_uppercase().contains("ATTACH PARTITION");
    let attached = traced.statements.iter().any(attaches);
    for statement in &traced.statements {
        match kind(&statement.sql) {
            Some(Kind::Schema) if attached => notes.add(draft("partitions", statement)),
            Some(Kind::Rights) => wrong.add(draft("rights", statement)),
            Some(Kind::Schema) => wrong.add(draft("schema", statement)),
            Some(Kind::Partition) => notes.add(draft("partitions", statement)),
            None => {}
        }
    }
    if wrong.is_empty() {
        return Ok(notes.advice());
    }
    Ok(wrong.verdict())
}

/// What a statement needs more than rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rights,
    Schema,
    Partition,
}

/// What the statements of a text need, the most of them; none for rows alone.
fn kind(sql: &str) -> Option<Kind> {
    let mut kinds: Vec<Kind> = sql.split(';').filter_map(of_one).collect();
    kinds.sort_by_key(|k| *k as u8);
    kinds.first().copied()
}

/// The first words say it. What makes a temporary table is not meant; what makes a partition says so.
fn of_one(statement: &str) -> Option<Kind> {
    let plain: String = statement
        .chars()
        .take(400)
        .collect::<String>()
        .to_uppercase();
    let words: Vec<&str> = plain.split_whitespace().take(12).collect();
    let begins = |with: &[&str]| words.len() >= with.len() && words[..with.len()] == *with;
    let rights: [&[&str]; 10] = [
        &["SET", "ROLE"],
        &["SET", "LOCAL", "ROLE"],
        &["SET", "SESSION", "AUTHORIZATION"],
        &["ALTER", "ROLE"],
        &["ALTER", "USER"],
        &["CREATE", "ROLE"],
        &["CREATE", "USER"],
        &["ALTER", "SYSTEM"],
        &["GRANT"],
        &["REVOKE"],
    ];
    if rights.iter().any(|with| begins(with)) {
        let resets = words
            .last()
            .is_some_and(|w| *w == "NONE" || *w == "DEFAULT");
        return (!resets).then_some(Kind::Rights);
    }
    if !matches!(words.first(), Some(&("CREATE" | "ALTER" | "DROP"))) {
        return None;
    }
    if words.iter().any(|w| matches!(*w, "TEMP" | "TEMPORARY")) {
        return None;
    }
    let object = |w: &&str| {
        matches!(
            *w,
            "TABLE"
                | "INDEX"
                | "SCHEMA"
                | "VIEW"
                | "TYPE"
                | "FUNCTION"
                | "TRIGGER"
                | "SEQUENCE"
                | "EXTENSION"
                | "DOMAIN"
                | "DATABASE"
        )
    };
    words.iter().take(5).any(object).then(|| {
        let partition = plain.contains("PARTITION");
        if partition {
            Kind::Partition
        } else {
            Kind::Schema
        }
    })
}

fn draft(what: &str, statement: &Statement) -> Draft {
    let (saw, expected) = match what {
        "rights" => (
            "a request takes or gives rights",
            "no statement about roles and rights",
        ),
        "partitions" => (
            "a request makes a partition",
            "partitions that are made by a job or a release",
        ),
        _ => (
            "a request changes the schema, or tries to",
            "rows are read and written, no more",
        ),
    };
    let first = statement
        .sql
        .split_whitespace()
        .take(4)
        .collect::<Vec<_>>()
        .join(" ");
    Draft {
        subject: what.to_owned(),
        saw: saw.to_owned(),
        expected: expected.to_owned(),
        actual: format!("`{first} …`"),
        evidence: vec![
            note("these statements came while things were made, read, changed and removed"),
            Evidence::Statements {
                says: "what was sent".to_owned(),
                statements: vec![Statement {
                    plan: None,
                    ..statement.clone()
                }],
            },
        ],
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_say_what_a_statement_needs() {
        for (sql, expected) in [
            ("INSERT INTO t VALUES ('CREATE TABLE x')", None),
            ("CREATE TEMP TABLE x (a int)", None),
            ("DROP TABLE IF EXISTS pg_temp.x", Some(Kind::Schema)),
            (
                "create table if not exists venue (id int)",
                Some(Kind::Schema),
            ),
            (
                "CREATE TABLE y PARTITION OF x FOR VALUES IN (1)",
                Some(Kind::Partition),
            ),
            ("BEGIN; SET LOCAL ROLE admin", Some(Kind::Rights)),
            ("SET ROLE NONE", None),
            ("SET TIME ZONE 'UTC'", None),
            ("ALTER ROLE CURRENT_USER SET jit = off", Some(Kind::Rights)),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
                Some(Kind::Schema),
            ),
            ("SELECT 1", None),
        ] {
            assert_eq!(kind(sql), expected, "{sql}");
        }
    }
}
