use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::skipped;
use crate::check::guard::Guard;
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{AuthEnv, Verb};
use crate::probe::Patience;
use crate::probe::auth::{Accounts, Jwt, Seen, Session};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The service runs with a lifetime of access tokens of a few seconds. An account logs in and is known. A JSON
    /// Web Token whose `exp` ends in time passes: whether that is looked at is another question. Any other token is
    /// sent until it is refused. It fails where it is let in well after the lifetime that the service was given.
    ///
    /// ## Why it matters
    /// Every copy of a token works until its end. A token without an end, or with one that was reckoned in the wrong
    /// unit, turns one careless log line into a door that stays open.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions   201  {"access_token": …}     (ACCESS_TTL_SECONDS=2)
    /// GET /me          200  at once
    /// GET /me          401  six seconds later
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me          200  six seconds later
    /// ```
    ///
    /// ## How to mend it
    /// Write `exp` into each token: the seconds since 1970 plus the lifetime from the environment, both in seconds.
    /// With random tokens keep the end in the row, and ask for `expires_at > now()` in the statement that finds it.
    pub static CHECK = {
        id: "auth.token-outlives-limit",
        summary: "an access token lives longer than the project lets it",
        concept: "credentials",
        severity: High,
        needs: [login_broken::CHECK],
        world: Short,
        alone: Shared,
        runtimes: RAISED,
        refs: ["RFC 9700 §2.2", "RFC 9068 §4", "ASVS v5.0.0-7.3.2", "ASVS v5.0.0-9.2.1", "OWASP API2:2023"],
        hints: [
            "When does an access token of your service end, and where is that written?",
            "A bearer token is limited by time: its end follows from the lifetime that is configured, and something enforces it at every request.",
            "Set `exp` to now plus the configured lifetime, both in seconds, or keep `expires_at` beside a random token and compare it in the query.",
        ],
        run,
    }
}

/// How much later than it should an end may be written, seconds: what was rounded, and the time an answer takes.
const ROUNDED: i64 = 2;
/// The most that is waited after the lifetime is over.
const LATE: Duration = Duration::from_secs(10);
/// How often somebody logs in until they are known within the lifetime.
const TRIES: usize = 3;

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let Some((lives, judged)) = times(&accounts.auth().env) else {
        return Ok(skipped("the pack declares no lifetime of access tokens"));
    };
    let joined = control!(accounts.join().await?);
    let (session, since, mut guard) = control!(young(cx, &mut accounts, joined).await?);
    let jwt = session.jwt();
    if jwt.as_ref().is_some_and(|jwt| ends_in_time(jwt, lives)) {
        return Ok(Verdict::Pass { advice: Vec::new() });
    }
    let Some(seen) = outlived(&mut accounts, &session, (since, lives, judged)).await? else {
        let again = control!(accounts.enter(&session.account).await?);
        return guard.close(cx, &mut accounts, Some(&again)).await;
    };
    if !seen.is(&session.account) {
        let said = answer(seen.exchange());
        guard.doubt(format!("whoami answered {said} to a token after its time"));
        return guard.close(cx, &mut accounts, None).await;
    }
    if let Some(jwt) = jwt.filter(|jwt| !jwt.claims.contains_key("exp")) {
        match ages(cx, &mut accounts, &session, &jwt).await? {
            Some(false) => {}
            // A minute of tolerance is longer than a token lives here.
            Some(true) => return guard.close(cx, &mut accounts, None).await,
            None => {
                let why = "the token carries no end, and its age may be measured with tolerance";
                guard.doubt(why.to_owned());
                return guard.close(cx, &mut accounts, None).await;
            }
        }
    }
    guard.find(found(
        cx,
        &accounts,
        &session,
        &seen,
        (lives, judged),
        &guard,
    ));
    guard.close(cx, &mut accounts, None).await
}

/// How long an access token lives in this world, and at which age it is judged: well before its session ends, which is
/// another end.
fn times(env: &AuthEnv) -> Option<(Duration, Duration)> {
    let short = |name: &str| Some(Duration::from_secs(env.ttls.get(name)?.short));
    let lives = short("access_ttl")?;
    let left = short("refresh_ttl").and_then(|end| end.checked_sub(lives));
    let late = left.map_or(LATE, |left| (left * 2 / 3).min(LATE));
    // With less than that between the two, nobody could tell one end from the other.
    (late >= Duration::from_secs(3)).then_some((lives, lives + late))
}

/// A session that was known within its lifetime, and since when it has lived at the least.
async fn young(
    cx: &Cx,
    accounts: &mut Accounts,
    joined: Session,
) -> Result<Result<(Session, Instant, Guard), String>, Fault> {
    let mut session = joined;
    let mut tries = 1;
    loop {
        let since = Instant::now();
        let why = match Guard::open(cx, accounts, &session).await? {
            Ok(guard) => return Ok(Ok((session, since, guard))),
            Err(why) => why,
        };
        if tries == TRIES {
            return Ok(Err(why));
        }
        tries += 1;
        session = match accounts.enter(&session.account).await? {
            Ok(session) => session,
            Err(why) => return Ok(Err(why.to_string())),
        };
    }
}

/// Whether a token says itself that it ends when it should.
fn ends_in_time(jwt: &Jwt, lives: Duration) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let latest = i64::try_from((now + lives).as_secs()).unwrap_or(i64::MAX);
    jwt.time("exp").is_some_and(|end| end <= latest + ROUNDED)
}

/// What the token is answered at the age at which it is judged; none where it was refused before.
async fn outlived(
    accounts: &mut Accounts,
    session: &Session,
    (since, lives, judged): (Instant, Duration, Duration),
) -> Result<Option<Seen>, Fault> {
    let patience = Patience::new(judged.saturating_sub(since.elapsed()));
    while since.elapsed() < judged {
        // Each use may move the end of a token: before it should have ended, nobody uses it.
        if since.elapsed() > lives && accounts.whoami(&session.bearer()).await?.refused() {
            return Ok(None);
        }
        if !patience.lasts().await {
            break;
        }
    }
    let seen = accounts.whoami(&session.bearer()).await?;
    Ok((!seen.refused()).then_some(seen))
}

/// Whether the service reckons the age of a token without an end: one like it that says it was made an hour earlier is
/// refused, and it itself is still let in. None where no such token can be made, or its session has ended meanwhile.
async fn ages(
    cx: &Cx,
    accounts: &mut Accounts,
    session: &Session,
    jwt: &Jwt,
) -> Result<Option<bool>, Fault> {
    let Some(made) = jwt.time("iat") else {
        return Ok(Some(false));
    };
    let signing = cx.keys().signing();
    let Some((alg, key)) = signing.filter(|(alg, key)| jwt.is_by(alg, key)) else {
        return Ok(None);
    };
    let Some(older) = jwt.forge().claim("iat", made - 3600).signed(alg, key) else {
        return Ok(None);
    };
    let seen = accounts.whoami(&session.bearing(&older)).await?;
    if seen.is(&session.account) {
        return Ok(Some(false));
    }
    let still = accounts.whoami(&session.bearer()).await?;
    Ok((seen.refused() && still.is(&session.account)).then_some(true))
}

fn found(
    cx: &Cx,
    accounts: &Accounts,
    session: &Session,
    seen: &Seen,
    (lives, judged): (Duration, Duration),
    guard: &Guard,
) -> Draft {
    let op = accounts.auth().ops.get(&Verb::Whoami);
    let lines = op.map(|w| cx.line(&w.op));
    let name = accounts
        .auth()
        .env
        .ttls
        .get("access_ttl")
        .map_or("", |t| t.name.as_str());
    let (lives, judged) = (lives.as_secs(), judged.as_secs());
    let mut evidence = guard.controls(cx).to_vec();
    evidence.push(cx.seen("the login that gave the token", &session.exchange));
    evidence.push(cx.seen(format!("the same token {judged} s later"), seen.exchange()));
    Draft {
        subject: "the lifetime of access tokens".to_owned(),
        touches: lines.into_iter().collect(),
        saw: format!("an access token is let in {judged} s after the login, with {name}={lives}"),
        expected: format!("it is refused once {lives} s have passed"),
        actual: answer(seen.exchange()),
        note: Some(
            "Whoever copied a token goes on with it, although it was given for a short time only."
                .to_owned(),
        ),
        evidence,
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Ttl;

    fn env(ttls: &[(&str, u64)]) -> AuthEnv {
        let ttl = |(name, short): &(&str, u64)| {
            let (name, short) = ((*name).to_owned(), *short);
            (
                name.clone(),
                Ttl {
                    name,
                    normal: 900,
                    short,
                },
            )
        };
        AuthEnv {
            ttls: ttls.iter().map(ttl).collect(),
            ..AuthEnv::default()
        }
    }

    #[test]
    fn a_token_is_judged_well_before_its_session_ends() {
        let seconds = |ttls: &[_]| times(&env(ttls)).map(|(_, judged)| judged.as_secs());
        assert_eq!(seconds(&[("access_ttl", 2), ("refresh_ttl", 8)]), Some(6));
        assert_eq!(
            seconds(&[("access_ttl", 2), ("refresh_ttl", 100)]),
            Some(12)
        );
        assert_eq!(seconds(&[("access_ttl", 2)]), Some(12));
        assert_eq!(seconds(&[("access_ttl", 2), ("refresh_ttl", 4)]), None);
        assert_eq!(seconds(&[("refresh_ttl", 8)]), None);
    }

    #[test]
    fn a_token_says_itself_when_it_ends() {
        let plain = Jwt::read("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln").unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        let lives = Duration::from_secs(2);
        let with = |end: i64| Jwt::read(&plain.forge().claim("exp", end).unsigned()).unwrap();
        assert!(ends_in_time(&with(now + 2), lives));
        assert!(!ends_in_time(&with(now + 8), lives));
        assert!(!ends_in_time(&with((now + 2) * 1000), lives));
        assert!(!ends_in_time(&plain, lives));
    }
}
