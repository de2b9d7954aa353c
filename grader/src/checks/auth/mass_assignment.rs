use serde_json::{Value, json};

use super::login_broken;
use crate::check::guard::Guard;
use crate::check::strangers::{Met, Strangers, both};
use crate::check::{Cx, a};
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Verdict};
use crate::pack::{Method, OpId, Pack, Place, Pointer, Role, Verb};
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{Planted, Wish, answer, said_yes, same};
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

/// What references to accounts are often called. Those of the learner's own database are tried as well.
const OWNERS: [&str; 6] = [
    "owner_id",
    "user_id",
    "account_id",
    "owner",
    "created_by",
    "customer_id",
];

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
    let mut guard = match Guard::open(cx, &mut accounts, &session).await? {
        Ok(guard) => guard,
        Err(control) => return Ok(Verdict::Inconclusive { control }),
    };
    privileges(cx, &mut accounts, &mut guard).await?;
    for thing in &things {
        let Some(stranger) = strangers.beside(&mut accounts, thing) else {
            continue;
        };
        let stolen = stranger.holding(thing);
        owners(
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

/// A role that nobody can register with, where a body says which role somebody has, and an operation for it alone.
struct Door {
    role: String,
    place: Place,
    op: OpId,
}

impl Door {
    /// All of them, in the order of the contract.
    fn all(pack: &Pack) -> Vec<Self> {
        let registered = pack.roles.values().find_map(|role| match role {
            Role::Register(asks) => asks.first().map(|(place, _)| place.clone()),
            Role::Env(_) => None,
        });
        let made = |role: &Role| matches!(role, Role::Env(_));
        let top = pack.roles.iter().find(|(_, role)| made(role));
        let place = registered.filter(|p| p.pointer().is_some());
        let (Some(place), Some((role, _))) = (place, top) else {
            return Vec::new();
        };
        let ops = pack.contract.operations.iter().filter(|op| {
            let plain = op.method == Method::Get && op.params.iter().all(|p| !p.required);
            let others = pack.roles.iter().filter(|(_, role)| !made(role));
            let mut others = others.map(|(name, _)| op.security.allows(Some(name)));
            plain && op.security.allows(Some(role)) && !others.any(|open| open)
        });
        let door = |op: &crate::pack::Operation| Self {
            role: role.clone(),
            place: place.clone(),
            op: op.id.clone(),
        };
        ops.map(door).collect()
    }

    /// What a body might say to make somebody more than they are.
    fn wishes(&self) -> Vec<(Place, Value)> {
        let at = |name: &str| Place::body(Pointer { tokens: Vec::new() }.member(name));
        vec![
            (at("is_admin"), json!(true)),
            (at("isAdmin"), json!(true)),
            (at("admin"), json!(true)),
            (at("is_superuser"), json!(true)),
            (at("roles"), json!([self.role])),
        ]
    }

    async fn opens(
        &self,
        accounts: &mut Accounts,
        bearer: &Bearer,
    ) -> Result<Option<Exchange>, Fault> {
        let Ok(request) = accounts.planter().errand(&self.op, &[]) else {
            return Ok(None);
        };
        accounts.carry(request, bearer).send().await.map(Some)
    }
}

/// Registers, and changes the own account, with more than an account may say of itself.
async fn privileges(cx: &Cx, accounts: &mut Accounts, guard: &mut Guard) -> Result<(), Fault> {
    let doors = Door::all(&cx.pack());
    let Some(role) = doors.first().map(|d| d.role.clone()) else {
        return Ok(());
    };
    let (top, plain) = match (accounts.join_as(Some(&role)).await?, accounts.join().await?) {
        (Ok(top), Ok(plain)) => (top, plain),
        (Err(why), _) | (_, Err(why)) => {
            guard.doubt(why.to_string());
            return Ok(());
        }
    };
    let auth = accounts.auth().clone();
    for door in &doors {
        // C+: the operation is open to the role; C-: closed to whoever registers honestly.
        let honest = door.opens(accounts, &top.bearer()).await?;
        let closed = door.opens(accounts, &plain.bearer()).await?;
        let (Some(honest), Some(closed)) = (honest, closed) else {
            continue;
        };
        if !said_yes(&honest) || Met::by(cx, &auth, &door.op, "a stranger", &closed) != Met::Away {
            continue;
        }
        let named = vec![(door.place.clone(), json!(door.role))];
        for wishes in [named.clone(), door.wishes()] {
            register(cx, accounts, guard, (door, &honest), wishes).await?;
        }
        let wishes = named.into_iter().chain(door.wishes()).collect();
        return change_oneself(cx, accounts, guard, (door, &honest), (plain, wishes)).await;
    }
    let role = a(&role);
    guard.doubt(format!(
        "no operation lets in {role} and keeps out whoever registers"
    ));
    Ok(())
}

async fn register(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    (door, honest): (&Door, &Exchange),
    wishes: Vec<(Place, Value)>,
) -> Result<(), Fault> {
    let Ok(account) = accounts.draw(None) else {
        return Ok(());
    };
    let Ok(made) = accounts.register_with(&account, wishes).await? else {
        return Ok(());
    };
    let Ok(session) = accounts.enter(&account).await? else {
        return Ok(());
    };
    let Some(seen) = door
        .opens(accounts, &session.bearer())
        .await?
        .filter(said_yes)
    else {
        return Ok(());
    };
    let role = a(&door.role);
    let evidence = vec![
        cx.seen("registering", &made),
        cx.seen("what the new account is let do", &seen),
    ];
    guard.find(risen(
        cx,
        door,
        honest,
        &format!("who registers becomes {role} by saying so"),
        evidence,
    ));
    Ok(())
}

/// Changes the own account where the contract has an operation for it: at the address of `whoami`.
async fn change_oneself(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    (door, honest): (&Door, &Exchange),
    (session, wishes): (Session, Vec<(Place, Value)>),
) -> Result<(), Fault> {
    let pack = cx.pack();
    let whoami = accounts
        .auth()
        .ops
        .get(&Verb::Whoami)
        .and_then(|w| pack.op(&w.op));
    let own = pack.contract.operations.iter().find(|op| {
        let changes = matches!(op.method, Method::Patch | Method::Put);
        changes && whoami.is_some_and(|w| w.path.to_string() == op.path.to_string())
    });
    let Some(op) = own.map(|o| o.id.clone()) else {
        return Ok(());
    };
    for more in [Vec::new(), wishes] {
        let attack = !more.is_empty();
        let Ok(request) = accounts.planter().errand(&op, &more) else {
            return Ok(());
        };
        let changed = accounts.carry(request, &session.bearer()).send().await?;
        if !attack && !said_yes(&changed) {
            let said = answer(&changed);
            guard.doubt(format!(
                "{} answered {said} to an honest change",
                cx.line(&op)
            ));
            return Ok(());
        }
        // A role may count from the next login only.
        let again = accounts.enter(&session.account).await?.ok();
        for now in [Some(session.clone()), again]
            .into_iter()
            .flatten()
            .filter(|_| attack)
        {
            let Some(seen) = door.opens(accounts, &now.bearer()).await?.filter(said_yes) else {
                continue;
            };
            let saw = format!(
                "who changes the own account becomes {} by saying so",
                a(&door.role)
            );
            let evidence = vec![
                cx.seen("the change", &changed),
                cx.seen("what the account is let do", &seen),
            ];
            guard.find(risen(cx, door, honest, &saw, evidence));
            return Ok(());
        }
    }
    Ok(())
}

fn risen(cx: &Cx, door: &Door, honest: &Exchange, saw: &str, mut evidence: Vec<Evidence>) -> Draft {
    let role = a(&door.role);
    evidence.insert(0, cx.seen(format!("{role} is let in here"), honest));
    Draft {
        subject: "the role of an account".to_owned(),
        saw: saw.to_owned(),
        expected: "a role is given, and no body of one's own says it".to_owned(),
        actual: format!("{} lets the account in like {role}", cx.line(&door.op)),
        note: Some("Whoever has an account can do all that an admin can.".to_owned()),
        evidence,
        ..Draft::default()
    }
}

/// Makes a thing, and changes one, with somebody else as its owner in the body. `stolen` is the thing in their hands.
async fn owners(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    [thing, stolen]: [&Planted; 2],
    other: &Session,
) -> Result<(), Fault> {
    let pack = cx.pack();
    let Some(id) = own_id(&pack, accounts, other).await? else {
        return Ok(());
    };
    // C+ and C-: what only an owner can do, the maker can, and the other one cannot.
    let before = (
        reach(accounts, thing).await?,
        reach(accounts, stolen).await?,
    );
    let (Some(mine), Some(theirs)) = before else {
        return Ok(());
    };
    if !said_yes(&mine) || said_yes(&theirs) {
        return Ok(());
    }
    let extra = owner_names(cx, &other.account.login).await?;
    let mut with_owner = |mut body: Value| {
        if let Some(members) = body.as_object_mut() {
            for name in &extra {
                members.entry(name.clone()).or_insert_with(|| id.clone());
            }
        }
        body
    };
    let planter = accounts.planter();
    let update = pack.entity(&thing.entity).and_then(|e| e.update.as_ref());
    if let (Some(update), Some(body)) = (update, planter.change_of(thing)) {
        let (key, body) = (thing.key.as_ref(), with_owner(body));
        if let Some(seen) = planter.ask(thing, &update.call, key, Some(body)).await? {
            lost(
                cx,
                accounts,
                guard,
                [thing, stolen],
                (&update.call.op, &seen),
            )
            .await?;
        }
    }
    let Some((made, op)) = make_with(&pack, accounts, thing, &mut with_owner).await? else {
        return Ok(());
    };
    let theirs = Planted {
        by: stolen.by,
        ..made.clone()
    };
    let seen = made.created.clone();
    lost(cx, accounts, guard, [&made, &theirs], (&op, &seen)).await
}

/// A thing like this one, made with a body that says more; none where that was refused.
async fn make_with(
    pack: &Pack,
    accounts: &mut Accounts,
    like: &Planted,
    more: &mut impl FnMut(Value) -> Value,
) -> Result<Option<(Planted, OpId)>, Fault> {
    let wish = Wish {
        parents: like.parents.clone(),
        ..Wish::default()
    };
    let Ok(ready) = accounts.planter().prepare(&like.entity, wish).await? else {
        return Ok(None);
    };
    let request = ready.with(&more(ready.body.clone()));
    let owner = like
        .by
        .and_then(|who| accounts.planter().actor(who).cloned());
    let bearer = owner.and_then(|actor| accounts.bearer_of(&actor));
    let Some(bearer) = bearer else {
        return Ok(None);
    };
    let created = accounts.carry(request, &bearer).send().await?;
    let body = created.json().filter(|_| said_yes(&created));
    let place = pack
        .entity(&like.entity)
        .and_then(|e| e.key_place().cloned());
    let key = body
        .as_ref()
        .zip(place)
        .and_then(|(body, at)| at.get(body).first().copied().cloned());
    Ok(key.map(|key| {
        let made = Planted {
            key: Some(key),
            facts: ready.facts.clone(),
            created,
            ..like.clone()
        };
        (made, ready.op.clone())
    }))
}

/// Whether a thing was lost to somebody else: they can do with it what only an owner can, and its maker no more.
async fn lost(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
    [thing, stolen]: [&Planted; 2],
    (op, asked): (&OpId, &Exchange),
) -> Result<(), Fault> {
    let (Some(theirs), Some(mine)) = (
        reach(accounts, stolen).await?,
        reach(accounts, thing).await?,
    ) else {
        return Ok(());
    };
    let auth = accounts.auth().clone();
    let away = Met::by(cx, &auth, op, "its maker", &mine) == Met::Away;
    if !said_yes(asked) || !said_yes(&theirs) || !away {
        return Ok(());
    }
    let mut evidence = vec![cx.seen("a body names another owner", asked)];
    evidence.extend(both(
        cx,
        ("the other one asks", &theirs),
        ("its maker asks", &mine),
    ));
    guard.find(Draft {
        subject: "the owner of a thing".to_owned(),
        touches: vec![cx.line(op)],
        saw: format!("the body says whose {} is", a(&thing.entity)),
        expected: "it belongs to whoever made it, whatever a body says".to_owned(),
        actual: "it belongs to the account that the body names".to_owned(),
        note: Some("Whoever writes the request decides in whose name a thing stands.".to_owned()),
        manner: Manner::Wrong,
        evidence,
    });
    Ok(())
}

/// What only an owner can do: change it, or read what is private.
async fn reach(accounts: &mut Accounts, of: &Planted) -> Result<Option<Exchange>, Fault> {
    let pack = accounts.planter().pack();
    let private = pack.entity(&of.entity).is_some_and(|e| e.private);
    let changed = accounts.planter().change(of).await?;
    match changed {
        Some(changed) => Ok(Some(changed.exchange)),
        None if private => accounts.planter().read(of).await,
        None => Ok(None),
    }
}

/// The account's own id, where `whoami` shows it in the place in which registering does.
async fn own_id(
    pack: &Pack,
    accounts: &mut Accounts,
    of: &Session,
) -> Result<Option<Value>, Fault> {
    let register = accounts
        .auth()
        .ops
        .get(&Verb::Register)
        .map(|r| r.op.clone());
    let is_it = |e: &&crate::pack::Entity| e.create.as_ref().map(|c| &c.op) == register.as_ref();
    let place = pack
        .entities
        .values()
        .find(is_it)
        .and_then(|e| e.key_place().cloned());
    let seen = accounts.whoami(&of.bearer()).await?;
    let body = seen.exchange().json();
    Ok(place
        .zip(body)
        .and_then(|(at, body)| at.get(&body).first().copied().cloned()))
}

/// Under which names a body may say whose a thing is: usual ones, and those of the columns that refer to the table in
/// which the account's login stands.
async fn owner_names(cx: &Cx, login: &Value) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = OWNERS.map(str::to_owned).to_vec();
    let (Some(observer), Some(login)) = (cx.observer().await?, login.as_str()) else {
        return Ok(names);
    };
    let token = crate::probe::sql::Token::Text(login.to_owned());
    let homes: Vec<String> = observer
        .find(&[token])
        .await?
        .into_iter()
        .map(|h| h.table)
        .collect();
    for table in observer.catalog().await?.tables {
        let keys = table.foreign_keys.iter().filter(|k| k.columns.len() == 1);
        let to_accounts =
            keys.filter(|k| homes.contains(&format!("{}.{}", k.references.0, k.references.1)));
        names.extend(to_accounts.flat_map(|k| k.columns.clone()));
    }
    let camel: Vec<String> = names.iter().map(|n| camel(n)).collect();
    names.extend(camel);
    names.sort();
    names.dedup();
    Ok(names)
}

/// `ownerId` for `owner_id`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| {
        let mut letters = word.chars();
        let head: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        all + &head + letters.as_str()
    })
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
            let made = make_with(&pack, accounts, like, &mut put).await?;
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
