use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Words, withstands};
use crate::model::{Fault, Verdict};
use crate::probe::auth::{Jwt, Key, Session};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An access token that is a JSON Web Token is sent to `whoami` with its signature taken away, cut, zeroed,
    /// changed in one byte in the middle, taken from another account's token, or made with a key that is not the
    /// service's. Where the signature is another's, the token claims to be another account. Before and after, the
    /// honest token is let in; without one, nobody is.
    ///
    /// ## Why it matters
    /// Everybody can read a token and write one. The signature is all that tells the service's own from any other,
    /// and only for somebody who checks it: taking the claims out of a token is not checking it.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer <header>.<claims>.<signature with one byte changed>   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer <header>.<claims of somebody else>.<any signature>    200  {"email": "bob@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Use the function of your library that verifies, with the key and the list of algorithms that you allow, and
    /// read no claim before it has said yes. Let its error end the request with 401.
    pub static CHECK = {
        id: "auth.signature-not-checked",
        summary: "a token is believed whatever its signature",
        concept: "signatures",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 7515 §5.2", "RFC 8725 §3.3", "ASVS v5.0.0-9.1.1", "OWASP API2:2023"],
        hints: [
            "Who could have written the token that your service just read?",
            "Decoding a token tells what it says; only verifying its signature tells who said so.",
            "Call your library's verify function, with your key and the algorithms you allow, before you read any claim.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the signature of access tokens",
    expected: "a token that the service has not signed is refused",
    gain: "Anybody can write a token that says whoever they like, and the service takes them for that account.",
    also: &[400],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let (Some(own), Some(other)) = (a.jwt(), b.jwt()) else {
        return Ok(skipped("the access token is no JSON Web Token"));
    };
    let stranger = stranger(cx, own.alg())?;
    let attacks = attacks(&a, &own, &other, stranger.as_ref());
    withstands(cx, &mut accounts, &a, &[&b], attacks, &WORDS).await
}

/// A key of the same kind that the service has never seen; none for an algorithm that nobody here can sign with.
fn stranger(cx: &mut Cx, alg: &str) -> Result<Option<Key>, Fault> {
    let seed = rand::Rng::next_u64(cx.planter().rng());
    // What the service's token is signed with is not ours to judge here.
    Ok(Key::draw(alg, &mut ChaCha20Rng::seed_from_u64(seed)).ok())
}

fn attacks(a: &Session, own: &Jwt, other: &Jwt, stranger: Option<&Key>) -> Vec<Attack> {
    let whole = &own.signature;
    let (forge, identity) = (own.forge(), other.identity(own));
    // One byte in the middle: the last character of a signature has bits that no decoder reads (RFC 4648 §3.5).
    let mut flipped = whole.clone();
    if let Some(byte) = flipped.get_mut(whole.len() / 2) {
        *byte ^= 0x20;
    }
    let cut = whole.len().saturating_sub(4);
    let mut tokens = vec![
        ("a token without a signature", forge.unsigned()),
        ("a token without its third part", forge.undotted()),
        (
            "a token whose signature lacks its first bytes",
            forge.with_signature(whole.get(4..).unwrap_or_default()),
        ),
        (
            "a token whose signature lacks its last bytes",
            forge.with_signature(&whole[..cut]),
        ),
        (
            "a token with one byte of its signature changed",
            forge.with_signature(&flipped),
        ),
        (
            "a token with a signature of zeros",
            forge.with_signature(&vec![0; whole.len()]),
        ),
        (
            "a token with another token's signature",
            forge.with_signature(&other.signature),
        ),
        (
            "somebody else's claims under one's own signature",
            forge.clone().as_whom(&identity).with_signature(whole),
        ),
    ];
    let forged = stranger.and_then(|key| forge.as_whom(&identity).signed(own.alg(), key));
    tokens.extend(forged.map(|t| ("a token signed with a stranger's key", t)));
    let attack = |(name, text): (&str, String)| Attack::new(name, a.bearing(&text));
    tokens.into_iter().map(attack).collect()
}
