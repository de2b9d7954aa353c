use super::login_broken;
use crate::check::Cx;
use crate::check::guard::{Guard, turned_away};
use crate::check::honest::manner;
use crate::check::mailed::{Mailed, NOBODYS};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::pack::Verb;
use crate::probe::auth::{Accounts, Session};
use crate::probe::mail::Post;
use crate::probe::plant::{NotPlanted, answer};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// A link, or a code, that was mailed logs its account in (C+). The same code is sent again, and once more after the
    /// next login of the account: it must be refused. A made-up code is refused (C-), and after all that a new code works
    /// (C~).
    ///
    /// ## Why it matters
    /// Mail is read on more than one machine, forwarded, searched, and kept for years. A link that works twice is a
    /// password that lies in somebody's inbox.
    ///
    /// ## Passes
    /// ```text
    /// POST /links/follow   {"code": "u3Xf…"}   201  {"access": …}
    /// POST /links/follow   {"code": "u3Xf…"}   401
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /links/follow   {"code": "u3Xf…"}   201  {"access": …}
    /// POST /links/follow   {"code": "u3Xf…"}   201  {"access": …}
    /// ```
    ///
    /// ## How to mend it
    /// Keep a row for each code, and let the one statement that takes it be the one that removes it
    /// (`DELETE … RETURNING`): whoever finds no row is refused. A signed token alone cannot be used up.
    pub static CHECK = {
        id: "auth.replay-one-time-code",
        summary: "a mailed code logs in more than once",
        concept: "account-recovery",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-6.5.1", "ASVS v5.0.0-6.5.5", "ASVS v5.0.0-6.6.2"],
        hints: [
            "Who else may have read the mail by the time its link is followed, and what happens when they follow it too?",
            "One time means one successful use, whatever the carrier: a link, a code, a token.",
            "Delete the code's row in the statement that looks it up, and start a session only if a row was there.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let verbs = [Verb::Register, Verb::MagicRequest, Verb::MagicConfirm];
    let (mut accounts, post) = given!(cx.mails(&verbs, Verb::MagicRequest));
    let honest = control!(accounts.join().await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &honest).await?);
    // Before any code is there: a service may end the one that is, at the first wrong try.
    if let Err(why) = refused(&mut accounts, &honest, NOBODYS).await? {
        let control = format!("a code that nobody was given {why}");
        return Ok(Verdict::Inconclusive { control });
    }
    let mailed = control!(code(cx, &mut accounts, &post, &honest).await?);
    let first = control!(comes_in(&mut accounts, &honest, &mailed.code).await?);
    if !accounts.whoami(&first.bearer()).await?.is(&honest.account) {
        let control = "who comes in by a fresh code is not known".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    let shown = [
        ("asking for a code", &mailed.asked),
        ("the code, used", &first.exchange),
    ];
    for (name, again) in [
        ("a used code", false),
        ("a used code, after the next login,", true),
    ] {
        if again {
            control!(accounts.enter(&honest.account).await?);
        }
        replayed(
            cx,
            &mut accounts,
            &mut guard,
            &honest,
            (&mailed.code, name),
            &shown,
        )
        .await?;
    }
    // C~: it is not that codes work no more.
    let fresh = control!(code(cx, &mut accounts, &post, &honest).await?);
    let last = comes_in(&mut accounts, &honest, &fresh.code).await?;
    if let Err(why) = &last {
        guard.doubt(format!("afterwards a fresh code does not log in: {why}"));
    }
    // The newest session: where an account has one at a time, the others have ended.
    guard.close(cx, &mut accounts, last.as_ref().ok()).await
}

async fn code(
    cx: &Cx,
    accounts: &mut Accounts,
    post: &Post,
    of: &Session,
) -> Result<Result<Mailed, String>, Fault> {
    let mailed = cx
        .mailed_code((accounts, post), Verb::MagicRequest, &of.account)
        .await?;
    Ok(mailed.map_err(|why| why.to_string()))
}

async fn comes_in(
    accounts: &mut Accounts,
    like: &Session,
    code: &str,
) -> Result<Result<Session, NotPlanted>, Fault> {
    let request = match accounts.following(like, code) {
        Ok(request) => request,
        Err(why) => return Ok(Err(why)),
    };
    let said = request.send_anyway().await?;
    Ok(accounts.followed(like, said))
}

/// Whether a code is refused in an orderly way; what came instead, in words.
async fn refused(
    accounts: &mut Accounts,
    like: &Session,
    code: &str,
) -> Result<Result<(), String>, Fault> {
    Ok(match comes_in(accounts, like, code).await? {
        Err(NotPlanted::Refused(_, said)) if turned_away(&said) => Ok(()),
        Err(why) => Err(format!("was not refused: {why}")),
        Ok(_) => Err("logs in, so no attack could show anything".to_owned()),
    })
}

/// Sends a used code once more.
async fn replayed(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    honest: &Session,
    (code, name): (&str, &str),
    shown: &[(&str, &Exchange)],
) -> Result<(), Fault> {
    let (saw, said, manner) = match comes_in(accounts, honest, code).await? {
        Ok(session) => {
            if !accounts
                .whoami(&session.bearer())
                .await?
                .is(&honest.account)
            {
                guard.doubt(format!("{name} gave a credential that nobody knows"));
                return Ok(());
            }
            (format!("{name} logs in"), session.exchange, Manner::Wrong)
        }
        Err(NotPlanted::Refused(_, said)) if manner(&said) != Manner::Wrong => {
            let broke = manner(&said);
            (format!("{name} breaks the service"), *said, broke)
        }
        Err(NotPlanted::Refused(_, said)) if turned_away(&said) => return Ok(()),
        // A friendly word without a credential lets nobody in.
        Err(NotPlanted::NoCredential(..)) => return Ok(()),
        Err(why) => {
            guard.doubt(format!("{name} was neither taken nor refused: {why}"));
            return Ok(());
        }
    };
    let mut evidence: Vec<_> = shown.iter().map(|(says, e)| cx.seen(*says, e)).collect();
    evidence.push(cx.seen(name, &said));
    guard.find(draft(cx, accounts, saw, &said, evidence, manner));
    Ok(())
}

fn draft(
    cx: &Cx,
    accounts: &Accounts,
    saw: String,
    said: &Exchange,
    evidence: Vec<Evidence>,
    manner: Manner,
) -> Draft {
    let op = accounts.auth().ops.get(&Verb::MagicConfirm);
    Draft {
        subject: "a mailed code that was used".to_owned(),
        touches: op.map(|o| cx.line(&o.op)).into_iter().collect(),
        saw,
        expected: "a code logs in once, and is refused after that".to_owned(),
        actual: answer(said),
        note: Some("Whoever finds the mail, on a shared machine, in a backup, by a forwarding rule, is logged in as its reader.".to_owned()),
        manner,
        evidence,
    }
}
