use rand::RngExt;

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{NO_COOKIE, skipped};
use crate::check::guard::Guard;
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Manner, Verdict};
use crate::pack::Verb;
use crate::probe::actor::SetCookie;
use crate::probe::auth::{Accounts, Bearer, Seen, Session};
use crate::probe::plant::{NotPlanted, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Somebody logs in by a browser that has a cookie already, which an attacker put there: a value that the attacker
    /// made up, the attacker's own session, and what the service gives to visitors, where it gives them a cookie. After
    /// the login the attacker shows the same cookie. It must not be the session of whoever logged in.
    ///
    /// ## Why it matters
    /// Cookies can be planted: from a neighbouring host, on a shared machine, through a hole in a page. If the service
    /// makes the planted value the session of whoever logs in next, the attacker need not steal a session: they know
    /// it from the start.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions   Cookie: sid=of-the-attacker   {"email": "ada@…"}   201  Set-Cookie: sid=another-value
    /// GET /me          Cookie: sid=of-the-attacker                        401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions   Cookie: sid=of-the-attacker   {"email": "ada@…"}   201
    /// GET /me          Cookie: sid=of-the-attacker                        200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Draw a new value at each login, from a secure source, and bind the account to that one alone. Whatever session
    /// the browser brought is ended, never changed. Frameworks call it regenerating or cycling the session.
    pub static CHECK = {
        id: "auth.session-fixed",
        summary: "who logs in takes over a session that somebody else has chosen",
        concept: "sessions",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.2.4", "WSTG-SESS-03", "CWE-384", "OWASP API2:2023"],
        hints: [
            "A browser sends a cookie along with the login. Who chose its value, and what is it worth after the login?",
            "A session's identifier is a secret between the service and one person, so it begins at the login and at the service.",
            "Make a new random identifier in the login, insert it as a new row, and delete the row of the one that came with the request.",
        ],
        run,
    }
}

const GAIN: &str =
    "Whoever plants a cookie in a browser is logged in as its owner as soon as they are.";

/// A cookie that was in the browser before the login.
struct Planted<'a> {
    /// What it is; lower case, without a stop.
    name: &'static str,
    bearer: Bearer,
    /// Whose session it is, if it is anybody's.
    whose: Option<&'a Session>,
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let Some(cookie) = accounts.auth().cookie().map(str::to_owned) else {
        return Ok(skipped(NO_COOKIE));
    };
    let victim = control!(accounts.join().await?);
    let thief = control!(accounts.join().await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &victim).await?);
    let made_up = like(&mut accounts, victim.access());
    let mut planted = vec![
        Planted {
            name: "a value that an attacker made up",
            bearer: Bearer::nobody().with_cookie(&cookie, &made_up),
            whose: None,
        },
        Planted {
            name: "the session of an attacker",
            bearer: thief.bearer(),
            whose: Some(&thief),
        },
    ];
    planted.extend(visitor(&mut accounts, &victim, &cookie).await?);
    for planted in &planted {
        fixed(cx, &mut accounts, &mut guard, &victim, planted).await?;
    }
    let again = control!(accounts.enter(&victim.account).await?);
    guard.close(cx, &mut accounts, Some(&again)).await
}

/// What the service gives somebody who has not logged in, where it gives them the cookie of sessions.
async fn visitor(
    accounts: &mut Accounts,
    victim: &Session,
    cookie: &str,
) -> Result<Option<Planted<'static>>, Fault> {
    let mut seen = vec![accounts.whoami(&Bearer::nobody()).await?.exchange().clone()];
    let wrong = accounts.password();
    if let Ok(answer) = accounts.login(&victim.account.login, &wrong).await? {
        seen.extend((!said_yes(&answer)).then_some(answer));
    }
    for answer in &seen {
        let set: Vec<SetCookie> = SetCookie::all(answer);
        let given = |c: &SetCookie| c.name == cookie && !c.value.is_empty();
        if set.iter().any(given) {
            let put = |bearer: Bearer, c: &SetCookie| bearer.with_cookie(&c.name, &c.value);
            return Ok(Some(Planted {
                name: "the session of a visitor",
                bearer: set.iter().fold(Bearer::nobody(), put),
                whose: None,
            }));
        }
    }
    Ok(None)
}

/// Somebody logs in over this cookie, and then whoever planted it comes with it.
async fn fixed(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    victim: &Session,
    planted: &Planted<'_>,
) -> Result<(), Fault> {
    let name = planted.name;
    let entered = accounts
        .enter_over(&victim.account, &planted.bearer)
        .await?;
    let login = match &entered {
        Ok(session) => session.exchange.clone(),
        Err(NotPlanted::Refused(_, answer) | NotPlanted::NoCredential(_, answer)) => {
            (**answer).clone()
        }
        Err(why) => {
            guard.doubt(why.to_string());
            return Ok(());
        }
    };
    let seen = accounts.whoami(&planted.bearer).await?;
    if seen.is(&victim.account) {
        let saw = format!("{name} becomes the session of whoever logs in over it");
        guard.find(found(
            cx,
            accounts,
            (saw, Manner::Wrong),
            [&login, seen.exchange()],
        ));
        return Ok(());
    }
    if manner(&login) != Manner::Wrong {
        let saw = format!("a login over {name} breaks the service");
        let broke = (saw, manner(&login));
        guard.find(found(cx, accounts, broke, [&login, seen.exchange()]));
        return Ok(());
    }
    let harmless = seen.refused() || planted.whose.is_some_and(|s| seen.is(&s.account));
    if !harmless {
        let said = answer(seen.exchange());
        guard.doubt(format!(
            "whoami answered {said} to {name}, after a login over it"
        ));
    }
    if let Some(why) = kept_out(accounts, &entered, &login).await? {
        guard.doubt(format!("a login over {name} {why}"));
    }
    Ok(())
}

/// Why a login did not let its account in; none where it did, or where it was turned down because of what it carried.
async fn kept_out(
    accounts: &mut Accounts,
    entered: &Result<Session, NotPlanted>,
    login: &Exchange,
) -> Result<Option<String>, Fault> {
    let said = answer(login);
    Ok(match entered {
        Ok(session) => {
            let seen: Seen = accounts.whoami(&session.bearer()).await?;
            let lost = !seen.is(&session.account);
            lost.then(|| "gives what opens nothing".to_owned())
        }
        Err(NotPlanted::Refused(..)) => {
            let decided = matches!(login.status(), Some(400 | 401 | 403 | 409 | 422));
            (!decided).then(|| format!("answered {said}"))
        }
        Err(_) => Some(format!("answered {said} and gave no cookie")),
    })
}

fn found(
    cx: &Cx,
    accounts: &Accounts,
    (saw, manner): (String, Manner),
    [login, after]: [&Exchange; 2],
) -> Draft {
    let op = accounts.auth().ops.get(&Verb::Login);
    Draft {
        subject: "the session after a login".to_owned(),
        touches: op.map(|o| cx.line(&o.op)).into_iter().collect(),
        saw,
        expected: "a login begins a session of its own, under a new value of the service's"
            .to_owned(),
        actual: format!("whoever planted the cookie is answered {}", answer(after)),
        note: Some(GAIN.to_owned()),
        manner,
        evidence: vec![
            cx.seen("a login by a browser that has the cookie", login),
            cx.seen("whoever planted it asks who they are", after),
        ],
    }
}

/// A value of the same form: small letters for small letters, digits for digits.
fn like(accounts: &mut Accounts, value: &str) -> String {
    let rng = accounts.planter().rng();
    let drawn = |c: char| match c {
        'a'..='z' => char::from(rng.random_range(b'a'..=b'z')),
        'A'..='Z' => char::from(rng.random_range(b'A'..=b'Z')),
        '0'..='9' => char::from(rng.random_range(b'0'..=b'9')),
        other => other,
    };
    value.chars().map(drawn).collect()
}
