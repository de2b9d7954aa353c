use super::login_broken;
use crate::check::Cx;
use crate::check::accounts::{NO_COOKIE, skipped};
use crate::check::cross_site::Trial;
use crate::check::guard::Guard;
use crate::model::{Fault, Verdict};
use crate::pack::{Spot, Verb};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Writes as the page of another site would cause them: the browser sends the session's cookie along, and the page
    /// cannot know the token that the project asks for. Each thing that belongs to somebody is made, changed and removed
    /// so, a password is changed, a session ended, an account removed: without the token, with an empty one, with that
    /// of another account, and as a form or plain text. All of it must be refused and do nothing; the same request
    /// with the right token goes through right after.
    ///
    /// ## Why it matters
    /// A browser sends cookies along with every request to a host, whoever caused it. So the cookie says who is asking,
    /// and not that they want it.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues   Cookie: sid=…   Origin: https://evil.example   403
    /// POST /venues   Cookie: sid=…   X-CSRF-Token: …                201
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues   Cookie: sid=…   Origin: https://evil.example   201
    /// ```
    ///
    /// ## How to mend it
    /// Look at the token in one place, before every operation that is not safe (GET, HEAD, OPTIONS), and refuse where it
    /// is missing. Bind it to the session, compare it in constant time, and take no body but the declared type.
    pub static CHECK = {
        id: "auth.cross-site-writes",
        summary: "a page of another site can write in a visitor's name",
        concept: "credentials",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-3.5.1", "ASVS v5.0.0-3.5.2", "WSTG-SESS-05", "CWE-352"],
        hints: [
            "Somebody is logged in here and opens another page, which sends a form to your service. What does your service see, and what does it not see?",
            "A cookie comes along by itself. What only a page of yours can know, and must send along itself, shows that it was asked for.",
            "In the guard before all handlers: for every method but GET, HEAD and OPTIONS, 403 unless the token is there and belongs to this session.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let auth = accounts.auth().clone();
    if auth.cookie().is_none() {
        return Ok(skipped(NO_COOKIE));
    }
    let Some(csrf) = &auth.csrf else {
        return Ok(skipped(
            "the pack declares no token against cross-site requests",
        ));
    };
    if !matches!(csrf.send.spot, Spot::Header(_)) {
        return Ok(skipped(
            "the token against cross-site requests does not travel in a header",
        ));
    }
    let mut things = Vec::new();
    for name in guarded(cx) {
        things.push(control!(accounts.planter().plant(&name).await?));
    }
    let other = control!(accounts.join().await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &other).await?);
    let Some(foreign) = other.csrf().map(str::to_owned) else {
        let control = "no reply shows the token against cross-site requests".to_owned();
        return Ok(Verdict::Inconclusive { control });
    };
    let mut first = true;
    for thing in things {
        let owner = thing.by.and_then(|who| accounts.planter().actor(who));
        let Some(owner) = owner.cloned() else {
            continue;
        };
        let mut trial = Trial {
            cx,
            accounts: &mut accounts,
            guard: &mut guard,
            owner,
        };
        // How a token may be missing is looked at in one place: the first thing.
        let foreign = first.then_some(foreign.as_str());
        trial.made(&thing, foreign).await?;
        trial.changed(&thing).await?;
        trial.removed(&thing).await?;
        first = false;
    }
    let own = control!(accounts.join().await?);
    let mut trial = Trial {
        cx,
        accounts: &mut accounts,
        guard: &mut guard,
        owner: own.actor(),
    };
    trial.own_account(&own).await?;
    guard.close(cx, &mut accounts, Some(&other)).await
}

/// The entities that nobody makes without a login.
fn guarded(cx: &Cx) -> Vec<String> {
    let pack = cx.pack();
    let guarded = pack.entities.values().filter(|e| {
        let op = e.create.as_ref().and_then(|c| pack.op(&c.op));
        op.is_some_and(|o| !o.security.anyone)
    });
    guarded.map(|e| e.name.clone()).collect()
}
