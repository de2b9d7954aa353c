use serde_json::Value;

use super::login_broken;
use crate::check::guard::Guard;
use crate::check::strangers::Strangers;
use crate::check::{Cx, a, owners, privileges};
use crate::model::{Draft, Fault, Manner, Verdict};
use crate::pack::{Pack, Place, Pointer, Verb};
use crate::probe::auth::Accounts;
use crate::probe::plant::{Planted, same};
use crate::probe::sample;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// Honest requests carry properties that are not the client's to set. Registering and changing the own account:
    /// the role of an admin, `is_admin` and the like; whoever did it then calls an operation that is for admins alone.
    /// Making and changing things: an owner, under the names that references to accounts have in the database; the
    /// thing then belongs to the other account, or it does not. And what the service sets: the id, times, prices; a
    /// reply shows whether they were taken over. To ignore such properties is right, and to refuse them is too.
    ///
    /// ## Why it matters
    /// A handler that puts the whole body into the row lets the body decide which columns change. One property more,
    /// and somebody is an admin, or pays what they like.
    ///
    /// ## Passes
    /// ```text
    /// PATCH /me   {"name": "Ada", "role": "admin"}   200  {"role": "customer", …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// PATCH /me   {"name": "Ada", "role": "admin"}   200  {"role": "admin", …}
    /// ```
    ///
    /// ## How to mend it
    /// Write down for each operation which properties it takes, and take those by name. One list for each operation,
    /// not one for the table. Ids, owners, times and prices come from the service, whatever the body says.
    pub static CHECK = {
        id: "auth.mass-assignment",
        summary: "a client sets a property that is not its to set",
        concept: "mass-assignment",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API3:2023", "ASVS v5.0.0-15.3.3", "WSTG-INPV-20"],
        hints: [
            "A body holds one property more than you expect. How far into your code does it come?",
            "The operation decides which properties it takes, by name; a body only brings values for them.",
            "Build each row from a list of named properties of that operation, and let the caller and the database give the rest.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let pack = cx.pack();
    let mut things = Vec::new();
    for entity in pack
        .entities
        .values()
        .filter(|e| e.owner.is_some() && e.create.is_some())
    {
        things.push(control!(accounts.planter().plant(&entity.name).await?));
    }
    let strangers = control!(Strangers::to(&mut accounts, &things).await?);
    let session = match strangers.any() {
        Some(stranger) => stranger.session.clone(),
        None => control!(accounts.join().await?),
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, &session).await?);
    privileges::taken(cx, &mut accounts, &mut guard).await?;
    for thing in &things {
        let Some(stranger) = strangers.beside(&mut accounts, thing) else {
            continue;
        };
        let stolen = stranger.holding(thing);
        owners::named(
            cx,
            &mut accounts,
            &mut guard,
            [thing, &stolen],
            &stranger.session,
        )
        .await?;
        kept_by_the_service(cx, &mut accounts, &mut guard, thing).await?;
    }
    guard.close(cx, &mut accounts, Some(&session)).await
}

/// Sends what the service sets itself. Taken over twice, with two values, it was no chance.
async fn kept_by_the_service(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    like: &Planted,
) -> Result<(), Fault> {
    let pack = cx.pack();
    for set in set_by_service(&pack, like) {
        let mut seen = None;
        for _ in 0..2 {
            let value = match &set.schema {
                Some(schema) => {
                    sample::value(&pack.contract, schema, &set.name, accounts.planter().rng())
                }
                None => accounts.planter().unknown_key(like).unwrap_or_default(),
            };
            let mut put = |mut body: Value| {
                set.at.set(&mut body, &value);
                body
            };
            let made = owners::make_with(&pack, accounts, like, &mut put).await?;
            let taken = made.filter(|(made, _)| {
                let body = made.created.json().unwrap_or_default();
                let shown = set.shown.get(&body).first().copied();
                shown.is_some_and(|shown| set.is(&pack, &value, shown))
            });
            seen = taken;
            if seen.is_none() {
                break;
            }
        }
        let Some((made, op)) = seen else { continue };
        guard.find(Draft {
            subject: format!("{} of {}", set.name, a(&set.entity)),
            touches: vec![cx.line(&op)],
            saw: format!(
                "the body sets `{}`, which is the service's to set",
                set.name
            ),
            expected: "it is ignored, or refused".to_owned(),
            actual: "the reply shows what the body said".to_owned(),
            note: Some("Ids, times and prices are true because no client decides them.".to_owned()),
            manner: Manner::Wrong,
            evidence: vec![cx.seen("a body that says more", &made.created)],
        });
    }
    Ok(())
}

/// A value that the service sets: where a body could name it, and where the reply shows it.
struct Set {
    entity: String,
    name: String,
    at: Pointer,
    shown: Pointer,
    /// None for a key.
    schema: Option<Value>,
}

impl Set {
    /// Whether a reply shows this value.
    fn is(&self, pack: &Pack, value: &Value, shown: &Value) -> bool {
        match &self.schema {
            Some(schema) => same(&pack.contract, schema, None, value, shown),
            None => value == shown,
        }
    }
}

fn set_by_service(pack: &Pack, like: &Planted) -> Vec<Set> {
    let Some(entity) = pack.entity(&like.entity) else {
        return Vec::new();
    };
    let mut sets = Vec::new();
    if let Some(at) = entity
        .key_place()
        .filter(|p| p.pick.is_none())
        .and_then(Place::pointer)
        && entity.natural_key().is_none()
    {
        sets.push(Set {
            entity: entity.name.clone(),
            name: at.last().unwrap_or("id").to_owned(),
            at: at.clone(),
            shown: at.clone(),
            schema: None,
        });
    }
    let here = Pointer { tokens: Vec::new() };
    let parts = pack.entities.values().filter_map(|e| {
        let made = e
            .made_by
            .as_ref()
            .filter(|m| entity.maker() == Some(&m.op))?;
        let (at, shown) = (made.at.pointer()?, made.reply_at.as_ref()?.pointer()?);
        Some((e, first(at), first(shown)))
    });
    for (of, at, shown) in parts.chain([(entity, here.clone(), here.clone())]) {
        for fact in of
            .facts
            .values()
            .filter(|f| f.send.is_none() && f.change.is_none())
        {
            if let Some(place) = fact.created.as_ref().and_then(Place::pointer) {
                sets.push(Set {
                    entity: of.name.clone(),
                    name: fact.name.clone(),
                    at: at.join(place),
                    shown: shown.join(place),
                    schema: Some(fact.schema.clone()),
                });
            }
        }
    }
    sets.retain(|set| !owners::takes(pack, like, &set.at));
    sets
}

/// The place of the first element where a place is that of each.
fn first(place: &Pointer) -> Pointer {
    use crate::pack::Token;
    let one = |token: &Token| match token {
        Token::Each => Token::Name("0".to_owned()),
        name @ Token::Name(_) => name.clone(),
    };
    Pointer {
        tokens: place.tokens.iter().map(one).collect(),
    }
}
