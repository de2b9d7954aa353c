use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::signature_not_checked;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Guard, Words, minted};
use crate::model::{Draft, Fault, Verdict};
use crate::probe::auth::{Jwt, Seen, Session};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// A genuine token is sent in forms that no service gives out, together with the claims of somebody else: as JSON (RFC
    /// 7515 §7.2) whose genuine parts are signed while another part of the same text names the other account, as the list
    /// of signatures of that format, with `alg` twice in its header, and with claims that name both accounts. An encrypted
    /// token asks for two thousand million rounds of a hash before it can be read. All must be refused, and soon. Where
    /// the grader can sign as the service does, a token whose header says that an unknown extension must be understood
    /// (`crit`) is tried too. What is let in as its owner alone is told as advice.
    ///
    /// ## Why it matters
    /// A library that reads more than one form verifies one reading of a text, and code that takes the token apart by
    /// itself acts on another. Between the two a genuine signature stands for claims that nobody signed.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer {"protected": …, "payload": …, "signature": …}   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer {"  <header>.<claims of somebody else>.": "", "protected": …}   200
    /// ```
    ///
    /// ## How to mend it
    /// Accept three parts in base64url with dots between them, and nothing else. Take the claims from what the verify
    /// function returns, never from the text of the token.
    pub static CHECK = {
        id: "auth.token-form-confused",
        summary: "a token in an odd form is verified one way and read another",
        concept: "signatures",
        severity: High,
        needs: [signature_not_checked::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 7515 §4.1.11", "RFC 7515 §7.2", "RFC 8725 §3.1", "CVE-2022-39227", "CVE-2023-51774"],
        hints: [
            "Which code of yours takes a token apart, and is it the same code that has verified it?",
            "One form, one reading: what was verified is what is used, and anything in another form is no token.",
            "Refuse a token that is not three parts of base64url before anything else looks at it, and use only the claims that the verify function gives back.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the form of access tokens",
    expected: "a token in any other form than the service's own is refused",
    gain: "Anybody with an account of their own wraps their token up with somebody else's claims, and is let in as them.",
    also: &[400, 431],
};

/// The most that an encrypted token can ask for: none is as patient.
const ROUNDS: u32 = i32::MAX as u32;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let (Some(own), Some(other)) = (a.jwt(), b.jwt()) else {
        return Ok(skipped("the access token is no JSON Web Token"));
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    let mut advice = cx.findings();
    for attack in attacks(&a, &own, &other) {
        let seen = accounts.whoami(&attack.bearer).await?;
        // Whoever reads only what was signed lets its owner in, and nobody else.
        if seen.is(&a.account) {
            advice.add(lenient(
                cx,
                "forms that are no token's",
                &attack.name,
                &seen,
            ));
            continue;
        }
        guard
            .attempt(cx, &mut accounts, &[&b], &attack, &WORDS)
            .await?;
    }
    let verdict = guard.close(cx, &mut accounts, Some(&a)).await?;
    if !verdict.passed() {
        return Ok(verdict);
    }
    if let Ok(mint) = minted(cx, &mut accounts, &a).await? {
        let says = "a token with an extension that nobody knows in `crit`";
        let header = json!(["x-quiet-river"]);
        let forge = mint
            .forge()
            .header("x-quiet-river", 1)
            .header("crit", header);
        if let Some(attack) = mint.attack(says, &forge)
            && let seen @ Seen::Accepted { .. } = accounts.whoami(&attack.bearer).await?
        {
            let subject = "extensions that must be understood";
            advice.add(lenient(cx, subject, says, &seen));
        }
    }
    Ok(advice.advice())
}

/// What is let in and opens nothing that its owner may not open.
fn lenient(cx: &Cx, subject: &str, name: &str, seen: &Seen) -> Draft {
    Draft {
        subject: subject.to_owned(),
        saw: format!("{name} is let in as its owner"),
        expected:
            "what is not exactly a token, or not understood, is none (RFC 7515 §4.1.11, §5.2)"
                .to_owned(),
        actual: answer(seen.exchange()),
        evidence: vec![cx.seen(name, seen.exchange())],
        ..Draft::default()
    }
}

fn attacks(a: &Session, own: &Jwt, other: &Jwt) -> Vec<Attack> {
    let (text, forge) = (own.text(), own.forge().as_whom(&other.identity(own)));
    let genuine: Vec<&str> = text.split('.').collect();
    let [header, payload, signature] = genuine.as_slice() else {
        return Vec::new();
    };
    let forged = forge.undotted();
    let (_, claims) = forged.split_once('.').unwrap_or_default();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = json!({"protected": header, "signature": signature});
    let twice = {
        let mut members = own.header.clone();
        members.shift_remove("alg");
        let rest = Value::Object(members).to_string();
        let rest = rest
            .trim_start_matches('{')
            .trim_end_matches('}')
            .to_owned();
        let comma = if rest.is_empty() { "" } else { "," };
        let alg = Value::from(own.alg());
        forge
            .clone()
            .raw_header(&format!("{{\"alg\":{alg},{rest}{comma}\"alg\":\"none\"}}"))
    };
    let rounds = json!({"alg": "PBES2-HS256+A128KW", "enc": "A128CBC-HS256", "p2s": "enE3LWtlc3RyZWw", "p2c": ROUNDS});
    let key = URL_SAFE_NO_PAD.encode([7; 40]);
    let texts = [
        (
            "a token as JSON, with other claims before its signed ones,",
            format!(
                r#"{{"  {header}.{claims}.":"","protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#
            ),
        ),
        (
            "a token as JSON, with other claims after its signed ones,",
            format!(
                r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}","payload":"{claims}"}}"#
            ),
        ),
        (
            "a token as JSON with a list of signatures",
            json!({"payload": claims, "signatures": [signed]}).to_string(),
        ),
        (
            "a token in five parts, other claims behind signed ones,",
            format!("{header}.{payload}.{signature}.{claims}.{signature}"),
        ),
        ("a token with `alg` twice in its header", twice.unsigned()),
        (
            "an encrypted token that asks for 2147483647 rounds",
            format!(
                "{}.{key}.{}.{}.{}",
                part(rounds),
                &key[..22],
                &key[..32],
                &key[..22]
            ),
        ),
    ];
    let attack = |(name, text): (&str, String)| Attack::new(name, a.bearing(&text));
    texts.into_iter().map(attack).collect()
}
