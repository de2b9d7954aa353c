//! The project's own variables in a world: keys, lifetimes, limits, accounts made at boot, the mail server.

use std::collections::BTreeMap;

use crate::model::WorldKind;
use crate::pack::{Pack, Role, env_account};
use crate::probe::auth::Keys;
use crate::probe::mail::Post;

/// What the service reads in a world of this kind: lifetimes are short in the short world, and the limit on logins is
/// out of the way in all but the worlds that judge it.
pub(super) fn environment(
    pack: &Pack,
    kind: WorldKind,
    keys: &Keys,
    post: Option<&Post>,
) -> BTreeMap<String, String> {
    let mut env = pack.service.env.clone();
    let Some(auth) = &pack.auth else { return env };
    env.extend(keys.env().clone());
    for ttl in auth.env.ttls.values() {
        let short = kind == WorldKind::Short;
        let value = if short { ttl.short } else { ttl.normal };
        env.insert(ttl.name.clone(), value.to_string());
    }
    for (role, how) in &pack.roles {
        if let Role::Env(variables) = how {
            let value = |name: &String| env_account(role, name);
            env.extend(
                variables
                    .iter()
                    .map(|(name, variable)| (variable.clone(), value(name))),
            );
        }
    }
    if let Some(limit) = &auth.env.login_limit {
        let limited = kind == WorldKind::Limited;
        let most = if limited { limit.normal } else { limit.loose };
        env.insert(limit.name.clone(), most.to_string());
        if let Some(window) = &limit.window {
            let value = if kind == WorldKind::Short {
                window.short
            } else {
                window.normal
            };
            env.insert(window.name.clone(), value.to_string());
        }
    }
    if let Some(name) = &auth.env.mail {
        let url = post.map_or(NOWHERE, Post::url);
        env.insert(name.clone(), url.to_owned());
    }
    env
}

/// Where nobody listens: the port of the discard protocol (RFC 863), on the service's own machine.
const NOWHERE: &str = "smtp://127.0.0.1:9";
