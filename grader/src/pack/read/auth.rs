//! `[auth]`: the credential, what is set at boot, the operations, the policy.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::pack::{Auth, AuthKind, AuthOp, Carrier, Csrf, Place, Policy, Role, Spot, Verb};

use super::{
    Reader, access, authenv,
    authops::{ops, takes},
    policy, project,
    tab::{Item, Tab},
};

pub(super) fn read(
    reader: &Reader<'_>,
    root: &mut Tab<'_>,
    roles: &IndexMap<String, Role>,
    given: &BTreeMap<String, String>,
) -> Option<Auth> {
    let item = root.get("auth");
    let Some(mut tab) = item.and_then(|i| i.table()) else {
        unguarded(reader);
        return None;
    };
    access::all_known(reader, roles);
    let kind = tab.get("kind").and_then(|i| {
        i.word(&[
            ("jwt", AuthKind::Jwt),
            ("opaque", AuthKind::Opaque),
            ("cookie", AuthKind::Cookie),
            ("auto", AuthKind::Auto),
        ])
    });
    let carrier = tab.get("carrier").and_then(|i| carrier(reader, &i));
    let prefix = tab.get("prefix").and_then(|i| i.text()).map(|t| t.value);
    let mut place = |key, cure| tab.need(key, cure).and_then(|i| reader.place_of(&i));
    let login = place(
        "login",
        "say what identifies in the bodies of register and login: `login = \"/email\"`",
    );
    let secret = place(
        "secret",
        "say where the password stands: `secret = \"/password\"`",
    );
    let statuses = |item: Option<Item<'_>>, or: &[u16]| {
        item.map_or_else(|| or.to_vec(), |i| project::statuses(&i))
    };
    let refused = statuses(tab.get("refused"), &[401]);
    let forbidden = statuses(tab.get("forbidden"), &[403, 404]);
    let secure = tab.get("secure").and_then(|i| i.flag());
    let csrf = tab.get("csrf").and_then(|i| csrf(reader, &i));
    let env = tab
        .get("env")
        .and_then(|i| i.table())
        .map(|tab| authenv::read(tab, given, reader.log))
        .unwrap_or_default();
    let ops = ops(reader, &mut tab);
    let policy = tab
        .get("policy")
        .and_then(|i| i.table())
        .map_or_else(Policy::default, policy::read);
    tab.done();
    let carrier = carrier.unwrap_or(Place {
        spot: Spot::Header("Authorization".into()),
        pick: None,
    });
    let bearer =
        matches!(&carrier.spot, Spot::Header(name) if name.eq_ignore_ascii_case("authorization"));
    let prefix = prefix.unwrap_or_else(|| {
        if bearer {
            "Bearer ".into()
        } else {
            String::new()
        }
    });
    let (login, secret) = (login?, secret?);
    for verb in [Verb::Register, Verb::Login] {
        if let Some(op) = ops
            .get(&verb)
            .and_then(|o: &AuthOp| reader.contract.op(o.op.as_str()))
        {
            for (key, place) in [("login", &login), ("secret", &secret)] {
                if !takes(reader, op, place) {
                    let what = format!(
                        "`{}` takes nothing at `{place}`, where `{key}` is said to be",
                        op.id
                    );
                    reader.log.say(
                        &reader.doc.spot(&op.pointer),
                        what,
                        format!("mend `{key}` in [auth], or the contract"),
                    );
                }
            }
        }
    }
    Some(Auth {
        kind: kind.unwrap_or(AuthKind::Auto),
        carrier: Carrier {
            place: carrier,
            prefix,
        },
        login,
        secret,
        refused,
        forbidden,
        secure: secure.unwrap_or(true),
        csrf,
        env,
        ops,
        policy,
    })
}

/// A contract that asks for credentials needs an `[auth]` that says how to have them.
fn unguarded(reader: &Reader<'_>) {
    if let Some(op) = reader
        .contract
        .operations
        .iter()
        .find(|o| !o.security.anyone)
    {
        let what = format!(
            "`{}` asks for a credential, and project.toml has no [auth]",
            op.id
        );
        let cure = "say in [auth] how somebody registers and logs in, or write `security: []` in the contract";
        reader.log.say(
            &reader.doc.spot(&format!("{}/security", op.pointer)),
            what,
            cure,
        );
    }
}

fn carrier(reader: &Reader<'_>, item: &Item<'_>) -> Option<Place> {
    let place = reader.place_of(item)?;
    if !matches!(place.spot, Spot::Header(_) | Spot::Cookie(_)) {
        let what = format!("a credential is not carried at `{place}`");
        reader.log.say(
            &item.spot(),
            what,
            "write `header:Authorization`, another header, or `cookie:NAME`",
        );
    }
    Some(place)
}

fn csrf(reader: &Reader<'_>, item: &Item<'_>) -> Option<Csrf> {
    let mut tab = item.table()?;
    let token = tab
        .need("token", "say where the token is found")
        .and_then(|i| reader.place_of(&i));
    let send = tab
        .need("send_as", "say where it is to be sent")
        .and_then(|i| reader.place_of(&i));
    tab.done();
    Some(Csrf {
        token: token?,
        send: send?,
    })
}
