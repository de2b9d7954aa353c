use super::anonymous_served;
use crate::check::Cx;
use crate::check::accounts::Seat;
use crate::check::guard::{Guard, let_die};
use crate::check::outsiders::{Outsider, Terms, turned_away_everywhere};
use crate::model::{Fault, Verdict};
use crate::pack::{Role, Verb};
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{Planting, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Every operation that asks for a login, with a request that is right in all else: what is read, changed, removed
    /// or joined exists, and bodies are valid. It comes three times from somebody whom the service cannot know: without
    /// a credential, with a text that is none, and with the credential of a session that was logged out. After each
    /// refusal it is looked whether something was done all the same, and then the same request goes through for
    /// somebody who may.
    ///
    /// ## Why it matters
    /// Nine guarded operations and one that was forgotten are an open service: whoever looks for a way in tries them
    /// all.
    ///
    /// ## Passes
    /// ```text
    /// DELETE /performers/7   without a credential         401
    /// DELETE /performers/7   as the performer's owner     204
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// DELETE /performers/7   without a credential         204
    /// ```
    ///
    /// ## How to mend it
    /// Close everything by default: one guard before all routes, and a list of those that are open. Then a route that
    /// somebody adds tomorrow is closed until somebody opens it.
    pub static CHECK = {
        id: "auth.operation-unguarded",
        summary: "an operation that asks for a login serves somebody without one",
        concept: "credentials",
        severity: Critical,
        needs: [anonymous_served::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API5:2023", "OWASP API2:2023", "ASVS v5.0.0-8.2.1", "ASVS v5.0.0-8.3.1"],
        hints: [
            "Which of your routes would notice if its caller had no credential? How do you know that none is missing?",
            "Protection that is added to each route is missing at one of them sooner or later: close all, and open some.",
            "Move the guard in front of the router, and keep the open routes in one list that is as short as the contract's.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[]));
    let a = control!(cx.shared(&mut accounts, Seat::A).await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    let text = "Zq7kestrelOverTheQuietRiverNobodyGaveThis";
    let mut outsiders = vec![
        Outsider::unknown("somebody without a credential", Bearer::nobody()),
        Outsider::unknown("somebody with a random text", a.bearing(text)),
    ];
    for role in roles(cx) {
        let ended = control!(logged_out(&mut accounts, role.as_deref()).await?);
        outsiders.extend(ended.map(|ended| Outsider::ended("somebody who has logged out", &ended)));
    }
    let terms = Terms {
        away: accounts.auth().refused.clone(),
        insider: "somebody who may",
        gain: "Whoever finds this operation can use it, and nothing says who it was.",
    };
    turned_away_everywhere(cx, &mut accounts, &mut guard, outsiders, &terms).await?;
    guard.close(cx, &mut accounts, Some(&a)).await
}

/// The roles that anybody can register with; nobody's, where there are none.
fn roles(cx: &Cx) -> Vec<Option<String>> {
    let pack = cx.pack();
    let open = pack
        .roles
        .iter()
        .filter(|(_, role)| matches!(role, Role::Register(_)));
    let named: Vec<_> = open.map(|(name, _)| Some(name.clone())).collect();
    match named.is_empty() {
        true => vec![None],
        false => named,
    }
}

/// A session that was logged out and is not known any more, where the pack says that it dies; what is planted from now
/// on belongs to the same account. What lives on after a logout is told by the check for that.
async fn logged_out(
    accounts: &mut Accounts,
    role: Option<&str>,
) -> Result<Planting<Option<Session>>, Fault> {
    let auth = accounts.auth();
    let declared = [Verb::Register, Verb::Logout];
    let dies = auth.policy.dies_within("access").is_some();
    if !dies || !declared.iter().all(|verb| auth.ops.contains_key(verb)) {
        return Ok(Ok(None));
    }
    let ended = match accounts.join_as(role).await? {
        Ok(session) => session,
        Err(why) => return Ok(Err(why)),
    };
    match accounts.logout(&ended).await? {
        Ok(out) if said_yes(&out) => {}
        _ => return Ok(Ok(None)),
    }
    let_die(accounts, &ended.bearer()).await?;
    match accounts.enter(&ended.account).await? {
        Ok(live) => accounts.speak_as(&live),
        Err(why) => return Ok(Err(why)),
    };
    let dead = accounts.whoami(&ended.bearer()).await?.refused();
    Ok(Ok(dead.then_some(ended)))
}
