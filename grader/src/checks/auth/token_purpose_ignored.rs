use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::skipped;
use crate::check::guard::{Attack, Copied, Guard, Words, nobody_refreshes, renewed};
use crate::model::{Fault, Verdict};
use crate::pack::Verb;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account logs in twice. The refresh token of the first login is sent where an access token belongs, and the
    /// access token of the second where a refresh token belongs. Both must be refused. Then each is used as it is
    /// meant and must work: so it was alive, and refused for what it is.
    ///
    /// ## Why it matters
    /// A refresh token lives for weeks and an access token for minutes, because they travel on different roads. If
    /// one passes for the other, a copied access token gives new ones for ever, and the short life of an access token
    /// protects nobody.
    ///
    /// ## Passes
    /// ```text
    /// GET /me                  Authorization: Bearer <refresh token>      401
    /// POST /sessions/refresh   {"refresh_token": "<access token>"}        401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me                  Authorization: Bearer <refresh token>      200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Write into each token what it is for (`typ: at+jwt`, an audience of its own, a claim) and require it where the
    /// token is read. Better still, let the refresh token be a random text that stands in a table of its own.
    pub static CHECK = {
        id: "auth.token-purpose-ignored",
        summary: "a refresh token passes for an access token, or the other way round",
        concept: "credentials",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 8725 §2.8", "RFC 8725 §3.11", "RFC 8725 §3.12", "RFC 9068 §2.1", "ASVS v5.0.0-9.2.2"],
        hints: [
            "How does the code that reads an access token know that it is not holding a refresh token?",
            "Each kind of token has a purpose, and whoever reads one checks that this is the kind it expects.",
            "Give your tokens a `typ` and compare it in the one function that reads access tokens, or make the refresh token a random text.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "what a token is for",
    expected: "a token is refused wherever it does not belong",
    gain: "Whoever copied one of the two tokens has both: the short life of the one and the single use of the other protect nobody.",
    also: &[400],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Refresh]));
    let first = control!(accounts.join().await?);
    let second = control!(accounts.enter(&first.account).await?);
    let Some(refresh) = first.refresh().filter(|_| second.refresh().is_some()) else {
        return Ok(skipped("the login shows no refresh token"));
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &first).await?);
    let attack = Attack::new("a refresh token", first.bearing(refresh));
    guard
        .attempt(cx, &mut accounts, &[], &attack, &WORDS)
        .await?;
    // It was alive all the while, and refused for what it is.
    let meant = renewed(&mut accounts, &first).await?;
    if let Err(why) = &meant {
        guard.doubt(format!(
            "the refresh token was not good as one either: {why}"
        ));
    }
    let swapped = second.with_refresh(second.access());
    let shown = [("the login that gave it", &second.exchange)];
    let copied = Copied {
        name: "an access token in place of a refresh token",
        session: &swapped,
        shown: &shown,
    };
    guard.redeem(cx, &mut accounts, copied, &WORDS).await?;
    if !accounts.whoami(&second.bearer()).await?.is(&second.account) {
        guard.doubt("the access token was not good as one either".to_owned());
    }
    // Last: a service may end the session that a made-up token resembles.
    if let Err(why) = nobody_refreshes(&mut accounts, &second).await? {
        guard.doubt(why);
    }
    guard.close(cx, &mut accounts, meant.as_ref().ok()).await
}
