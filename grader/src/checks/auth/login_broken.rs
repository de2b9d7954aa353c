use serde_json::Value;

use crate::check::Cx;
use crate::check::honest::manner;
use crate::checks::boot::ANSWERS;
use crate::model::{Draft, Exchange, Fault, Manner, Outcome, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::{Accounts, Bearer, Seen, Session};
use crate::probe::plant::{NotPlanted, Planting, answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Two new accounts register and log in. Each is asked who it is, one after the other and the first once more:
    /// the answer must name the one who asks. Nobody is refused, a wrong password gives no credential, a credential that
    /// nobody was given does not end the service, and no reply repeats a password.
    ///
    /// ## Why it matters
    /// Everything that a service keeps for somebody rests on this: that a credential belongs to one account, and that
    /// the service finds that account from it each time. Where the binding is loose, every rule about what belongs to
    /// whom is loose too.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions  {"email": "ada@…", "password": "…"}   201  {"access_token": "…"}
    /// GET /me         Authorization: Bearer …               200  {"email": "ada@…"}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me         Authorization: Bearer … (ada's)       200  {"email": "the last one who logged in"}
    /// ```
    ///
    /// ## How to mend it
    /// Take the credential from the request, look up the one account that it was given to, and keep that account with
    /// the request alone: never in a variable that all requests share. Answer 401 where there is none.
    pub static CHECK = {
        id: "auth.login-broken",
        summary: "who registers and logs in is not known as themselves",
        concept: "authentication",
        severity: Critical,
        needs: [ANSWERS],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-7.2.1", "ASVS v5.0.0-7.2.2", "OWASP API2:2023", "RFC 9110 §15.5.2"],
        hints: [
            "From what in the request does your service know who is asking, and does it look every time?",
            "A credential is bound to one account when it is given, and that account is found from it at every request.",
            "Resolve the credential in one place before any handler runs, put the account on the request, and answer 401 where there is none.",
        ],
        run,
    }
}

/// A credential of nobody's.
const NOBODYS: &str = "Zq7kestrelOverTheQuietRiverNobodyGaveThis";

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let mut findings = cx.findings();
    let mut sessions = Vec::new();
    for _ in 0..2 {
        match accounts.join().await? {
            Ok(session) => sessions.push(session),
            Err(why) => {
                findings.add(control!(kept_out(cx, why)));
                return Ok(findings.verdict());
            }
        }
    }
    let (a, b) = (&sessions[0], &sessions[1]);
    for session in [a, b, a] {
        let seen = accounts.whoami(&session.bearer()).await?;
        if seen.limited() {
            return Ok(limited(&seen));
        }
        findings.extend(not_known(cx, &accounts, session, &seen));
    }
    let nobody = accounts.whoami(&Bearer::nobody()).await?;
    if nobody.limited() {
        return Ok(limited(&nobody));
    }
    if let Seen::Accepted { exchange, .. } = &nobody {
        let line = whoami(cx, &accounts);
        findings.add(Draft {
            subject: "whoami without a credential".to_owned(),
            saw: format!("{line} names an account to somebody without a credential"),
            expected: "401".to_owned(),
            actual: answer(exchange),
            touches: vec![line],
            evidence: vec![cx.seen("without any credential", exchange)],
            ..Draft::default()
        });
    }
    // A service that ends when a stranger knocks withstands nothing: whatever else is tried is refused by a restart.
    let stranger = accounts.whoami(&a.bearing(NOBODYS)).await?;
    if manner(stranger.exchange()) == Manner::Crash {
        findings.add(Draft {
            subject: "a credential that nobody was given".to_owned(),
            saw: "a credential that nobody was given ends the service".to_owned(),
            expected: "401, and the service lives on".to_owned(),
            actual: answer(stranger.exchange()),
            touches: vec![whoami(cx, &accounts)],
            manner: Manner::Crash,
            evidence: vec![cx.seen("with a made-up credential", stranger.exchange())],
            ..Draft::default()
        });
    }
    let wrong = accounts.password();
    let guess = control!(accounts.login(&a.account.login, &wrong).await?);
    if said_yes(&guess) && gives_credential(cx, a, &guess) {
        findings.add(Draft {
            subject: "the password of a login".to_owned(),
            saw: "a login with a wrong password gives a credential".to_owned(),
            expected: "a refusal, and no credential".to_owned(),
            actual: answer(&guess),
            evidence: vec![cx.seen("with another password than the account's", &guess)],
            ..Draft::default()
        });
    }
    findings.extend(repeats(cx, &a.account, &a.exchange));
    Ok(findings.verdict())
}

/// What kept a new account out: the service, or a pack that shows no honest way in.
fn kept_out(cx: &Cx, why: NotPlanted) -> Planting<Draft> {
    let Some(exchange) = why.exchange() else {
        return Err(why);
    };
    if let NotPlanted::NoCredential(..) = why {
        return Ok(Draft {
            subject: "the credential of a login".to_owned(),
            saw: "a login gives no credential where the contract has it".to_owned(),
            expected: "the credential in its declared place".to_owned(),
            actual: why.to_string(),
            evidence: vec![cx.seen("the login", exchange)],
            ..Draft::default()
        });
    }
    if exchange.status() == Some(429) {
        return Err(why);
    }
    Ok(Draft {
        subject: "coming in".to_owned(),
        saw: "a new account cannot register and log in".to_owned(),
        expected: "a valid registration and its login succeed".to_owned(),
        actual: why.to_string(),
        manner: manner(exchange),
        evidence: vec![cx.seen("the honest request", exchange)],
        ..Draft::default()
    })
}

fn not_known(cx: &Cx, accounts: &Accounts, session: &Session, seen: &Seen) -> Option<Draft> {
    if seen.is(&session.account) {
        return None;
    }
    let (line, exchange) = (whoami(cx, accounts), seen.exchange());
    let (subject, saw) = match seen {
        Seen::Accepted { .. } => (
            "whom whoami names",
            format!("{line} names somebody else than the one who asks"),
        ),
        _ => (
            "whether whoami knows the one who asks",
            format!("{line} does not name the one who just logged in"),
        ),
    };
    Some(Draft {
        subject: subject.to_owned(),
        saw,
        expected: "200 with the login of whoever holds the credential".to_owned(),
        actual: answer(exchange),
        touches: vec![line],
        manner: manner(exchange),
        evidence: vec![
            cx.seen("the login", &session.exchange),
            cx.seen("whoami with what it gave", exchange),
        ],
        ..Draft::default()
    })
}

/// Whether a reply to a login shows a credential where the pack says one is.
fn gives_credential(cx: &Cx, like: &Session, reply: &Exchange) -> bool {
    let pack = cx.pack();
    let auth = pack.auth.as_ref();
    let given = auth.and_then(|auth| crate::probe::actor::Credential::of(auth, reply));
    given.is_some_and(|g| g.access() != like.access())
}

/// A password has no business in any reply.
fn repeats(cx: &Cx, account: &Actor, reply: &Exchange) -> Option<Draft> {
    let (Value::String(password), Outcome::Answered { body, .. }) =
        (&account.secret, &reply.outcome)
    else {
        return None;
    };
    body.text.contains(password.as_str()).then(|| Draft {
        subject: "the password in a reply".to_owned(),
        saw: "the reply to a login repeats the password".to_owned(),
        expected: "no reply shows a password".to_owned(),
        actual: answer(reply),
        evidence: vec![cx.seen("the login", reply)],
        ..Draft::default()
    })
}

fn limited(seen: &Seen) -> Verdict {
    let control = format!("a limit on requests answered {}", answer(seen.exchange()));
    Verdict::Inconclusive { control }
}

fn whoami(cx: &Cx, accounts: &Accounts) -> String {
    let op = accounts.auth().ops.get(&Verb::Whoami);
    op.map_or_else(String::new, |w| cx.line(&w.op))
}
