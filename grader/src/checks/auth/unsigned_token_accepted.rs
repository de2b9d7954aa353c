use serde_json::Value;

use super::signature_not_checked;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Words, withstands};
use crate::model::{Fault, Verdict};
use crate::probe::auth::{Forge, Jwt, Session};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An access token that is a JSON Web Token is written anew with `alg` set to `none`, in capital and small
    /// letters, with a space, to nothing, to `null`, or taken away. It claims to be another account, and comes
    /// without a signature, without its last dot, and with the signature of a genuine token. Before and after, the
    /// honest token is let in; without one, nobody is.
    ///
    /// ## Why it matters
    /// The header of a token is written by whoever sends it. A service that asks the header how to verify asks the
    /// attacker, and `none` says: not at all.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer <{"alg": "none"}>.<claims of somebody else>.    401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer <{"alg": "None"}>.<claims of somebody else>.    200  {"email": "bob@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Name the one algorithm where you verify, `algorithms=["HS256"]`, and never look at the token's own `alg` to
    /// choose one. Do not compare it with `none` either: such a list always lacks a spelling.
    pub static CHECK = {
        id: "auth.unsigned-token-accepted",
        summary: "a token that says it needs no signature is believed",
        concept: "signatures",
        severity: Critical,
        needs: [signature_not_checked::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8725 §3.1", "RFC 7519 §6", "ASVS v5.0.0-9.1.2", "CVE-2015-9235", "OWASP WSTG-SESS-10"],
        hints: [
            "Who says by which algorithm a token is verified: your service, or the token?",
            "The verifier decides on the algorithm. What a token says of itself is input like any other.",
            "Give your library's verify function a list with the one algorithm that you sign with, and take every branch on the header's `alg` away.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the algorithm of access tokens",
    expected: "a token without a valid signature is refused, whatever its header says",
    gain: "Anybody can write a token that says whoever they like and needs no signature, and the service takes them for that account.",
    also: &[400],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let (Some(own), Some(other)) = (a.jwt(), b.jwt()) else {
        return Ok(skipped("the access token is no JSON Web Token"));
    };
    let attacks = attacks(&a, &own, &other);
    withstands(cx, &mut accounts, &a, &[&b], attacks, &WORDS).await
}

/// A header that names no algorithm, with what a reader is told of it.
fn headers(forge: &Forge) -> Vec<(String, Forge)> {
    let says = |alg: &str| (format!("alg `{alg}`"), forge.clone().header("alg", alg));
    let spelled = ["none", "None", "NONE", "nOnE", "none "].map(says);
    let mut all = Vec::from(spelled);
    all.push(("an empty alg".to_owned(), forge.clone().header("alg", "")));
    let null = forge.clone().header("alg", Value::Null);
    all.push(("alg null".to_owned(), null));
    all.push(("no alg".to_owned(), forge.clone().without_header("alg")));
    all
}

fn attacks(a: &Session, own: &Jwt, other: &Jwt) -> Vec<Attack> {
    let somebody = own.forge().as_whom(&other.identity(own));
    let mut attacks = Vec::new();
    for (says, forge) in headers(&somebody) {
        for (how, text) in [
            ("no signature", forge.unsigned()),
            ("no second dot", forge.undotted()),
            ("an old signature", forge.with_signature(&own.signature)),
        ] {
            let name = format!("a token with {says} and {how}");
            attacks.push(Attack::new(name, a.bearing(&text)));
        }
    }
    // Somebody else's claims may be refused for another reason than the missing signature.
    let mine = own.forge().header("alg", "none").unsigned();
    let name = "one's own claims with alg `none` and no signature";
    attacks.push(Attack::new(name, a.bearing(&mine)));
    attacks
}
