use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::signature_not_checked;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Words, withstands};
use crate::check::own_keys::{NAME, OwnKey, own_keys};
use crate::model::{Fault, Verdict};
use crate::probe::auth::{Forge, Key, Session};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Tokens that claim to be another account are signed with keys of the grader's, and their headers say where the
    /// key is: in `jwk` stands the key itself, as a shared secret, an RSA key, a key on a curve, and in `x5c` a
    /// certificate for it; `kid` names a file whose content everybody knows (`/dev/null`, `/proc/sys/kernel/ostype`), ends
    /// the text of a statement and gives the key by `UNION SELECT`, or names a key that nobody has. All must be refused
    /// without breaking anything. Keys that a service would have to fetch have a check of their own.
    ///
    /// ## Why it matters
    /// The header is read before anything about the token is proven. A service that finds its key by what stands
    /// there lets the sender choose the key, and then the signature proves nothing.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer <{"alg": "HS256", "jwk": {…}}>.<claims of somebody else>.<signature>   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer <{"kid": "../../proc/…"}>.<claims of somebody else>.<signature>        200
    /// ```
    ///
    /// ## How to mend it
    /// Take the key from your configuration. If there are several, look `kid` up in a fixed table of yours and refuse
    /// what is not in it. Never read a file, a row or an address by it, and never look at `jwk` or `x5c`.
    pub static CHECK = {
        id: "auth.key-in-header-believed",
        summary: "the header of a token chooses the key that verifies it",
        concept: "signatures",
        severity: Critical,
        needs: [signature_not_checked::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 7515 §4.1.3", "RFC 7515 §4.1.4", "RFC 8725 §3.10", "ASVS v5.0.0-9.1.3", "CVE-2018-0114"],
        hints: [
            "Where does your service find the key for a token, and does the token have a say in it?",
            "Keys are configured, never supplied by whoever is being checked: what a header says is input, and a `kid` is only ever compared.",
            "Replace whatever follows `kid` or `jwk` by the one key of your configuration, or by a fixed table from `kid` to key.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the key that verifies access tokens",
    expected: "a token that was signed with another key is refused, whatever its header says about keys",
    gain: "Anybody signs a token with a key of their own, says in its header where the key is, and is let in as whoever they like.",
    also: &[400],
};

/// A file of every Linux, and what stands in it.
const KNOWN: (&str, &str) = ("proc/sys/kernel/ostype", "Linux\n");

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let (Some(own), Some(other)) = (a.jwt(), b.jwt()) else {
        return Ok(skipped("the access token is no JSON Web Token"));
    };
    let forge = own.forge().as_whom(&other.identity(&own));
    let keys = own_keys(cx).await?;
    let mut attacks: Vec<Attack> = keys
        .iter()
        .flat_map(|own| embedded(&a, &forge, own))
        .collect();
    // A service that signs otherwise may take no shared secret at all; then these are refused.
    let alg = if own.alg().starts_with("HS") {
        own.alg()
    } else {
        "HS256"
    };
    attacks.extend(named(&a, &forge, alg));
    withstands(cx, &mut accounts, &a, &[&b], attacks, &WORDS).await
}

/// Tokens with their own key in their header, as it is and in a certificate.
fn embedded(a: &Session, forge: &Forge, own: &OwnKey) -> Vec<Attack> {
    let alg = own.alg;
    let certificate = own.certificate.as_ref();
    let chain = certificate.map(|c| json!([STANDARD.encode(&c.der)]));
    let ways = [("jwk", Some(own.jwk.clone())), ("x5c", chain)];
    let attack = |(name, value): (&str, Option<Value>)| {
        let forge = forge.clone().header("alg", alg).header("kid", NAME);
        let text = forge.header(name, value?).signed(alg, &own.key)?;
        let name = format!("a token with its own key ({alg}) in `{name}`");
        Some(Attack::new(name, a.bearing(&text)))
    };
    ways.into_iter().filter_map(attack).collect()
}

/// Tokens whose `kid` leads to a key that we know.
fn named(a: &Session, forge: &Forge, alg: &str) -> Vec<Attack> {
    let up = "../".repeat(12);
    let (path, content) = KNOWN;
    let union = |columns: &str| format!("{NAME}' UNION SELECT {columns}-- ");
    let (one, two) = (format!("'{NAME}'"), format!("'{NAME}', '{NAME}'"));
    let all: Vec<(&str, String, &str)> = vec![
        (
            "a path to a file that all know",
            format!("{up}{path}"),
            content,
        ),
        (
            "a path to a file that all know",
            format!("{up}{path}"),
            content.trim_end(),
        ),
        (
            "the address of a file that all know",
            format!("/{path}"),
            content,
        ),
        (
            "the address of a file that all know",
            format!("/{path}"),
            content.trim_end(),
        ),
        ("a path to an empty file", format!("{up}dev/null"), ""),
        ("the address of an empty file", "/dev/null".to_owned(), ""),
        ("a part of a statement", union(&one), NAME),
        ("a part of a statement", union(&two), NAME),
        ("the name of no key", NAME.to_owned(), ""),
        ("the name of no key", NAME.to_owned(), "undefined"),
        ("the name of no key", NAME.to_owned(), "null"),
        ("the name of no key", NAME.to_owned(), "None"),
        ("the key itself", NAME.to_owned(), NAME),
    ];
    let attack = |(says, kid, key): (&str, String, &str)| {
        let forge = forge.clone().header("alg", alg).header("kid", kid);
        let text = forge.signed(alg, &Key::secret(key))?;
        Some(Attack::new(
            format!("a token whose `kid` is {says}"),
            a.bearing(&text),
        ))
    };
    all.into_iter().filter_map(attack).collect()
}
