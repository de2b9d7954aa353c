use super::anonymous_served;
use crate::check::Cx;
use crate::check::bypass::{Bypass, identities, removed};
use crate::check::guard::{Attack, Guard, Words};
use crate::check::owners::own_id;
use crate::check::privileges::Door;
use crate::model::{Fault, Verdict};
use crate::pack::{Call, Verb};
use crate::probe::auth::{Accounts, Bearer};
use crate::probe::plant::{Planted, Planting};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// What a request says about itself besides its credential. Somebody without a credential names an account in
    /// headers that gateways set, `X-User-Id` and the like. Somebody without the role asks an operation of another
    /// role: with the role in a header, from an address that is said to be the machine's own, under other spellings of
    /// the path. And a thing is removed by a read that asks for another method in a header. None of it may do more
    /// than the plain request.
    ///
    /// ## Why it matters
    /// Anybody can write any header. One that a gateway sets is worth something only where nobody gets past the
    /// gateway, and a guard that reads the path another way than the router guards another path.
    ///
    /// ## Passes
    /// ```text
    /// GET /me         X-User-Id: 7                                  401
    /// GET /accounts   as a customer, with X-Forwarded-For: 127.0.0.1  403
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /me         X-User-Id: 7                                  200  {"email": "ada@…"}
    /// ```
    ///
    /// ## How to mend it
    /// Take the caller from the credential and from nothing else. Guard handlers and not paths, so that every way to a
    /// handler leads through its guard.
    pub static CHECK = {
        id: "auth.header-believed",
        summary: "a header, a method or a spelling of the path opens what is closed",
        concept: "authorization",
        severity: High,
        needs: [anonymous_served::CHECK],
        world: Main,
        alone: Shared,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-4.1.3", "WSTG-ATHZ-02", "WSTG-INPV-03", "OWASP API5:2023"],
        hints: [
            "Which parts of a request does your service use to find out who is asking, and who can write each of them?",
            "Only what the service itself gave out and can verify says who is asking. The rest of a request is a claim.",
            "Search your code for every header that it reads: whatever decides about identity, role or method, and is not the credential, goes.",
        ],
        run,
    }
}

static WORDS: Words = Words {
    subject: "headers that name an account",
    expected: "a request without a credential is nobody's, whatever its headers say",
    gain: "Whoever writes the header is whoever they like, without a password and without a token.",
    also: &[400],
};

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let a = control!(accounts.join().await?);
    let mut guard = control!(Guard::open(cx, &mut accounts, &a).await?);
    let id = own_id(&cx.pack(), &mut accounts, &a).await?;
    for (header, value) in identities(&a, id.as_ref()) {
        let name = format!("a request with `{header}` and no credential");
        let attack = Attack::new(name, Bearer::with_headers([(header, value)]));
        guard
            .attempt(cx, &mut accounts, &[], &attack, &WORDS)
            .await?;
    }
    for door in closed(cx) {
        let top = control!(accounts.join_as(Some(&door.role)).await?);
        let mut bypass = Bypass {
            cx,
            accounts: &mut accounts,
            guard: &mut guard,
            door,
        };
        bypass.tried(&top, &a).await?;
    }
    if let Some(thing) = control!(public(cx, &mut accounts).await?) {
        removed(cx, &mut accounts, &mut guard, &thing).await?;
    }
    guard.close(cx, &mut accounts, Some(&a)).await
}

/// The lists that are for a role that nobody registers with.
fn closed(cx: &Cx) -> Vec<Door> {
    let pack = cx.pack();
    let listing = |door: &Door| pack.op(&door.op).is_some_and(|op| op.listing.is_some());
    let mut doors = Door::all(&pack);
    doors.retain(listing);
    doors
}

/// A thing that anybody may read and not everybody may remove.
async fn public(cx: &Cx, accounts: &mut Accounts) -> Result<Planting<Option<Planted>>, Fault> {
    let pack = cx.pack();
    let open = |call: &Option<Call>| {
        let op = call.as_ref().and_then(|c| pack.op(&c.op));
        op.map(|o| o.security.anyone)
    };
    let found = pack.entities.values().find(|e| {
        e.create.is_some() && open(&e.read) == Some(true) && open(&e.delete) == Some(false)
    });
    let Some(entity) = found else {
        return Ok(Ok(None));
    };
    let planted = accounts.planter().plant(&entity.name).await?;
    Ok(planted.map(Some))
}
