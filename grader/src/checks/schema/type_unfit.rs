use serde_json::Value;

use crate::check;
use crate::check::{Findings, SurveyCx};
use crate::checks::endpoints::created_differs;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Pack;
use crate::schema::domain::What;
use crate::schema::survey::{Held, Survey};

check! {
    /// ## What it looks at
    /// The types of columns that hold planted facts, against what the contract says of the fact. Whole numbers and
    /// amounts with a fixed number of decimals are not kept as `real` or `double precision`; numbers, flags and
    /// instants not as text; a text column is no shorter than the contract’s longest text; a whole number’s type
    /// holds the contract’s largest; a reference has the type of what it refers to. An instant without its time
    /// zone is mentioned only. Epochs, cents and numbered lists are fine.
    ///
    /// ## Why it matters
    /// Text sorts 10 before 9. A floating amount is off by a cent after some additions. An instant without a zone
    /// is another instant for whoever reads it elsewhere. And an index on a column of another type than what it is
    /// compared with is not used.
    ///
    /// ## Passes
    /// ```text
    /// price_cents integer      starts_at timestamptz
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// price_cents double precision      starts_at text
    /// ```
    ///
    /// ## How to mend it
    /// Whole numbers: `integer` or `bigint`. Amounts: whole cents, or `numeric`. Instants: `timestamptz`. Flags:
    /// `boolean`. References: the type of the key.
    pub static CHECK = {
        id: "schema.type-unfit",
        summary: "a column has a type that does not fit its fact",
        concept: "tables",
        severity: Low,
        needs: [created_differs::CHECK],
        world: Planted,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["PostgreSQL manual 8 (Data Types)", "pg-index-health: columns with unsuitable types"],
        hints: [
            "Which values does the contract allow that this type cannot hold, or holds only nearly?",
            "A type is the first constraint: it says what a value can be, how it is compared and how it is sorted.",
            "Change the type in a migration: `ALTER TABLE … ALTER COLUMN … TYPE … USING …`.",
        ],
        run,
    }
}

async fn run(cx: &mut SurveyCx) -> Result<Verdict, Fault> {
    let (survey, pack) = (cx.survey(), cx.pack());
    let (mut wrong, mut advice) = (cx.findings(), cx.findings());
    for held in survey.held() {
        let schema = schema(&survey, &pack, &held);
        let unfit = schema.and_then(|s| unfit(s, &held));
        match unfit.or_else(|| other_type(&survey, &held)) {
            Some(Unfit::Wrong(why)) => tell(&survey, &held, &why, &mut wrong),
            Some(Unfit::Doubtful(why)) => tell(&survey, &held, &why, &mut advice),
            None => {}
        }
    }
    match wrong.is_empty() {
        true => Ok(cx.clear_with(advice)),
        false => Ok(wrong.verdict()),
    }
}

/// Why a type does not fit.
enum Unfit {
    Wrong(String),
    Doubtful(String),
}

/// What the contract says of a fact that stands with its own thing.
fn schema<'p>(survey: &Survey, pack: &'p Pack, held: &Held<'_>) -> Option<&'p Value> {
    let kind = &survey.labels.domain.kinds[held.kind];
    match held.what {
        What::Fact(n) if held.path.is_empty() => {
            let fact = pack.fact(&kind.name, &kind.facts[n].name)?;
            Some(pack.contract.follow(&fact.schema))
        }
        _ => None,
    }
}

fn unfit(schema: &Value, held: &Held<'_>) -> Option<Unfit> {
    let base = held.column.base_type.as_str();
    let is = |kind: &str| may_be(schema, kind);
    let text = base == "text" || base.starts_with("character") || base.contains("citext");
    let floating = matches!(base, "real" | "double precision");
    let most = schema.get("maximum").and_then(Value::as_f64);
    let steps = schema.get("multipleOf").and_then(Value::as_f64);
    let format = schema.get("format").and_then(Value::as_str);
    let wrong = |why: String| Some(Unfit::Wrong(why));
    if is("integer") || is("number") {
        let exact = is("integer") || steps.is_some();
        return match base {
            _ if text => wrong(format!("a number is kept as `{base}`")),
            _ if floating && exact => wrong(format!("an exact number is kept as `{base}`")),
            _ => {
                let room = largest(base)?;
                let most = most.filter(|m| *m > room)?;
                wrong(format!(
                    "the contract allows {most}, and `{base}` ends at {room}"
                ))
            }
        };
    }
    if is("boolean") && text {
        return wrong(format!("a flag is kept as `{base}`"));
    }
    if format == Some("date-time") {
        return match base {
            _ if text => wrong(format!("an instant is kept as `{base}`")),
            _ if base.starts_with("timestamp") && !base.contains("with time zone") => Some(
                Unfit::Doubtful("an instant is kept without its time zone".to_owned()),
            ),
            _ => None,
        };
    }
    let room = length(base)?;
    let longest = schema.get("maxLength").and_then(Value::as_u64)?;
    let open = is("string") && schema.get("enum").is_none() && longest > room;
    open.then(|| {
        Unfit::Wrong(format!(
            "the contract allows {longest} characters, and `{base}` holds {room}"
        ))
    })
}

/// Whether a schema allows values of this type.
fn may_be(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::Array(all)) => all.iter().any(|t| t == kind),
        Some(one) => one == kind,
        None => false,
    }
}

/// The largest number that a type of whole numbers holds.
fn largest(base: &str) -> Option<f64> {
    match base {
        "smallint" => Some(f64::from(i16::MAX)),
        "integer" => Some(f64::from(i32::MAX)),
        _ => None,
    }
}

/// How many characters `character varying(40)` holds.
fn length(base: &str) -> Option<u64> {
    let inside = base.strip_prefix("character")?.split_once('(')?.1;
    inside.strip_suffix(')')?.parse().ok()
}

/// A reference whose type is not that of the column it refers to.
fn other_type(survey: &Survey, held: &Held<'_>) -> Option<Unfit> {
    let name = &held.column.name;
    let key = held
        .table
        .foreign_keys
        .iter()
        .find(|f| f.columns.contains(name))?;
    let at = key.columns.iter().position(|c| c == name)?;
    let theirs = &survey.referred(key, at)?.base_type;
    let own = &held.column.base_type;
    (own != theirs).then(|| {
        Unfit::Wrong(format!(
            "a reference is `{own}`, and what it refers to is `{theirs}`"
        ))
    })
}

fn tell(survey: &Survey, held: &Held<'_>, why: &str, findings: &mut Findings) {
    findings.add(Draft {
        subject: survey.called(held),
        saw: format!("`{}` of `{}`: {why}", held.column.name, held.table),
        expected: format!(
            "a type that holds every value of {} exactly",
            survey.called(held)
        ),
        actual: format!("`{} {}`", held.column.name, held.column.type_name),
        evidence: vec![survey.rows_of(
            held,
            std::slice::from_ref(&held.column.name),
            "what the column holds",
        )],
        ..Draft::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_from_the_type() {
        assert_eq!(length("character varying(40)"), Some(40));
        assert_eq!(length("character varying"), None);
        assert_eq!(length("text"), None);
    }
}
