use futures::future::join_all;
use serde_json::Value;

use super::login_unlimited;
use crate::check::accounts::skipped;
use crate::check::entry::{Entry, line};
use crate::check::limit::{Guesses, enough, guess, within, wrong};
use crate::check::{QuietCx, note};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::{LoginLimit, Verb};
use crate::probe::Request;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The limit on logins has stopped plain guesses. Then, each on an account of its own, wrong passwords come with
    /// what should change nothing: headers that name another sender each time, the address in capitals (where the right
    /// password logs in with it), a right login of another account after each of them, and all at once. Each time the
    /// limit must answer before twice as many as it allows, and one, have been answered as wrong.
    ///
    /// ## Why it matters
    /// A limit that counts what the sender can choose counts nothing. Whoever guesses passwords writes another number
    /// into X-Forwarded-For, or a capital letter into the address, and starts again from one.
    ///
    /// ## Passes
    /// ```text
    /// POST /sessions   X-Forwarded-For: 203.0.113.11   (wrong, the eleventh)   429
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /sessions   X-Forwarded-For: 203.0.113.21   (wrong, the twenty-first)   401
    /// ```
    ///
    /// ## How to mend it
    /// Count by the address as the account has it (the same `lower(email)` that finds it), not by what the request says
    /// of its sender. Add and read the count in one statement, so that many at once are counted too. Let a right login
    /// clear the count of its own address alone.
    pub static CHECK = {
        id: "auth.login-limit-dodged",
        summary: "the limit on guesses is dodged by what the sender chooses",
        concept: "authentication",
        severity: Medium,
        needs: [login_unlimited::CHECK],
        world: Limited,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-6.3.1", "ASVS v5.0.0-15.3.4", "ASVS v5.0.0-4.1.3", "OWASP API4:2023"],
        hints: [
            "By what does your limit recognise that it is the same guess again, and who chooses that?",
            "A counter protects what it counts by: the account is known to you, the sender is only claimed.",
            "Key the counter by lower(email), count with one `INSERT … ON CONFLICT DO UPDATE … RETURNING` before the hash is compared, and drop X-Forwarded-For from it.",
        ],
        run,
    }
}

/// How guesses are dressed.
#[derive(Clone, Copy)]
enum Trick {
    Plain,
    Senders,
    Capitals,
    Between,
    AtOnce,
}

impl Trick {
    const ALL: [Self; 4] = [Self::Senders, Self::Capitals, Self::Between, Self::AtOnce];

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "nothing else",
            Self::Senders => "headers that name another sender each time",
            Self::Capitals => "the address in other capitals each time",
            Self::Between => "a right login of another account after each",
            Self::AtOnce => "all of them at once",
        }
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let limit = given!(cx.login_limit());
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let other = control!(accounts.join().await?);
    let (plain, came) = match control!(dodged(&mut accounts, Trick::Plain, (&other, &limit)).await?)
    {
        Some(guessed) => guessed,
        None => return Ok(skipped("without an account nothing is guessed")),
    };
    // Either it says that it stops, or it refuses the right password as if it were wrong.
    let silent = came.stopped.is_none();
    if silent && lets_in(&mut accounts, &plain).await? {
        let control = "the limit did not stop guesses without a trick".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let mut findings = cx.findings();
    let mut unclear = None;
    for trick in Trick::ALL {
        let (owner, came) = match dodged(&mut accounts, trick, (&other, &limit)).await? {
            Ok(Some((owner, came))) if came.stopped.is_none() => (owner, came),
            Ok(_) => continue,
            Err(why) => {
                unclear.get_or_insert(format!("{}: {why}", trick.name()));
                continue;
            }
        };
        if !within(&limit, came.since) {
            let logins = came.wrong;
            unclear.get_or_insert(format!("{logins} logins took longer than a window"));
        } else if !silent || lets_in(&mut accounts, &owner).await? {
            findings.add(draft(cx, &accounts, trick, (&owner, &limit), &came));
        }
    }
    match unclear {
        Some(control) if findings.is_empty() => Ok(Verdict::Inconclusive { control }),
        _ => Ok(findings.verdict()),
    }
}

/// Guesses with a trick; none where the trick does not apply. What did not go as it should, in words.
async fn dodged(
    accounts: &mut Accounts,
    trick: Trick,
    (other, limit): (&Session, &LoginLimit),
) -> Result<Result<Option<(Session, Guesses)>, String>, Fault> {
    let owner = match accounts.join().await? {
        Ok(owner) => owner,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let (logins, most) = (vec![owner.account.login.clone()], enough(limit));
    let came = match trick {
        Trick::Plain => guess(accounts, &logins, most, |_, request| request).await?,
        Trick::Senders => guess(accounts, &logins, most, from_elsewhere).await?,
        Trick::Capitals => match capitals(accounts, &owner).await? {
            Some(logins) => guess(accounts, &logins, most, |_, request| request).await?,
            None => return Ok(Ok(None)),
        },
        Trick::Between => between(accounts, &owner, (other, limit)).await?,
        Trick::AtOnce => at_once(accounts, &owner, limit).await?,
    };
    Ok(came.map(|came| Some((owner, came))))
}

/// Whether the right password logs in.
async fn lets_in(accounts: &mut Accounts, owner: &Session) -> Result<bool, Fault> {
    let right = Entry::of(accounts, &owner.account).await?;
    Ok(matches!(right, Entry::In(_)))
}

/// Headers by which proxies tell whom they speak for; the addresses are for documentation (RFC 5737).
fn from_elsewhere(n: usize, request: Request) -> Request {
    let address = format!("203.0.113.{}", n + 1);
    let forwarded = format!("for={address}");
    [
        "X-Forwarded-For",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
    ]
    .into_iter()
    .fold(request, |request, name| request.header(name, &address))
    .header("Forwarded", &forwarded)
}

/// The login in as many capitals as it has letters; none where the service does not know it in capitals.
async fn capitals(accounts: &mut Accounts, owner: &Session) -> Result<Option<Vec<Value>>, Fault> {
    let Some(text) = owner.account.login.as_str() else {
        return Ok(None);
    };
    let at = |n: usize| {
        let other = |(i, c): (usize, char)| if i == n { c.to_ascii_uppercase() } else { c };
        let spelt: String = text.chars().enumerate().map(other).collect();
        (spelt != text).then(|| Value::from(spelt))
    };
    let all: Vec<Value> = (0..text.chars().count()).filter_map(at).collect();
    let Some(one) = all.first() else {
        return Ok(None);
    };
    let known = Entry::with(accounts, one, &owner.account.secret).await?;
    Ok(matches!(known, Entry::In(_)).then_some(all))
}

async fn between(
    accounts: &mut Accounts,
    owner: &Session,
    (other, limit): (&Session, &LoginLimit),
) -> Result<Result<Guesses, String>, Fault> {
    let mut came = Guesses::begin();
    for _ in 0..enough(limit) {
        let request = match wrong(accounts, &owner.account.login) {
            Ok(request) => request,
            Err(why) => return Ok(Err(why.to_string())),
        };
        if !came.counts(request.send_anyway().await?) {
            break;
        }
        // Whether this one is let in is not the question: a limit may count it as well.
        let right = accounts.logging_in(&other.account.login, &other.account.secret);
        match right {
            Ok(request) => drop(request.send_anyway().await?),
            Err(why) => return Ok(Err(why.to_string())),
        }
    }
    Ok(came.begun())
}

async fn at_once(
    accounts: &mut Accounts,
    owner: &Session,
    limit: &LoginLimit,
) -> Result<Result<Guesses, String>, Fault> {
    let requests: Result<Vec<Request>, _> = (0..enough(limit))
        .map(|_| wrong(accounts, &owner.account.login))
        .collect();
    let requests = match requests {
        Ok(requests) => requests,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let mut came = Guesses::begin();
    for exchange in join_all(requests.into_iter().map(Request::send_anyway)).await {
        came.counts(exchange?);
    }
    Ok(came.begun())
}

fn draft(
    cx: &QuietCx,
    accounts: &Accounts,
    trick: Trick,
    (owner, limit): (&Session, &LoginLimit),
    came: &Guesses,
) -> Draft {
    let said = came.last.as_ref().map(answer).unwrap_or_default();
    let mut evidence = vec![
        cx.seen("the right password, before", &owner.exchange),
        note(format!("{}={}", limit.name, limit.normal)),
    ];
    evidence.extend(
        came.last
            .as_ref()
            .map(|e| cx.seen("the last of the wrong passwords", e)),
    );
    Draft {
        subject: "what the limit on logins counts".to_owned(),
        touches: vec![line(cx, accounts, Verb::Login)],
        saw: format!("the limit does not stop guesses with {}", trick.name()),
        expected: format!(
            "after {} wrong passwords within the window, further logins to the address are refused",
            limit.normal
        ),
        actual: format!("{} wrong passwords were each answered {said}", came.wrong),
        note: Some("Whoever knows the trick guesses as fast as the service answers; the limit meets only those who do not.".to_owned()),
        evidence,
        ..Draft::default()
    }
}
