use crate::check;
use crate::check::{Cx, QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::control;
use crate::model::{Draft, Evidence, Fault, Verdict};

check! {
    /// ## What it looks at
    /// Lists are read with 5, 10, 20 and 40 things on a page, and what has children, parts or links is read with 5,
    /// 10, 20 and 40 of them. The statements that each request sends are counted, by the database's own log. One
    /// statement more for each thing more fails; BEGIN, SET and pings do not count.
    ///
    /// ## Why it matters
    /// Each statement is a journey to the database and back. One is nothing; one for each row makes a page of a
    /// hundred a hundred times slower, and the more so the further away the database is.
    ///
    /// ## Passes
    /// ```text
    /// GET /events?limit=5      1 statement
    /// GET /events?limit=40     1 statement
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /events?limit=5      6 statements
    /// GET /events?limit=40     41 statements
    /// ```
    ///
    /// ## How to mend it
    /// Ask for everything that a page needs at once: a join, or one statement for all rows, `WHERE event_id =
    /// ANY($1)`, put together in code. An ORM has a word for it (eager loading, include, selectinload).
    pub static CHECK = {
        id: "schema.query-per-row",
        summary: "one statement is sent for each row that is shown",
        concept: "object-mapping",
        severity: High,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Yang et al., ICSE 2018, How not to structure your database-backed web applications", "Fowler, Patterns of Enterprise Application Architecture: Lazy Load", "Winand, SQL Performance Explained: Nested Loops"],
        hints: [
            "How many statements does this request send for five rows, and how many for forty?",
            "A loop that queries is a join that the database never sees.",
            "Log the statements of one request, find the one that repeats with another value, and replace all of them by a join or by one with = ANY($1).",
        ],
        run,
    }
}

/// So many statements more for each thing more are too many: one that asks in portions stays far below.
const TOO_MANY: f64 = 0.5;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let all = control!(cost::series(cx).await?);
    let mut findings = cx.findings();
    if all.is_empty() {
        let why = "nothing in this contract shows many things at once".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    findings.extend(all.iter().filter_map(|series| draft(cx, series)));
    Ok(findings.verdict())
}

fn draft(cx: &Cx, series: &cost::Series) -> Option<Draft> {
    let slope = cost::slope(&series.points);
    if slope < TOO_MANY {
        return None;
    }
    let points = series.points.iter();
    let points: Vec<(f64, f64)> = points.map(|(n, sent)| (*n as f64, *sent as f64)).collect();
    let (things, statements): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (things, statements) = (cost::counts(&things), cost::counts(&statements));
    let mut evidence = vec![
        cx.seen(
            format!("the request with the most {}", series.of),
            &series.exchange,
        ),
        Evidence::Growth {
            says: format!(
                "with {things} {} it sent {statements} statements",
                series.of
            ),
            what: "statements".to_owned(),
            against: series.of.clone(),
            points,
        },
    ];
    if let Some((statement, times)) = &series.often {
        evidence.push(Evidence::Statements {
            says: format!("the statement that it sent {times} times, but for its values"),
            statements: vec![statement.clone()],
        });
    }
    Some(Draft {
        subject: series.op.to_string(),
        saw: cost::cut(format!(
            "{} sends {slope:.1} statements more for each of its {}",
            series.about, series.of
        )),
        expected: "as many statements for forty as for five".to_owned(),
        actual: format!("{statements} statements for {things} {}", series.of),
        evidence,
        ..Draft::default()
    })
}
