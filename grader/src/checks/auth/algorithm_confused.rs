use super::signature_not_checked;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Words, withstands};
use crate::check::published::public_key;
use crate::model::{Fault, Verdict};
use crate::probe::auth::{Jwt, Key, Public, Session};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Where access tokens are signed with one half of a pair, the other half is public. It is worked out from two
    /// genuine tokens, or known because the project gives the pair, or the service publishes it
    /// (`/.well-known/jwks.json`), or it stands among the files that were handed in; it is the right one if it verifies
    /// a genuine token. Tokens that claim to be another account are then
    /// signed by HMAC (HS256, HS384, HS512) with the public key as the secret, in every spelling that a service may hold:
    /// PEM with and without its last line break, DER, PKCS#1, JWK, the bare modulus. All must be refused.
    ///
    /// ## Why it matters
    /// A verifier that takes the algorithm from the token and has one key for all of them takes the public key for a
    /// shared secret. Everybody has that one, so everybody signs.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer <{"alg": "HS256"}>.<claims of somebody else>.<HMAC by the public key>   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer <{"alg": "HS256"}>.<claims of somebody else>.<HMAC by the public key>   200
    /// ```
    ///
    /// ## How to mend it
    /// Name the one algorithm when you verify, and keep each key together with the algorithm it is for: a key of a pair
    /// never becomes the secret of an HMAC.
    pub static CHECK = {
        id: "auth.algorithm-confused",
        summary: "the public key of a pair is taken for a shared secret",
        concept: "signatures",
        severity: Critical,
        needs: [signature_not_checked::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8725 §2.1", "RFC 8725 §3.1", "ASVS v5.0.0-9.1.2", "CVE-2016-10555", "CVE-2022-29217"],
        hints: [
            "Your public key may be known to anybody. What does your service do with a token that says it was signed by HMAC?",
            "A key belongs to one algorithm. The verifier knows which, and a token has no say in it.",
            "Give your library's verify function a list with the one algorithm that you sign with, and take the branch on the header's `alg` away.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the algorithm that verifies access tokens",
    expected: "a token that was signed by another algorithm than the service's own is refused",
    gain: "Everybody may have the public key, and with it signs a token that says whoever they like.",
    also: &[400],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let b = control!(cx.shared(&mut accounts, Seat::B).await?);
    let (Some(own), Some(other)) = (a.jwt(), b.jwt()) else {
        return Ok(skipped("the access token is no JSON Web Token"));
    };
    if own.alg().starts_with("HS") {
        return Ok(skipped(
            "tokens are signed with a shared secret, which is public nowhere",
        ));
    }
    let given = cx.keys().signing();
    let given = given.filter(|(alg, key)| own.is_by(alg, key));
    let known = given.and_then(|(_, key)| Public::of(key));
    let public = match known.or_else(|| Public::recovered(&own, &other)) {
        Some(public) => Some(public),
        None => public_key(cx, &own).await?,
    };
    let Some(public) = public else {
        let alg: String = own.alg().chars().take(16).collect();
        return Ok(skipped(format!(
            "the public key is published nowhere, and signatures by {alg} do not tell it"
        )));
    };
    let attacks = attacks(&a, &own, &other, &public);
    withstands(cx, &mut accounts, &a, &[&b], attacks, &WORDS).await
}

fn attacks(a: &Session, own: &Jwt, other: &Jwt, public: &Public) -> Vec<Attack> {
    let forge = own.forge().as_whom(&other.identity(own));
    let spellings = public.spellings().into_iter();
    let signed = spellings.flat_map(|(spelling, secret)| {
        let key = Key::secret(secret);
        let forge = &forge;
        ["HS256", "HS384", "HS512"]
            .into_iter()
            .filter_map(move |alg| {
                let text = forge.clone().header("alg", alg).signed(alg, &key)?;
                Some((
                    format!("a token by {alg} with the public key ({spelling})"),
                    text,
                ))
            })
    });
    signed
        .map(|(name, text)| Attack::new(name, a.bearing(&text)))
        .collect()
}
