//! `[role.<name>]`: how somebody comes to have a role that the contract's `security` names.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use crate::pack::{Operation, Role};

use super::{
    Reader,
    tab::{At, Tab},
};

pub(super) fn roles(reader: &Reader<'_>, root: &mut Tab<'_>) -> IndexMap<String, Role> {
    let mut roles = IndexMap::new();
    let tables = root
        .get("role")
        .and_then(|i| i.table())
        .map(|t| t.tables())
        .unwrap_or_default();
    for (name, mut tab) in tables {
        if let Some(role) = role(reader, &name, &mut tab) {
            roles.insert(name.value, role);
        }
        tab.done();
    }
    roles
}

fn role(reader: &Reader<'_>, name: &At<String>, tab: &mut Tab<'_>) -> Option<Role> {
    let register = tab.get("register").and_then(|i| i.table());
    let env = tab.get("env").and_then(|i| i.table());
    match (register, env) {
        (Some(register), None) => {
            let one = |(place, item): (At<String>, super::tab::Item<'_>)| {
                Some((reader.place(&place)?, item.json()?))
            };
            Some(Role::Register(
                register.all().into_iter().filter_map(one).collect(),
            ))
        }
        (None, Some(env)) => {
            let mut variables = BTreeMap::new();
            for (key, item) in env.all() {
                if let Some(text) = item.text() {
                    variables.insert(key.value, text.value);
                }
            }
            Some(Role::Env(variables))
        }
        _ => {
            let what = format!(
                "[role.{}] must say how somebody comes to have it, in one way",
                name.value
            );
            let cure = "write `register = { \"/role\" = \"…\" }`, or `env = { email = \"…\", password = \"…\" }`";
            reader.log.say(&name.spot, what, cure);
            None
        }
    }
}

/// Every role the contract's `security` names must be one that somebody can have.
pub(super) fn all_known(reader: &Reader<'_>, roles: &IndexMap<String, Role>) {
    let mut said = BTreeSet::new();
    for op in &reader.contract.operations {
        at_once(reader, op);
        let together = op.security.together.iter().flatten();
        let named = op.security.roles.iter().chain(together);
        for role in named.filter(|r| !roles.contains_key(*r)) {
            if said.insert(role.clone()) {
                let spot = reader.doc.spot(&format!("{}/security", op.pointer));
                let what = format!(
                    "nobody can come to have the role `{role}`, which `{}` asks for",
                    op.id
                );
                let known: Vec<&str> = roles.keys().map(String::as_str).collect();
                match crate::model::nearest(role, known.iter().copied()) {
                    Some(_) => reader.log.unknown(&spot, what, role, known),
                    None => {
                        reader
                            .log
                            .say(&spot, what, format!("add [role.{role}] to project.toml"))
                    }
                }
            }
        }
    }
}

/// All that one requirement lists is wanted at once (OpenAPI 3.1 §4.8.30), and an account has one role. Scopes are no
/// roles: one token may have many.
fn at_once(reader: &Reader<'_>, op: &Operation) {
    let schemes = &reader.contract.document["components"]["securitySchemes"];
    let has_scopes = |name: &String| {
        schemes[name]["type"] == "oauth2" || schemes[name]["type"] == "openIdConnect"
    };
    let Some(roles) = op.security.together.first() else {
        return;
    };
    if op.security.schemes.iter().any(has_scopes) {
        return;
    }
    let what = format!(
        "`{}` asks for {} at once, and an account has one role",
        op.id,
        roles.join(" and ")
    );
    let each: Vec<String> = roles.iter().map(|r| format!("`- scheme: [{r}]`")).collect();
    let cure = format!(
        "where any one of them is enough, write one requirement each: {}",
        each.join(", ")
    );
    let spot = reader.doc.spot(&format!("{}/security", op.pointer));
    reader.log.say(&spot, what, cure);
}
