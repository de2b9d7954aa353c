//! Accounts that make themselves more than they are, by properties of a body.

use serde_json::{Value, json};

use super::guard::Guard;
use super::strangers::Met;
use super::{Cx, a};
use crate::model::{Draft, Evidence, Exchange, Fault};
use crate::pack::{Method, OpId, Operation, Pack, Place, Pointer, Role, Verb};
use crate::probe::auth::{Accounts, Bearer, Session};
use crate::probe::plant::{answer, said_yes};

/// A role that nobody can register with, where a body says which role somebody has, and an operation for it alone.
pub(crate) struct Door {
    /// The role.
    pub(crate) role: String,
    /// Where a body says which role somebody has.
    pub(crate) place: Place,
    /// The operation.
    pub(crate) op: OpId,
}

impl Door {
    /// All of them, in the order of the contract.
    pub(crate) fn all(pack: &Pack) -> Vec<Self> {
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
        let door = |op: &Operation| Self {
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

    /// What it answers to somebody; none where it cannot be asked.
    pub(crate) async fn opens(
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
pub(crate) async fn taken(
    cx: &Cx,
    accounts: &mut Accounts,
    guard: &mut Guard,
) -> Result<(), Fault> {
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
        if !said_yes(&honest)
            || Met::by(cx, &auth.forbidden, &door.op, "a stranger", &closed) != Met::Away
        {
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
