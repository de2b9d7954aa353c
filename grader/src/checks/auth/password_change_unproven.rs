use serde_json::{Value, json};

use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{Seat, skipped};
use crate::check::entry::{Entry, Said, line};
use crate::check::guard::Guard;
use crate::check::honest::manner;
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::{Method, Place, Token, Verb};
use crate::probe::Request;
use crate::probe::auth::{Accounts, Session};
use crate::probe::plant::answer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Somebody who is logged in asks for a new password: without the current one, with a wrong one, with an empty one,
    /// and by a change of the account that names a password. Which password logs in afterwards tells what was done.
    /// Then the same is asked with the right one, and that must work.
    ///
    /// ## Why it matters
    /// A stolen session is bad and ends; a stolen account does not. Whoever finds an open browser or a token in a log
    /// has the session and not the password. If that is enough to choose a new one, the owner is out for good.
    ///
    /// ## Passes
    /// ```text
    /// POST /me/password   {"current_password": "a guess", "new_password": "…"}   403
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /me/password   {"new_password": "…"}   204     and the new password logs in
    /// ```
    ///
    /// ## How to mend it
    /// Require the current password in the body, compare it with the stored hash before anything is written, and refuse
    /// when it does not fit. Let no other operation take a password.
    pub static CHECK = {
        id: "auth.password-change-unproven",
        summary: "a session is enough to set a new password, without the current one",
        concept: "account-recovery",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-6.2.2", "ASVS v5.0.0-6.2.3", "ASVS v5.0.0-7.5.1", "OWASP API2:2023"],
        hints: [
            "Somebody sits down at a computer where you are logged in. What do they need to keep your account for themselves?",
            "A session says that somebody came in; the password says who owns the account. What changes the owner's key asks for that key.",
            "Make the current password a required text, compare it with the stored hash first, answer 403 when it does not fit, and write only after that.",
        ],
        run,
    }
}

/// One attempt to set a password, and what came of it.
struct Try {
    name: &'static str,
    /// The operation that was asked, as the contract spells it.
    line: String,
    new: Value,
    exchange: Exchange,
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::ChangePassword]));
    let change = accounts.auth().ops.get(&Verb::ChangePassword);
    if change.is_none_or(|op| !op.send.contains_key("old")) {
        return Ok(skipped(
            "the pack says nowhere that a new password needs the current one",
        ));
    }
    let owner = control!(accounts.join().await?);
    let other = control!(cx.shared(&mut accounts, Seat::B).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &owner).await?);
    let mut tries = Vec::new();
    if let Some(tried) = by_own_account(cx, &mut accounts, &owner).await? {
        tries.push(tried);
    }
    let wrong = accounts.password();
    for (name, proof) in proofs(wrong) {
        let new = accounts.password();
        let asked = match proof {
            Some(proof) => {
                let given = [("old", proof), ("new", new.clone())];
                let verb = Verb::ChangePassword;
                Some(control!(accounts.ask(verb, Some(&owner), &given).await?))
            }
            None => without_proof(&mut accounts, &owner, &new).await?,
        };
        let Some(exchange) = asked else { continue };
        let said = Said::by(&exchange);
        if said == Said::Broke {
            guard.find(broken(cx, &accounts, name, &exchange));
        } else if said == Said::Unclear {
            let said = answer(&exchange);
            guard.doubt(format!("{name} was answered {said}"));
        }
        tries.push(Try {
            name,
            line: line(cx, &accounts, Verb::ChangePassword),
            new,
            exchange,
        });
        if said == Said::Yes {
            break;
        }
    }
    if let Some(now) = unchanged(cx, &mut accounts, &mut guard, &owner, &tries).await? {
        honest_change(&mut accounts, &mut guard, &now).await?;
    }
    guard.close(cx, &mut accounts, Some(&other)).await
}

/// What is sent as the current password; none leaves it out.
fn proofs(wrong: Value) -> [(&'static str, Option<Value>); 4] {
    [
        ("a change without the current password", None),
        ("a change with a wrong current password", Some(wrong)),
        ("a change with an empty current password", Some(json!(""))),
        (
            "a change with null as the current password",
            Some(Value::Null),
        ),
    ]
}

/// Asks with a body that lacks the current password; none where that is not a thing of the body alone.
async fn without_proof(
    accounts: &mut Accounts,
    owner: &Session,
    new: &Value,
) -> Result<Option<Exchange>, Fault> {
    let Some(op) = accounts.auth().ops.get(&Verb::ChangePassword).cloned() else {
        return Ok(None);
    };
    let (Some(old), Some(at)) = (op.send.get("old"), op.send.get("new")) else {
        return Ok(None);
    };
    if op.send.len() > 2 {
        return Ok(None);
    }
    let values = [(at.clone(), new.clone())];
    let Ok(request) = accounts.planter().errand(&op.op, &values) else {
        return Ok(None);
    };
    let Some(request) = lacking(request, old) else {
        return Ok(None);
    };
    let request = accounts.carry(request, &owner.bearer());
    request.send_anyway().await.map(Some)
}

/// The same request without the member of its body that stands at a place.
fn lacking(request: Request, place: &Place) -> Option<Request> {
    let mut body: Value = serde_json::from_str(&request.sent().body.as_ref()?.text).ok()?;
    let (last, way) = place.pointer()?.tokens.split_last()?;
    let mut at = &mut body;
    for token in way {
        let Token::Name(name) = token else {
            return None;
        };
        at = at.get_mut(name)?;
    }
    let Token::Name(last) = last else { return None };
    at.as_object_mut()?.remove(last);
    Some(request.text(body.to_string()))
}

/// Changes the own account, where the contract has an operation for it at the address of `whoami`, and names a
/// password. To ignore that is right, and to refuse it is too.
async fn by_own_account(
    cx: &Cx,
    accounts: &mut Accounts,
    owner: &Session,
) -> Result<Option<Try>, Fault> {
    let pack = cx.pack();
    let auth = accounts.auth();
    let whoami = auth.ops.get(&Verb::Whoami).and_then(|w| pack.op(&w.op));
    let own = pack.contract.operations.iter().find(|op| {
        let changes = matches!(op.method, Method::Patch | Method::Put);
        let same = whoami.is_some_and(|w| w.path.to_string() == op.path.to_string());
        // What the contract takes there is no secret road.
        let schema = op.body.as_ref().map(|b| &b.schema.value);
        let named = auth.secret.pointer().zip(schema);
        let named = named.is_some_and(|(at, s)| pack.contract.describes(s, at));
        changes && same && !named
    });
    let Some(op) = own.map(|o| o.id.clone()) else {
        return Ok(None);
    };
    let secret = auth.secret.clone();
    let new = accounts.password();
    let Ok(request) = accounts.planter().errand(&op, &[(secret, new.clone())]) else {
        return Ok(None);
    };
    let request = accounts.carry(request, &owner.bearer());
    Ok(Some(Try {
        name: "a change of the account that names a password",
        line: cx.line(&op),
        new,
        exchange: request.send_anyway().await?,
    }))
}

/// Sees by which password the account is entered now. A session that the old one opened, where nothing has changed.
async fn unchanged(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    owner: &Session,
    tries: &[Try],
) -> Result<Option<Session>, Fault> {
    let line = line(cx, accounts, Verb::ChangePassword);
    match Entry::of(accounts, &owner.account).await? {
        Entry::In(now) => {
            // Nothing is asked after a yes, so only the last attempt can have had one.
            let last = tries.last().filter(|t| t.line == line);
            if let Some(last) = last.filter(|t| Said::by(&t.exchange) == Said::Yes) {
                let said = answer(&last.exchange);
                guard.doubt(format!(
                    "{line} answered {said} to {}, and changed nothing",
                    last.name
                ));
                return Ok(None);
            }
            return Ok(Some(*now));
        }
        Entry::Away(refused) => {
            for tried in tries.iter().rev() {
                let login = &owner.account.login;
                if let Entry::In(session) = Entry::with(accounts, login, &tried.new).await? {
                    let shown = [&tried.exchange, &refused, &session.exchange];
                    guard.find(taken(cx, tried, shown));
                    return Ok(None);
                }
            }
            guard.doubt("after changes that were refused no password logs in".to_owned());
        }
        Entry::Broke(exchange) => {
            let said = answer(&exchange);
            guard.doubt(format!(
                "a login with the password of before answered {said}"
            ));
        }
        Entry::Unclear(why) => guard.doubt(why),
    }
    Ok(None)
}

/// C+: with the right password the change is made.
async fn honest_change(
    accounts: &mut Accounts,
    guard: &mut Guard,
    session: &Session,
) -> Result<(), Fault> {
    let new = accounts.password();
    let changed = match accounts.change_password(session, &new).await? {
        Ok(changed) => changed,
        Err(why) => {
            guard.doubt(why.to_string());
            return Ok(());
        }
    };
    if Said::by(&changed) != Said::Yes {
        let said = answer(&changed);
        guard.doubt(format!(
            "a change with the right password was answered {said}, so no refusal shows anything"
        ));
        return Ok(());
    }
    let login = &session.account.login;
    if !matches!(Entry::with(accounts, login, &new).await?, Entry::In(_)) {
        guard.doubt("the new password does not log in after an honest change".to_owned());
    }
    Ok(())
}

fn taken(cx: &Cx, tried: &Try, [change, old, new]: [&Exchange; 3]) -> Draft {
    Draft {
        subject: "the proof of the current password".to_owned(),
        touches: vec![tried.line.clone()],
        saw: format!("{} sets a new one", tried.name),
        expected: "a new password is set by whoever shows the current one".to_owned(),
        actual: format!(
            "it was answered {}; now the new password logs in and the old one does not",
            answer(change)
        ),
        note: Some(
            "Whoever finds a session open takes the account, and its owner is out for good."
                .to_owned(),
        ),
        evidence: vec![
            cx.seen(tried.name, change),
            cx.seen("a login with the password of before", old),
            cx.seen("a login with the new password", new),
        ],
        ..Draft::default()
    }
}

fn broken(cx: &Cx, accounts: &Accounts, name: &str, exchange: &Exchange) -> Draft {
    Draft {
        subject: "the proof of the current password".to_owned(),
        touches: vec![line(cx, accounts, Verb::ChangePassword)],
        saw: format!("{name} breaks the service"),
        expected: "a refusal".to_owned(),
        actual: answer(exchange),
        manner: manner(exchange),
        evidence: vec![cx.seen(name, exchange)],
        ..Draft::default()
    }
}
