use serde_json::Value;

use super::created_differs;
use crate::check;
use crate::check::Cx;
use crate::check::odd::{self, Odd, Odds};
use crate::model::{Fault, Verdict};
use crate::pack::{Contract, Fact};

check! {
    /// ## What it looks at
    /// Texts that people write and few programmers try: accents that are characters of their own, writing
    /// from right to left, emoji, blanks at both ends, quotes, backslashes and what means something in HTML
    /// and SQL, the longest text that the contract allows (counted in characters), the empty one where it is
    /// allowed. Each must come back character by character. Texts with a format or a pattern that leaves no
    /// room for this are left alone.
    ///
    /// ## Why it matters
    /// Names are people. A service that drops what its author cannot type loses customers whose names it has
    /// misspelt, and the escape that is added on the way in is added again on the way out.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {"name": " Café \"Zum 🎷\" ", …}      201
    /// GET /venues/7      200 {"name": " Café \"Zum 🎷\" ", …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {"name": " Café \"Zum 🎷\" ", …}      201
    /// GET /venues/7      200 {"name": "Caf? &quot;Zum ?&quot;", …}
    /// ```
    ///
    /// ## How to mend it
    /// Keep text as it comes: no trimming, no escaping before it is stored, UTF-8 from end to end. Count
    /// characters, not bytes and not UTF-16 units. Escape where text enters HTML or SQL, and only there.
    pub static CHECK = {
        id: "endpoints.text-altered",
        summary: "text comes back with other characters than were sent",
        concept: "representations",
        severity: Medium,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8259 §8.1", "RFC 3629 §3", "JSON Schema 2020-12 §6.3.1"],
        hints: [
            "Which characters does a name have that you would not type yourself?",
            "Text belongs to whoever wrote it; it is stored as it came, and escaped for a medium only on its way into that medium.",
            "Send the text of the evidence by hand and look at it after each step: parsed, as a parameter, in the row, in the reply.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let odds = Odds {
        what: "texts",
        of: texts,
        cause,
    };
    odd::judge(cx, &odds).await
}

/// No text longer than this is sent: a service need not take bodies of any size.
const LONGEST: usize = 2000;
/// Up to this length the longest text is made of characters of four bytes.
const WIDE: usize = 300;

fn texts(contract: &Contract, fact: &Fact, ordinary: &Value) -> Vec<Odd> {
    let Some(plain) = ordinary
        .as_str()
        .filter(|_| contract.is_free_text(&fact.schema))
    else {
        return Vec::new();
    };
    let mut odds = vec![
        Odd::new(
            "combining characters",
            format!("{plain} Cafe\u{301} A\u{30a}"),
        ),
        Odd::new("letters from right to left", format!("{plain} שלום مرحبا")),
        Odd::new("emoji", format!("{plain} 🎷 👩\u{200d}👩\u{200d}👧 𝄞")),
        Odd::new("blanks at both ends", format!("  {plain}  a  b ")),
        Odd::new(
            "quotes and signs",
            format!(r#"{plain} "a" 'b' `c` \d \\ %s <b>&amp;</b> {{x}} ${{y}} --"#),
        ),
        Odd::new("nothing in them", ""),
    ];
    odds.extend(
        contract
            .longest(&fact.schema)
            .and_then(|most| longest(plain, most)),
    );
    odds
}

/// The ordinary text with as much behind it as the contract allows.
fn longest(plain: &str, most: usize) -> Option<Odd> {
    let missing = most.checked_sub(plain.chars().count())?;
    let filler = if most <= WIDE { "🎷" } else { "x" };
    (most <= LONGEST).then(|| Odd {
        bound: true,
        ..Odd::new(
            "all the characters that are allowed",
            format!("{plain}{}", filler.repeat(missing)),
        )
    })
}

fn cause(odd: &Odd, got: Option<&Value>) -> Option<&'static str> {
    let (sent, got) = (odd.value.as_str()?, got?.as_str()?);
    let escaped = ["&lt;", "&quot;", "&#", "&amp;amp;"];
    let lost = |c: char| got.matches(c).count() > sent.matches(c).count();
    if got == sent.trim() {
        Some("are trimmed")
    } else if escaped.iter().any(|e| got.contains(e)) {
        Some("are escaped before they are stored")
    } else if lost('?') || lost('\u{fffd}') {
        Some("lose the characters that their encoding does not know")
    } else if sent.starts_with(got) {
        Some("are cut off")
    } else if sent.contains('\u{301}') && !got.contains('\u{301}') {
        Some("are normalised")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_counts_characters() {
        let odd = longest("Café", 10).unwrap();
        assert_eq!(odd.value.as_str().unwrap().chars().count(), 10);
        assert!(longest("Café", 3).is_none());
        assert!(longest("Café", 1_000_000).is_none());
    }

    #[test]
    fn a_cause_is_told_where_it_shows() {
        let of = |sent: &str, got: &str| cause(&Odd::new("x", sent), Some(&Value::from(got)));
        assert_eq!(of(" a ", "a"), Some("are trimmed"));
        assert_eq!(of("e\u{301}", "é"), Some("are normalised"));
        assert_eq!(
            of("a🎷", "a?"),
            Some("lose the characters that their encoding does not know")
        );
        assert_eq!(
            of("<b>", "&lt;b>"),
            Some("are escaped before they are stored")
        );
        assert_eq!(of("abc", "xyz"), None);
    }
}
