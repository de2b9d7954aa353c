use std::time::{SystemTime, UNIX_EPOCH};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Guard, Mint, Words, minted};
use crate::model::{Fault, Verdict};
use crate::probe::auth::{Forge, Jwt};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The grader gave the service its signing secret, so it can sign tokens like the service's own. A copy of a
    /// genuine token with a later end than now must be let in. Then copies whose end lies in the past are tried: an
    /// hour ago, yesterday, a month ago. All must be refused. A few minutes of clocks that differ are not looked at.
    /// Where the service signs with something else, or its tokens carry no `exp`, nothing can be told.
    ///
    /// ## Why it matters
    /// A copied token is worth what it opens until it ends. If nobody looks at its end, a token that stands in a log
    /// of last year opens the door today.
    ///
    /// ## Passes
    /// ```text
    /// GET /me   Authorization: Bearer <claims with "exp" an hour ago, signed>   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me   Authorization: Bearer <claims with "exp" an hour ago, signed>   200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Let your library compare `exp` with the clock: it does unless somebody told it not to (`ignoreExpiration`,
    /// `verify_exp: False`). Count `exp` in seconds, as the library does, and allow a minute of difference at most.
    pub static CHECK = {
        id: "auth.expired-token-accepted",
        summary: "an access token is let in after its end",
        concept: "signatures",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 7519 §4.1.4", "ASVS v5.0.0-9.2.1", "RFC 9068 §4", "OWASP API2:2023"],
        hints: [
            "A token of last week comes today, and its signature is good. Which line of your service sends it away?",
            "A signature proves who made a token, not that it still counts: the end it carries is compared with the clock at every request.",
            "Take out the option that ignores the end, and see that `exp` is written and read in seconds.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "the end of access tokens",
    expected: "a token is refused once its `exp` has passed",
    gain: "Whoever finds a token, however old, goes on as its owner: that it ended long ago is not looked at.",
    also: &[],
};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mint = match minted(cx, &mut accounts, &a).await? {
        Ok(mint) => mint,
        Err(verdict) => return Ok(verdict),
    };
    let Some(end) = mint.genuine.time("exp") else {
        return Ok(skipped("its tokens carry no `exp` in seconds"));
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &mint.honest).await?);
    for attack in attacks(&mint, end) {
        guard
            .attempt(cx, &mut accounts, &[], &attack, &WORDS)
            .await?;
    }
    guard.close(cx, &mut accounts, Some(&mint.honest)).await
}

fn attacks(mint: &Mint, end: i64) -> Vec<Attack> {
    let base = earliest(&mint.genuine);
    let ended = |ago: i64| mint.forge().claim("exp", base - ago);
    let attacks = [
        mint.attack("a token that ended an hour ago", &ended(HOUR)),
        mint.attack("a token that ended a month ago", &ended(30 * DAY)),
        mint.attack(
            "a token that was made and ended yesterday",
            &moved(&mint.genuine, base - DAY - end),
        ),
    ];
    attacks.into_iter().flatten().collect()
}

/// Now, or when the token was made if that is earlier: a service's clock may be behind ours.
fn earliest(genuine: &Jwt) -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.map(|s| i64::try_from(s.as_secs()).unwrap_or(i64::MAX));
    let now = now.unwrap_or_default();
    genuine.time("iat").map_or(now, |made| made.min(now))
}

/// The same token at another time: all its times are so many seconds later.
fn moved(genuine: &Jwt, by: i64) -> Forge {
    let mut forge = genuine.forge();
    for claim in ["iat", "nbf", "auth_time", "exp"] {
        if let Some(time) = genuine.time(claim) {
            forge = forge.claim(claim, time + by);
        }
    }
    forge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_times_of_a_token_move_together() {
        let plain = Jwt::read("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln").unwrap();
        let forge = plain.forge().claim("iat", 1000).claim("exp", 1900);
        let genuine = Jwt::read(&forge.unsigned()).unwrap();
        let later = Jwt::read(&moved(&genuine, -500).unsigned()).unwrap();
        assert_eq!(
            (later.time("iat"), later.time("exp")),
            (Some(500), Some(1400))
        );
        assert_eq!(later.claims.get("nbf"), None);
        assert_eq!(earliest(&genuine), 1000);
    }
}
