use std::time::Duration;

use tokio::time::Instant;

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{NO_COOKIE, skipped};
use crate::check::guard::Guard;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{AuthEnv, Ttl, Verb};
use crate::probe::Patience;
use crate::probe::auth::{Accounts, Seen, Session};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The service runs with limits of a few seconds for the sessions of its cookies. One session is used all the time,
    /// one is left alone; both cookies are shown until they are refused. A session must end at the end of its life,
    /// however much it is used, and a session that nobody uses at the limit for that. Which of the two limits there
    /// are is the project's word.
    ///
    /// ## Why it matters
    /// `Max-Age` asks a browser to forget a cookie. Whoever has a copy does not ask their browser: what the service does
    /// not end does not end.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions   201  Set-Cookie: sid=…; Max-Age=8      (SESSION_LIFE_SECONDS=8)
    /// GET /me          200  at once, and while it lives
    /// GET /me          401  ten seconds later, with the same cookie
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me          200  eighteen seconds later
    /// ```
    ///
    /// ## How to mend it
    /// Write the end into the session's row at the login, and ask for `expires_at > now()` in the statement that finds
    /// it. Using a session may move the end for idleness, and never the end of its life.
    pub static CHECK = {
        id: "auth.session-without-end",
        summary: "a session outlives the limit that the project sets",
        concept: "sessions",
        severity: Medium,
        needs: [login_broken::CHECK],
        world: Short,
        alone: Shared,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-7.3.1", "ASVS v5.0.0-7.3.2", "WSTG-SESS-07", "OWASP API2:2023"],
        hints: [
            "Somebody copied a cookie a month ago. Which line of your service makes it worthless today?",
            "What a browser forgets a thief keeps, so a session ends at the server, at a time that was fixed when it began.",
            "Store `expires_at` with the session at the login, compare it with `now()` wherever the session is looked up, and move it at no use.",
        ],
        run,
    }
}

/// The most that is waited after a limit is over: what was rounded, and the time an answer takes.
const LATE: Duration = Duration::from_secs(6);

/// Limits in force in this world.
#[derive(Debug, Clone, Copy)]
struct Limits<'a> {
    /// From the login, however much the session is used.
    life: Option<&'a Ttl>,
    /// From its last use.
    idle: Option<&'a Ttl>,
}

impl<'a> Limits<'a> {
    fn of(env: &'a AuthEnv) -> Option<Self> {
        let (life, idle) = (env.ttls.get("life"), env.ttls.get("idle"));
        (life.is_some() || idle.is_some()).then_some(Self { life, idle })
    }

    /// When a session that nobody uses must have ended, and by which of them.
    fn unused(&self) -> Option<&'a Ttl> {
        let both = [self.idle, self.life].into_iter().flatten();
        both.min_by_key(|ttl| ttl.short)
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let auth = accounts.auth().clone();
    if auth.cookie().is_none() {
        return Ok(skipped(NO_COOKIE));
    }
    let Some(limits) = Limits::of(&auth.env) else {
        return Ok(skipped("the pack sets no limit to a session"));
    };
    let unused = control!(accounts.join().await?);
    let used = control!(accounts.enter(&unused.account).await?);
    let since = Instant::now();
    let mut guard = control!(Guard::open(cx, &mut accounts, &used).await?);
    let known = accounts.whoami(&unused.bearer()).await?;
    if !known.is(&unused.account) {
        let control = "a second session of the same account is not known".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let known_at = Instant::now();
    // C~: within both limits a session that is used lives.
    let short = limits.unused().map_or(0, |ttl| ttl.short);
    let early = Duration::from_millis(short * 500);
    let seen = shown_until(&mut accounts, &used, (since, Duration::ZERO, early)).await?;
    if let Some(seen) = seen.filter(|seen| !seen.is(&used.account)) {
        let said = answer(seen.exchange());
        guard.doubt(format!("whoami answered {said} to a session half its time"));
    }
    if let Some(ttl) = limits.life {
        let span = (since, seconds(ttl), seconds(ttl) + LATE);
        let seen = shown_until(&mut accounts, &used, span).await?;
        judge(
            cx,
            &accounts,
            &mut guard,
            (&used, seen),
            (ttl, "that is used"),
        );
    }
    if let Some(ttl) = limits.unused() {
        // Nobody has used it since it was known.
        let ends = seconds(ttl) + LATE;
        let patience = Patience::new(ends.saturating_sub(known_at.elapsed()));
        while known_at.elapsed() < ends && patience.lasts().await {}
        let seen = accounts.whoami(&unused.bearer()).await?;
        let seen = (!seen.refused()).then_some(seen);
        judge(
            cx,
            &accounts,
            &mut guard,
            (&unused, seen),
            (ttl, "that nobody uses"),
        );
    }
    let again = control!(accounts.enter(&used.account).await?);
    guard.close(cx, &mut accounts, Some(&again)).await
}

fn seconds(ttl: &Ttl) -> Duration {
    Duration::from_secs(ttl.short)
}

/// Shows a session all the time up to an age. What it is answered at the end; none where it was refused from an age on
/// at which it may be.
async fn shown_until(
    accounts: &mut Accounts,
    session: &Session,
    (since, may_end, until): (Instant, Duration, Duration),
) -> Result<Option<Seen>, Fault> {
    let patience = Patience::new(until.saturating_sub(since.elapsed()));
    loop {
        let seen = accounts.whoami(&session.bearer()).await?;
        if seen.refused() && since.elapsed() >= may_end {
            return Ok(None);
        }
        if since.elapsed() >= until || !patience.lasts().await {
            return Ok(Some(seen));
        }
    }
}

/// `seen` is what a session was answered after its time.
fn judge(
    cx: &Cx,
    accounts: &Accounts,
    guard: &mut Guard,
    (session, seen): (&Session, Option<Seen>),
    (ttl, which): (&Ttl, &str),
) {
    let Some(seen) = seen else { return };
    let said = answer(seen.exchange());
    if !seen.is(&session.account) {
        guard.doubt(format!(
            "whoami answered {said} to a session after its time"
        ));
        return;
    }
    let (name, lives) = (&ttl.name, ttl.short);
    let judged = lives + LATE.as_secs();
    let op = accounts.auth().ops.get(&Verb::Whoami);
    let mut evidence = guard.controls(cx).to_vec();
    evidence.push(cx.seen("the login that began the session", &session.exchange));
    evidence.push(cx.seen(format!("the same cookie {judged} s later"), seen.exchange()));
    guard.find(Draft {
        subject: format!("the end of a session {which}"),
        touches: op.map(|o| cx.line(&o.op)).into_iter().collect(),
        saw: format!("a session {which} is let in after {judged} s, with {name}={lives}"),
        expected: format!("the service refuses it once {lives} s have passed"),
        actual: said,
        note: Some(
            "Whoever copied the cookie stays in, although its owner's browser has forgotten it."
                .to_owned(),
        ),
        evidence,
        ..Draft::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_nobody_uses_ends_at_the_first_limit() {
        let ttl = |name: &str, short| {
            let ttl = Ttl {
                name: name.to_owned(),
                normal: 900,
                short,
            };
            (name.to_owned(), ttl)
        };
        let env = |ttls: Vec<(String, Ttl)>| AuthEnv {
            ttls: ttls.into_iter().collect(),
            ..AuthEnv::default()
        };
        let first = |env: &AuthEnv| Limits::of(env).and_then(|l| Some(l.unused()?.short));
        assert_eq!(first(&env(vec![ttl("life", 8), ttl("idle", 3)])), Some(3));
        assert_eq!(first(&env(vec![ttl("life", 8)])), Some(8));
        assert_eq!(first(&env(vec![ttl("access_ttl", 2)])), None);
    }
}
