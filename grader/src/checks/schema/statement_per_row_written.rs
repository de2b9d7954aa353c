use crate::check;
use crate::check::{Cx, QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Evidence, Fault, Verdict};

check! {
    /// ## What it looks at
    /// A thing with parts (an order with lines) is made with 2, 4, 8 and 16 of them, and the statements of each
    /// request are counted; those inside triggers and foreign keys are not. One statement for each part is fine;
    /// clearly more fails.
    ///
    /// ## Why it matters
    /// While an order is written, its rows are locked. Two or three statements for each line keep them locked for
    /// as many journeys, and everybody else who wants the same tickets waits.
    ///
    /// ## Passes
    /// ```text
    /// POST /orders with 2 lines       5 statements
    /// POST /orders with 16 lines      5 statements     -- or 19: one for each line
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /orders with 2 lines       7 statements
    /// POST /orders with 16 lines     49 statements
    /// ```
    ///
    /// ## How to mend it
    /// Fetch what all parts need at once (`= ANY($1)`), and write them at once (`INSERT … SELECT … FROM unnest($1,
    /// $2)`).
    pub static CHECK = {
        id: "schema.statement-per-row-written",
        summary: "several statements are sent for each part that is written",
        concept: "object-mapping",
        severity: Low,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["Yang et al., ICSE 2018, How not to structure your database-backed web applications", "PostgreSQL manual 14.4: Populating a Database"],
        hints: [
            "How many times does your service go to the database for an order of sixteen lines?",
            "What is asked for each part can be asked for all parts at once, and written at once.",
            "Collect the keys of all parts, fetch with = ANY($1), and insert all rows with one INSERT.",
        ],
        run,
    }
}

/// More than one statement for each part, whatever else there is.
const TOO_MANY: f64 = 1.25;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let all = cost::written(cx).await?;
    if all.is_empty() {
        let why = "nothing in this contract is made with several parts at once".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    let mut findings = cx.findings();
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
    let (parts, statements): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let (parts, statements) = (cost::counts(&parts), cost::counts(&statements));
    let mut evidence = vec![
        cx.seen(
            format!("the request with the most {}", series.of),
            &series.exchange,
        ),
        Evidence::Growth {
            says: format!("with {parts} {} it sent {statements} statements", series.of),
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
            "{} sends {slope:.1} statements for each of its {}",
            series.about, series.of
        )),
        expected: "at most one statement for each part, better one for all".to_owned(),
        actual: format!("{statements} statements for {parts} {}", series.of),
        evidence,
        ..Draft::default()
    })
}
