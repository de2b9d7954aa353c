//! Numbers within their bounds, and not the ones that anybody would write.

use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};

/// The span in which numbers are drawn when the schema leaves them free: wide enough that two draws differ,
/// and within what the smallest usual column holds.
const FREE: (i64, i64) = (101, 29_989);

/// A whole number.
pub(super) fn integer(schema: &Map<String, Value>, rng: &mut impl Rng) -> Value {
    let step = schema
        .get("multipleOf")
        .and_then(Value::as_i64)
        .filter(|s| *s > 0)
        .unwrap_or(1);
    let bound = |word: &str, exclusive: &str, inward: i64| {
        let plain = schema.get(word).and_then(whole);
        let strict = schema
            .get(exclusive)
            .and_then(whole)
            .map(|b| b.saturating_add(inward));
        plain.or(strict)
    };
    let low = bound("minimum", "exclusiveMinimum", 1);
    let high = bound("maximum", "exclusiveMaximum", -1);
    let (low, high) = span(low, high);
    let (first, last) = (
        low.div_euclid(step) + i64::from(low.rem_euclid(step) != 0),
        high.div_euclid(step),
    );
    json!(
        rng.random_range(first..=last.max(first))
            .saturating_mul(step)
    )
}

/// The part of the allowed span to draw from: the free one where it fits.
fn span(low: Option<i64>, high: Option<i64>) -> (i64, i64) {
    match (low, high) {
        (None, None) => FREE,
        (Some(low), None) => (
            low.max(FREE.0),
            low.max(FREE.0).saturating_add(FREE.1 - FREE.0),
        ),
        (None, Some(high)) => (
            high.min(FREE.1).saturating_sub(FREE.1 - FREE.0),
            high.min(FREE.1),
        ),
        (Some(low), Some(high)) if low <= FREE.0 && high > FREE.0 => (FREE.0, high.min(FREE.1)),
        (Some(low), Some(high)) => (low, high.min(low.saturating_add(FREE.1 - FREE.0)).max(low)),
    }
}

fn whole(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a bound beyond i64 is a bound at its end"
    )]
    value.as_i64().or_else(|| value.as_f64().map(|f| f as i64))
}

/// A number with two decimals, unless its step says otherwise.
pub(super) fn number(schema: &Map<String, Value>, rng: &mut impl Rng) -> Value {
    if let Some(step) = schema
        .get("multipleOf")
        .and_then(Value::as_f64)
        .filter(|s| *s > 0.0)
    {
        let low = schema.get("minimum").and_then(Value::as_f64).unwrap_or(0.0);
        let high = schema
            .get("maximum")
            .and_then(Value::as_f64)
            .unwrap_or(low + step * 9973.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of steps"
        )]
        let steps = ((high - low) / step).floor().clamp(0.0, 9973.0) as u32;
        let value = ((low / step).ceil() + f64::from(rng.random_range(0..=steps))) * step;
        // 0.1 * 3 is not 0.3: rounded to what the step can say.
        return json!((value * 1e6).round() / 1e6);
    }
    let low = schema
        .get("minimum")
        .or(schema.get("exclusiveMinimum"))
        .and_then(Value::as_f64);
    let high = schema
        .get("maximum")
        .or(schema.get("exclusiveMaximum"))
        .and_then(Value::as_f64);
    let low = low.unwrap_or_else(|| high.map_or(101.0, |h| h - 9000.0));
    let high = high.unwrap_or(low + 9000.0).min(low + 9000.0);
    let drawn = low + (high - low) * rng.random_range(0.05..0.95);
    let cents = (drawn * 100.0).round() / 100.0;
    json!(if cents > low && cents < high {
        cents
    } else {
        drawn
    })
}
