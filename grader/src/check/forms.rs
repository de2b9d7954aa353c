//! What the survey found of one kind of flaw, as findings with their witness, what follows from it, and the cure.

use super::{SurveyCx, note};
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::pack::Strictness;
use crate::probe::sql::Rows;
use crate::schema::judge::{Flaw, Form, Proposal};
use crate::schema::survey::Aftermath;

/// The longest line a finding begins with.
const LINE: usize = 99;

/// The verdict on one form: what is wrong fails, what the project tolerates is advice.
///
/// # Errors
/// When the tables cannot be read again.
pub(crate) async fn judged(cx: &mut SurveyCx, form: Form, saw: &str) -> Result<Verdict, Fault> {
    let survey = cx.survey();
    let flaws = survey.judgement.flaws.iter().filter(|f| f.form == form);
    let (mut wrong, mut advice) = (cx.findings(), cx.findings());
    for flaw in flaws {
        let aftermath = aftermath(cx, flaw).await?;
        let draft = draft(cx, flaw, aftermath.as_ref(), saw);
        match flaw.weight {
            Strictness::Fail => wrong.add(draft),
            Strictness::Advice => advice.add(draft),
            Strictness::Ok => {}
        }
    }
    if !wrong.is_empty() {
        return Ok(wrong.verdict());
    }
    match survey.doubt() {
        Some(control) => Ok(Verdict::Inconclusive { control }),
        None => Ok(advice.advice()),
    }
}

async fn aftermath(cx: &mut SurveyCx, flaw: &Flaw) -> Result<Option<Aftermath>, Fault> {
    let (survey, observer) = (cx.survey(), cx.observer().await?);
    match observer.filter(|_| !flaw.facts.is_empty()) {
        Some(observer) => survey.aftermath(flaw, cx.planter(), &observer).await,
        None => Ok(None),
    }
}

fn draft(cx: &SurveyCx, flaw: &Flaw, after: Option<&Aftermath>, saw: &str) -> Draft {
    let rows = Rows {
        table: flaw.table.clone(),
        columns: flaw.witness.columns.clone(),
        rows: flaw.witness.rows.clone(),
        cut: false,
    };
    let says = match (flaw.witness.rows.len(), flaw.differ) {
        (1, _) => "the row that shows it",
        (_, true) => "two rows that should say the same, and do not",
        (_, false) => "rows that show it",
    };
    let mut evidence = vec![rows.evidence(says)];
    if let Some(after) = after {
        evidence.extend(followed(cx, flaw, after));
    }
    let repeats = match flaw.copies {
        0 => String::new(),
        1 => "; 1 row repeats what another says".to_owned(),
        n => format!("; {n} rows repeat what another says"),
    };
    Draft {
        subject: flaw.about.clone(),
        saw: line(&format!("`{}` {saw}: ", flaw.table), &flaw.about),
        expected: cure(&flaw.cure),
        actual: format!("{}{repeats}", flaw.says),
        note: flaw.differ.then(|| {
            "It has happened already: two copies of one fact differ, and nobody can tell which is right.".to_owned()
        }),
        evidence,
        ..Draft::default()
    }
}

/// What a change through the API did to the copies.
fn followed(cx: &SurveyCx, flaw: &Flaw, after: &Aftermath) -> [Evidence; 2] {
    let says = if after.stale == 0 {
        format!(
            "one change of {} had to rewrite {} rows of `{}`",
            after.fact, after.before, flaw.table
        )
    } else {
        format!(
            "{} of {} rows of `{}` kept the old value of {} when it was changed",
            after.stale, after.before, flaw.table, after.fact
        )
    };
    [
        cx.seen("the fact is changed through the API", &after.exchange),
        note(says),
    ]
}

/// `public.events (title, venue) and a table (venue, city)`.
fn cure(tables: &[Proposal]) -> String {
    let table = |p: &Proposal| {
        let name = p
            .exists
            .as_deref()
            .map_or("a table of their own".to_owned(), |t| format!("`{t}`"));
        format!("{name} ({})", p.facts.join(", "))
    };
    let all: Vec<String> = tables.iter().map(table).collect();
    format!("each fact in one place: {}", all.join(" and "))
}

/// A line that is not too long; what does not fit is left out at a word.
pub(super) fn line(head: &str, about: &str) -> String {
    let whole = format!("{head}{about}");
    if whole.chars().count() <= LINE {
        return whole;
    }
    let mut cut: String = whole.chars().take(LINE - 2).collect();
    if let Some(at) = cut.rfind(' ') {
        cut.truncate(at);
    }
    cut.push_str(" …");
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_a_word() {
        assert_eq!(line("`t` keeps: ", "venue.city"), "`t` keeps: venue.city");
        let long = line("`t` keeps: ", &"venue.city, ".repeat(20));
        assert!(
            long.chars().count() <= LINE && long.ends_with(" …"),
            "{long}"
        );
    }
}
