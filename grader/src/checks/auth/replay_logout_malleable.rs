use super::replay_logout;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::guard::{Attack, Guard, Words, let_die};
use crate::model::{Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::respell;
use crate::probe::plant::{answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An access token is sent in other spellings that some decoders take for the same: with padding, with other
    /// unused bits in its last character, with a character that is passed over, with the mirror image of its
    /// signature. Those that are let in are tried again after the session was logged out: they must be refused as the
    /// token itself is. A service that takes the one spelling alone passes.
    ///
    /// ## Why it matters
    /// One token can be written in many ways. A list of dead texts knows one of them, and whoever copied the token
    /// writes it in another.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /sessions/current   Authorization: Bearer <token>    204
    /// GET /me                    Authorization: Bearer <token>=   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me                    Authorization: Bearer <token>    401
    /// GET /me                    Authorization: Bearer <token>=   200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Read the token first, and look up what it means: its session, or its `jti`. Never the text, nor a hash of the
    /// text.
    pub static CHECK = {
        id: "auth.replay-logout-malleable",
        summary: "a token that was logged out is let in again in another spelling",
        concept: "replay",
        severity: Medium,
        needs: [replay_logout::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP JSON Web Token Cheat Sheet", "ASVS v5.0.0-7.4.1", "RFC 7519 §4.1.7", "RFC 4648 §3.5"],
        hints: [
            "By what does your service know a token that was logged out, and can the same token be written in another way?",
            "A token is revoked by what it means, not by how it is spelled.",
            "Keep the session's id or the `jti` of what has ended, and compare it after the token was decoded.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "other spellings of a token that was logged out",
    expected: "a token that was logged out is refused in every spelling",
    gain: "Whoever copied the token changes one character that says nothing, and is in again.",
    also: &[400],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::Logout]));
    if accounts.auth().policy.dies_within("access").is_none() {
        return Ok(skipped("the pack lets an access token outlive its session"));
    }
    let session = control!(accounts.join().await?);
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &session).await?);
    let mut spellings = Vec::new();
    for (name, text) in respell(session.access()) {
        let bearer = session.bearing(&text);
        // Only what opened the door before can show that it still does.
        if accounts.whoami(&bearer).await?.is(&session.account) {
            spellings.push(Attack::new(format!("a dead token with {name}"), bearer));
        }
    }
    let out = control!(accounts.logout(&session).await?);
    if !said_yes(&out) {
        let control = format!("logging out answered {}", answer(&out));
        return Ok(Verdict::Inconclusive { control });
    }
    let copy = session.bearer();
    let_die(&mut accounts, &copy).await?;
    let dead = accounts.whoami(&copy).await?;
    if !dead.refused() {
        let said = answer(dead.exchange());
        let control = format!("after the logout the token itself is answered {said}");
        return Ok(Verdict::Inconclusive { control });
    }
    for attack in &spellings {
        guard
            .attempt(cx, &mut accounts, &[], attack, &WORDS)
            .await?;
    }
    guard.close(cx, &mut accounts, Some(&other)).await
}
