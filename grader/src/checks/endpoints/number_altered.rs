use serde_json::{Value, json};

use super::created_differs;
use crate::check;
use crate::check::Cx;
use crate::check::odd::{self, Odd, Odds};
use crate::model::{Fault, Verdict};
use crate::pack::{Contract, Fact};

check! {
    /// ## What it looks at
    /// Numbers at the ends of what the contract allows, with two decimals where it allows fractions, and
    /// beyond 32 and 53 bits where it says `int64`. Each must come back as the same number.
    ///
    /// ## Why it matters
    /// A price that is rounded is a price that is wrong, and an id that has lost its last digit is the id of
    /// something else. Neither is seen with the small whole numbers that everybody tries first.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {"capacity": 1000000, …}      201
    /// GET /venues/7      200 {"capacity": 1000000, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {"capacity": 1000000, …}      201
    /// GET /venues/7      200 {"capacity": 999999, …}
    /// ```
    ///
    /// ## How to mend it
    /// Choose a column that holds every value of the contract, `numeric` for decimals, and read it without
    /// a detour through a floating-point number.
    pub static CHECK = {
        id: "endpoints.number-altered",
        summary: "a number comes back as another number than was sent",
        concept: "representations",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8259 §6", "RFC 7493 §2.2", "OpenAPI 3.1 §4.4"],
        hints: [
            "Which is the largest number that the contract allows, and which the largest that your column holds?",
            "A number passes through several types on its way; the narrowest of them decides what is left of it.",
            "Follow the number of the evidence from the parser to the column and back, and widen the type that alters it.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let odds = Odds {
        what: "numbers",
        of: numbers,
        cause,
    };
    odd::judge(cx, &odds).await
}

/// The first whole number that a double cannot hold.
const BEYOND_DOUBLE: i64 = 9_007_199_254_740_993;
/// The first that 32 bits cannot, and not a power of two.
const BEYOND_32: i64 = 4_294_967_297;

fn numbers(contract: &Contract, fact: &Fact, ordinary: &Value) -> Vec<Odd> {
    if !ordinary.is_number() || contract.is_closed(&fact.schema) {
        return Vec::new();
    }
    let schema = &fact.schema;
    let mut odds = Vec::new();
    let mut bound = |kind, word, strict, inward: i64| {
        let plain = contract.says(schema, word).cloned();
        let strict = contract.says(schema, strict).and_then(Value::as_i64);
        let value = plain.or_else(|| strict.map(|s| json!(s.saturating_add(inward))));
        odds.extend(value.filter(is_safe).map(|value| Odd::new(kind, value)));
    };
    bound(
        "the smallest value that is allowed",
        "minimum",
        "exclusiveMinimum",
        1,
    );
    bound(
        "the largest value that is allowed",
        "maximum",
        "exclusiveMaximum",
        -1,
    );
    if ordinary.is_i64() && contract.says(schema, "format") == Some(&json!("int64")) {
        odds.push(Odd::new("more than 32 bits", BEYOND_32));
        odds.push(Odd::new("more than 53 bits", BEYOND_DOUBLE));
    }
    let decimals = [1234.56, 12.07, 1.15, 0.29];
    let fits = |n: &f64| contract.accepts(schema, &json!(n));
    odds.extend(
        decimals
            .into_iter()
            .find(fits)
            .map(|n| Odd::new("decimals", n)),
    );
    odds
}

/// Whether the bound is a number that every JSON reader holds (RFC 7493 §2.2).
fn is_safe(value: &Value) -> bool {
    value.as_f64().is_some_and(|n| n.abs() < 9.0e15)
}

fn cause(odd: &Odd, got: Option<&Value>) -> Option<&'static str> {
    let (sent, got) = (odd.value.as_f64()?, got?.as_f64()?);
    if odd.kind == "decimals" && (sent - got).abs() < 1.0 {
        Some("lose their decimals")
    } else if odd.kind == "more than 53 bits" && (sent - got).abs() < 3.0 {
        Some("pass through a floating-point number")
    } else {
        None
    }
}
