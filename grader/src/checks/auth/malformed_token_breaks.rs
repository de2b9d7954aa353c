use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::guard::{Attack, Guard, Words};
use crate::model::{Fault, Outcome, Verdict};
use crate::probe::auth::Session;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// `whoami` is asked with some forty texts that are no token: too few parts and too many, parts that are no
    /// base64, no JSON, JSON of another kind than an object, a header whose members are lists and numbers, brackets a
    /// thousand deep, quotes, signs of other scripts, a very long text. Every answer must be a refusal. One in the
    /// 500s, none at all, or a service that ends is a failure. In between the honest credential goes on working.
    ///
    /// ## Why it matters
    /// The credential is the first thing of a stranger's that your code reads, and it may be any text at all. What
    /// breaks there breaks for everybody: a 500 wakes somebody up at night, and an exception that nobody catches ends
    /// the process.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer a.b.c     401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer a.b.c     500
    /// ```
    ///
    /// ## How to mend it
    /// Put the whole reading of a credential, from the header to the account, into one function that returns an
    /// account or nothing, whatever it is given. Let the library take the token apart, catch all its errors there,
    /// and answer 401.
    pub static CHECK = {
        id: "auth.malformed-token-breaks",
        summary: "a text that is no token breaks the service instead of being refused",
        concept: "error-format",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 7519 §7.2", "RFC 8725 §3.14", "RFC 6750 §3.1", "ASVS v5.0.0-16.5.4"],
        hints: [
            "What does your service do with a credential that has no dots, or a header that is a list?",
            "Reading what comes from outside is total: every text ends in an account or in a refusal, and never in an exception.",
            "Wrap everything between the header and the account in one function, catch every error of decoding there, and answer 401.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "credentials that are no token",
    expected: "401",
    gain: "Anybody can make the service fail by a header, without an account.",
    // What an orderly no is called is another check's question.
    also: &[400, 403, 404, 413, 414, 422, 431],
};

/// A signature of the usual length that is nobody's.
const NOBODYS: [u8; 32] = [0; 32];
/// How many brackets are put into each other: more than readers by recursion follow.
const DEEP: usize = 1500;
/// How long a long credential is: well under what servers take of headers at the least (8 KiB).
const LONG: usize = 6000;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    for attack in attacks(&a) {
        guard
            .attempt(cx, &mut accounts, &[], &attack, &WORDS)
            .await?;
    }
    for attack in unusual(&a) {
        // A server may hang up on what is hardly HTTP. Whether it still runs is asked at the end.
        let seen = accounts.whoami(&attack.bearer).await?;
        if matches!(seen.exchange().outcome, Outcome::Answered { .. }) {
            guard
                .attempt(cx, &mut accounts, &[], &attack, &WORDS)
                .await?;
        }
    }
    guard.close(cx, &mut accounts, Some(&a)).await
}

/// Texts that every HTTP client sends.
fn attacks(a: &Session) -> Vec<Attack> {
    let attack = |(name, text): (&str, String)| Attack::new(name, a.bearing(&text));
    let all = shapes().into_iter().chain(claims()).chain(headers());
    all.map(attack).collect()
}

/// Texts with signs that a header seldom has.
fn unusual(a: &Session) -> Vec<Attack> {
    let all = [
        (
            "a credential in another script",
            "zq7-\u{e9}\u{4e2d}\u{1f98a}",
        ),
        ("a credential with a tabulator", "zq7\tkestrel"),
    ];
    all.map(|(name, text)| Attack::new(name, a.bearing(text)))
        .into()
}

fn shapes() -> Vec<(&'static str, String)> {
    let header = part(br#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = part(br#"{"sub":"1"}"#);
    let (five, bytes) = (
        format!("{header}.{claims}.{claims}.{claims}.{claims}"),
        [0xff, 0xfe, 0, 0x80],
    );
    vec![
        (
            "a credential of three letters with dots",
            "a.b.c".to_owned(),
        ),
        ("a credential of one letter", "a".to_owned()),
        ("a credential of one dot", ".".to_owned()),
        ("a credential of two dots", "..".to_owned()),
        ("a header without anything else", header.clone()),
        ("a header with two dots", format!("{header}..")),
        ("a credential of five parts", five),
        (
            "a token in the other base64 alphabet",
            format!("{header}.+/+/.+/+/"),
        ),
        ("a token with padding", format!("{header}=.{claims}==.A===")),
        (
            "a token with one letter too many",
            format!("{header}A.{claims}.AAAAA"),
        ),
        ("a token of bytes that are no text", token(&bytes, &bytes)),
        ("a credential with a space in it", "zq7 kestrel".to_owned()),
        (
            "a scheme in the credential",
            format!("Bearer {header}.{claims}.AAAA"),
        ),
        (
            "a credential of quotes and brackets",
            r#"{"'`\"}<>[](),;"#.to_owned(),
        ),
        ("a credential of percent signs", "%00%ff%zz%s%n".to_owned()),
        (
            "a part of a statement",
            "zq7' OR '1'='1' -- ".trim_end().to_owned(),
        ),
        ("a very long credential", "A".repeat(LONG)),
        ("a credential of many dots", ".".repeat(LONG / 10)),
    ]
}

/// What no claims are.
fn claims() -> Vec<(&'static str, String)> {
    let header = br#"{"alg":"HS256","typ":"at+jwt"}"#;
    let with = |claims: &str| token(header, claims.as_bytes());
    vec![
        ("a token with claims that are no JSON", with("{\"sub\":")),
        ("a token with claims that are empty", with("")),
        ("a token with claims that are a list", with("[]")),
        ("a token with claims that are null", with("null")),
        ("a token with claims that are a number", with("7")),
        ("a token with claims that are a text", with("\"sub\"")),
        (
            "a token with claims of other kinds",
            with(r#"{"sub":{},"sid":[],"jti":7,"exp":"soon","iat":null,"aud":{},"iss":[]}"#),
        ),
        (
            "a token with claims with numbers beyond all bounds",
            with(r#"{"sub":"1","exp":1e999,"iat":-1e999}"#),
        ),
        (
            "a token for an id that is no number",
            with(r#"{"sub":"zq7","sid":"zq7","id":"zq7"}"#),
        ),
    ]
}

/// What no header is.
fn headers() -> Vec<(&'static str, String)> {
    let with = |header: &str| token(header.as_bytes(), br#"{"sub":"1"}"#);
    let deep = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    vec![
        ("a token with a header that is no JSON", with("{\"alg\"")),
        ("a token with a header that is a list", with("[\"HS256\"]")),
        ("a token with a header that is null", with("null")),
        ("a token with a header that is a text", with("\"alg\"")),
        ("a token with a header without members", with("{}")),
        (
            "a token with an alg that is a list",
            with(r#"{"alg":["HS256"]}"#),
        ),
        (
            "a token with an alg that is an object",
            with(r#"{"alg":{"HS256":1}}"#),
        ),
        (
            "a token with an alg that nobody knows",
            with(r#"{"alg":"ZQ7"}"#),
        ),
        (
            "a typ that is a list",
            with(r#"{"alg":"HS256","typ":["at+jwt"]}"#),
        ),
        (
            "a token with a typ that is a number",
            with(r#"{"alg":"HS256","typ":7}"#),
        ),
        (
            "a kid that is a list",
            with(r#"{"alg":"HS256","typ":"at+jwt","kid":["a"]}"#),
        ),
        (
            "a kid that is an object",
            with(r#"{"alg":"HS256","typ":"at+jwt","kid":{"a":1}}"#),
        ),
        (
            "a kid with U+0000",
            with(r#"{"alg":"HS256","typ":"at+jwt","kid":"a\u0000b"}"#),
        ),
        (
            "a header with brackets in brackets",
            with(&format!(r#"{{"alg":"HS256","x":{deep}}}"#)),
        ),
    ]
}

fn part(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn token(header: &[u8], claims: &[u8]) -> String {
    format!("{}.{}.{}", part(header), part(claims), part(&NOBODYS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::auth::Jwt;

    #[test]
    fn every_text_is_another_and_none_is_longer_than_a_header_may_be() {
        let all: Vec<_> = shapes()
            .into_iter()
            .chain(claims())
            .chain(headers())
            .collect();
        let mut texts: Vec<_> = all.iter().map(|(_, text)| text).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), all.len());
        assert!(
            all.iter()
                .all(|(name, text)| name.len() < 60 && text.len() <= LONG)
        );
    }

    #[test]
    fn what_is_signed_by_nobody_can_be_a_token_in_form_alone() {
        let forms = claims().into_iter().filter(|(_, t)| Jwt::read(t).is_some());
        assert_eq!(forms.count(), 2);
    }
}
