use serde_json::Value;

use super::login_broken;
use crate::check::guard::Guard;
use crate::check::strangers::{Stranger, Strangers, both};
use crate::check::{Cx, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::auth::Accounts;
use crate::probe::plant::{Planted, Walk, Wanted, answer};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Somebody makes a thing that the project calls private, and a stranger of the same role makes one like it. Each
    /// walks through the list: it must show the own thing. The stranger's must not show the other one, neither plainly
    /// nor when the query names its owner (`?user_id=…`, `?owner=…`), by their id or their login.
    ///
    /// ## Why it matters
    /// A list gives away everything at once. And what a client puts into a query is a wish: it may narrow what the
    /// caller sees, and never widen it.
    ///
    /// ## Passes
    /// ```text
    /// GET /orders               200  {"items": [the caller's own], …}
    /// GET /orders?user_id=12    200  {"items": [the caller's own], …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /orders               200  {"items": [everybody's], …}
    /// ```
    ///
    /// ## How to mend it
    /// Begin the WHERE of the list with the account that the credential names, and add the filters of the query to it
    /// with AND. Totals and pages count the same rows.
    pub static CHECK = {
        id: "auth.other-users-object-listed",
        summary: "a list shows private things of others",
        concept: "ownership",
        severity: High,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API1:2023", "OWASP API3:2023", "ASVS v5.0.0-8.2.2"],
        hints: [
            "Two people ask for the same list. Where in your code does it become two lists?",
            "Whose rows a list shows is decided by the credential, in the statement; the query only narrows it.",
            "Start the WHERE with `account_id = <caller>` and join every filter of the query to it with AND.",
        ],
        run,
    }
}

const GAIN: &str = "Whoever has an account can read what belongs to all others, in one request.";

/// What a careless service might take for the owner's filter.
const NAMES: [&str; 9] = [
    "user_id",
    "owner_id",
    "account_id",
    "customer_id",
    "user",
    "owner",
    "account",
    "customer",
    "email",
];

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let mut things = Vec::new();
    for name in listed(cx) {
        things.push(control!(accounts.planter().plant(&name).await?));
    }
    let strangers = control!(Strangers::to(&mut accounts, &things).await?);
    let Some(any) = strangers.any() else {
        let why = "the pack says of nothing that has a list that it is private";
        return Ok(Verdict::Skipped {
            why: why.to_owned(),
        });
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &any.session).await?);
    for thing in &things {
        let Some(stranger) = strangers.beside(&mut accounts, thing) else {
            continue;
        };
        let own = control!(accounts.planter().plant(&thing.entity).await?);
        if let Some(why) = own_list(cx, &mut accounts, thing).await? {
            guard.doubt(why);
            continue;
        }
        walk(cx, &mut accounts, &mut guard, stranger, [thing, &own]).await?;
        if let Some(why) = own_list(cx, &mut accounts, thing).await? {
            guard.doubt(why);
        }
    }
    guard.close(cx, &mut accounts, Some(&any.session)).await
}

/// The entities that only their owner sees, and that have a list which their owner may ask for.
fn listed(cx: &Cx) -> Vec<String> {
    let pack = cx.pack();
    let closed = |e: &crate::pack::Entity| {
        let list = e.list.as_ref().and_then(|l| pack.op(&l.op));
        list.is_some_and(|op| !op.security.anyone)
    };
    let all = pack.entities.values();
    let private = all.filter(|e| e.private && e.owner.is_some() && closed(e));
    private.map(|e| e.name.clone()).collect()
}

/// Why the maker of a thing does not find it in their list, if they do not.
async fn own_list(cx: &Cx, accounts: &mut Accounts, of: &Planted) -> Result<Option<String>, Fault> {
    let found = accounts.planter().look_for(of).await?;
    Ok(match found {
        Some((_, Some(_))) => None,
        Some(_) => Some(format!(
            "{} does not show its owner {}",
            list_line(cx, of),
            a(&of.entity)
        )),
        None => Some(format!("the list of {} cannot be read", of.entity)),
    })
}

/// The stranger's walks: through the whole list, and through what it shows when the query names the owner.
async fn walk(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    stranger: &Stranger,
    [thing, own]: [&Planted; 2],
) -> Result<(), Fault> {
    let pack = cx.pack();
    let list = pack.entity(&thing.entity).and_then(|e| e.list.as_ref());
    let open = list
        .and_then(|l| pack.op(&l.op))
        .is_some_and(|o| stranger.may_ask(o));
    if !open || own.by != Some(stranger.who) {
        return Ok(());
    }
    let Some(plain) = accounts
        .planter()
        .walk_through(own, &Wanted::default())
        .await?
    else {
        return Ok(());
    };
    if !shows(accounts, own, &plain) {
        guard.doubt(format!(
            "{} does not show a stranger their own",
            list_line(cx, own)
        ));
        return Ok(());
    }
    if let Some(page) = page_with(accounts, thing, &plain) {
        let saw = format!("the list shows {} of somebody else", a(&thing.entity));
        find(cx, guard, thing, saw, [&thing.created, &page]);
        return Ok(());
    }
    if !plain.complete {
        guard.doubt(format!(
            "{} cannot be walked to its end",
            list_line(cx, own)
        ));
    }
    for (name, value) in wishes(accounts, thing) {
        let wanted = Wanted::default().with(name, value);
        let Some(walk) = accounts.planter().walk_through(own, &wanted).await? else {
            continue;
        };
        if let Some(page) = page_with(accounts, thing, &walk) {
            let saw = format!(
                "`{name}` in the query brings {} of somebody else",
                a(&thing.entity)
            );
            find(cx, guard, thing, saw, [&thing.created, &page]);
            return Ok(());
        }
    }
    Ok(())
}

/// Filters that name the owner, by what the service has shown of them and by what they log in with.
fn wishes(accounts: &mut Accounts, thing: &Planted) -> Vec<(&'static str, String)> {
    let owner = thing
        .by
        .and_then(|who| accounts.planter().actor(who).cloned());
    let login = owner.and_then(|o| o.login.as_str().map(str::to_owned));
    let body = thing.created.json().unwrap_or_default();
    let mut ids = Vec::new();
    named(&body, &mut ids);
    let ids: Vec<String> = ids.iter().map(text).collect();
    let mut wishes = Vec::new();
    for name in NAMES {
        let about_login = name == "email";
        let values = ids.iter().filter(|_| !about_login).chain(login.iter());
        wishes.extend(values.map(|value| (name, value.clone())));
    }
    wishes
}

/// The ids that a reply shows outside its lists: whose it is, among others.
fn named(body: &Value, ids: &mut Vec<Value>) {
    let Some(members) = body.as_object() else {
        return;
    };
    for (name, value) in members {
        let is_id = name.to_lowercase().ends_with("id");
        if is_id && (value.is_string() || value.is_number()) && !ids.contains(value) {
            ids.push(value.clone());
        }
        named(value, ids);
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn shows(accounts: &mut Accounts, of: &Planted, walk: &Walk) -> bool {
    page_with(accounts, of, walk).is_some()
}

/// The page on which this thing stands.
fn page_with(accounts: &mut Accounts, of: &Planted, walk: &Walk) -> Option<Exchange> {
    let signs = accounts.planter().signs(of)?;
    let at = walk.items.iter().position(|item| signs.are_on(item))?;
    walk.page_of(at).cloned()
}

fn find(cx: &Cx, guard: &mut Guard, thing: &Planted, saw: String, [made, page]: [&Exchange; 2]) {
    guard.find(Draft {
        subject: list_line(cx, thing),
        saw,
        expected: "a list of the caller's own, whatever the query says".to_owned(),
        actual: format!("{} with what somebody else has made", answer(page)),
        note: Some(GAIN.to_owned()),
        evidence: both(
            cx,
            ("its owner makes it", made),
            ("a stranger asks for the list", page),
        ),
        ..Draft::default()
    });
}

fn list_line(cx: &Cx, of: &Planted) -> String {
    let pack = cx.pack();
    let list = pack.entity(&of.entity).and_then(|e| e.list.as_ref());
    list.map_or_else(String::new, |l| cx.line(&l.op))
}
