//! Values that a contract forbids: each field with another type, across its bounds, with nothing in it, or away.

use rand::Rng;
use serde_json::{Value, json};

use super::{Case, Edit, Must, fields};
use crate::pack::{Contract, Operation};
use crate::probe::sample;

/// No text longer than this is sent to cross a bound: a service need not take bodies of any size.
const LONGEST: u64 = 8000;

/// Every way to break the schema of an operation's body that keeps the rest of it honest. `spared` are names of fields
/// that others look after.
pub fn wrong(
    contract: &Contract,
    op: &Operation,
    body: &Value,
    spared: &[String],
    rng: &mut impl Rng,
) -> Vec<Case> {
    let mut all = Vec::new();
    for field in fields(contract, op, body) {
        if spared.contains(&field.name) {
            continue;
        }
        let name = &field.name;
        let mut add = |class, says: &str, must, edit| {
            all.push(Case {
                name: format!("`{name}` {says}"),
                at: name.clone(),
                class,
                must,
                edit,
            });
        };
        let put = |value: Value| Edit::Put(field.at.clone(), value);
        add(
            "missing",
            "is missing",
            Must::Refuse,
            Edit::Take(field.at.clone()),
        );
        add("null", "is null", Must::Refuse, put(Value::Null));
        let ordinary = field
            .value
            .clone()
            .unwrap_or_else(|| sample::value(contract, &field.schema, name, rng));
        for odd in types(contract, &field.schema, &ordinary) {
            add(odd.class, odd.says, odd.must, put(odd.value));
        }
        for odd in bounds(contract, &field.schema, &ordinary) {
            add(odd.class, odd.says, odd.must, put(odd.value));
        }
    }
    all.extend(wholes(body));
    // Exactly what the contract's own validator has something against.
    all.retain(|case| {
        let changed = case.edit.value(body);
        changed.is_some_and(|changed| !contract.validate_body(op, &changed).is_empty())
    });
    all
}

struct Odd {
    class: &'static str,
    says: &'static str,
    must: Must,
    value: Value,
}

fn odd(class: &'static str, says: &'static str, must: Must, value: Value) -> Odd {
    Odd {
        class,
        says,
        must,
        value,
    }
}

/// Values of other types. What usual frameworks turn into the right type without a loss is told apart.
fn types(contract: &Contract, schema: &Value, ordinary: &Value) -> Vec<Odd> {
    let lax = |fits: bool| if fits { Must::Coerce } else { Must::Refuse };
    let scalar = ordinary.is_number() || ordinary.is_boolean();
    let mut all = vec![
        odd("a text", "is a text", Must::Refuse, json!("zq7 kestrel")),
        odd(
            "a number",
            "is a number",
            lax(ordinary.is_string()),
            json!(7),
        ),
        odd(
            "true",
            "is `true`",
            lax(ordinary.is_string() || scalar),
            json!(true),
        ),
        odd("a list", "is a list", Must::Refuse, json!([ordinary])),
        odd("an empty list", "is an empty list", Must::Refuse, json!([])),
        odd("an object", "is an object", Must::Refuse, json!({"zq7": 1})),
    ];
    if scalar {
        let text = json!(ordinary.to_string());
        all.push(odd(
            "a number as a text",
            "is a number in quotes",
            Must::Coerce,
            text,
        ));
    }
    if let Some(whole) = ordinary.as_i64() {
        #[expect(clippy::cast_precision_loss, reason = "an ordinary number is small")]
        let half = json!(whole as f64 + 0.5);
        all.push(odd("a fraction", "is no whole number", Must::Refuse, half));
    }
    // For a list of values that are allowed a text of another kind is a word that is not among them.
    if contract.is_closed(schema) && ordinary.is_string() {
        all.push(odd(
            "another word",
            "is none of the words that are allowed",
            Must::Refuse,
            json!("zq7"),
        ));
    }
    all
}

/// Values just beyond a bound, or against a format or a pattern.
fn bounds(contract: &Contract, schema: &Value, ordinary: &Value) -> Vec<Odd> {
    let said = |word: &str| contract.says(schema, word);
    let count = |word: &str| said(word).and_then(Value::as_u64);
    let mut all = Vec::new();
    let mut add = |class, says, value| all.push(odd(class, says, Must::Refuse, value));
    match ordinary {
        Value::Number(_) => {
            let beyond = |word: &str, by: i64| said(word).and_then(|bound| step(bound, by));
            for value in [beyond("minimum", -1), beyond("exclusiveMinimum", 0)]
                .into_iter()
                .flatten()
            {
                add("too small", "is one below its bound", value);
            }
            for value in [beyond("maximum", 1), beyond("exclusiveMaximum", 0)]
                .into_iter()
                .flatten()
            {
                add("too large", "is one above its bound", value);
            }
        }
        Value::String(text) => {
            if let Some(most) = count("maxLength").filter(|most| *most < LONGEST) {
                let wanted = usize::try_from(most).unwrap_or_default() + 1;
                let missing = wanted.saturating_sub(text.chars().count());
                let value = json!(format!("{text}{}", "x".repeat(missing)));
                add("too long", "is one character too long", value);
            }
            if let Some(least) = count("minLength").filter(|least| *least > 0) {
                let kept = usize::try_from(least - 1).unwrap_or_default();
                let short: String = text.chars().take(kept).collect();
                let (class, says) = match kept {
                    0 => ("empty", "is an empty text"),
                    _ => ("too short", "is one character too short"),
                };
                add(class, says, json!(short));
            }
            for value in formats(said("format").and_then(Value::as_str)) {
                add(
                    "another format",
                    "is a text of another format",
                    json!(value),
                );
            }
            if said("pattern").is_some() {
                add(
                    "another pattern",
                    "does not match its pattern",
                    json!(format!("{text} \u{7f}!")),
                );
            }
        }
        Value::Array(items) => {
            if let (Some(most), Some(first)) = (count("maxItems"), items.first())
                && most < 200
            {
                let many = vec![first.clone(); usize::try_from(most).unwrap_or_default() + 1];
                add("too many", "has one item too many", json!(many));
            }
            if count("minItems").is_some_and(|least| least > 0) {
                let kept = count("minItems").and_then(|n| usize::try_from(n - 1).ok());
                let few: Vec<_> = items.iter().take(kept.unwrap_or_default()).collect();
                add("too few", "has one item too few", json!(few));
            }
        }
        _ => {}
    }
    all
}

fn step(bound: &Value, by: i64) -> Option<Value> {
    match bound.as_i64() {
        Some(whole) => whole.checked_add(by).map(Value::from),
        #[expect(clippy::cast_precision_loss, reason = "a step of one")]
        None => bound.as_f64().map(|b| json!(b + by as f64)),
    }
}

/// Texts that are no value of a format.
fn formats(format: Option<&str>) -> &'static [&'static str] {
    match format {
        Some("date-time") => &["yesterday", "2027-02-30T10:00:00Z", "2027-03-01"],
        Some("date") => &["yesterday", "2027-02-30"],
        Some("time") => &["noon", "25:00:00Z"],
        Some("email" | "idn-email") => &["zq7kestrel"],
        Some("uuid") => &["zq7kestrel", "0190a6b4-7d2c-7c1e-9a52"],
        Some("uri" | "url") => &["zq7 kestrel"],
        Some("ipv4") => &["192.0.2.256"],
        _ => &[],
    }
}

/// The body as a whole is something else than an object.
fn wholes(body: &Value) -> Vec<Case> {
    let whole = |class, says: &str, value| Case {
        name: format!("the body {says}"),
        at: String::new(),
        class,
        must: Must::Refuse,
        edit: Edit::Put(String::new(), value),
    };
    vec![
        whole(
            "a body that is an empty list",
            "is an empty list",
            json!([]),
        ),
        whole(
            "a body that is a list",
            "is a list with the right body in it",
            json!([body]),
        ),
        whole("a body that is null", "is null", Value::Null),
        whole("a body that is a number", "is a number", json!(7)),
        whole("a body that is a text", "is a text", json!("zq7 kestrel")),
        whole("a body that is true", "is `true`", json!(true)),
    ]
}
