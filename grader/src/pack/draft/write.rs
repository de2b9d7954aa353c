//! The draft as text, with comments that say what to check.

use std::fmt::Write;

use serde_json::Value;

use crate::pack::Contract;

use super::{access, entities, ready};

/// The whole file.
pub(super) fn project(name: &str, contract: &Contract) -> String {
    let mut out = String::new();
    let auth = access::guess(contract);
    head(&mut out, name, contract, auth.is_some());
    let guesses = entities::guess(contract);
    for (entity, guess) in &guesses {
        self::entity(&mut out, entity, guess);
    }
    let names: Vec<String> = guesses.keys().cloned().collect();
    for (link, joint) in entities::joints(contract, &names) {
        self::link(&mut out, &link, &joint);
    }
    match auth {
        Some(auth) => self::auth(&mut out, &auth),
        None if contract.operations.iter().any(|o| !o.security.anyone) => line(
            &mut out,
            "\n# check: the contract asks for credentials; say in [auth] how somebody logs in (`grader pack lint` names what is missing).",
        ),
        None => {}
    }
    line(
        &mut out,
        "\n# check: add what else decides what ([[depends]]), what has nothing to do with each other ([[independent]]),",
    );
    line(
        &mut out,
        "# honest copies ([copy]), reads that must stay cheap ([[read]]) and questions for a mentor ([mentor]).",
    );
    out
}

fn head(out: &mut String, name: &str, contract: &Contract, guarded: bool) {
    let tier = name
        .split('-')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1u32)
        .max(1);
    let title = if contract.title.is_empty() {
        name
    } else {
        &contract.title
    };
    let stages = if guarded {
        "[\"boot\", \"endpoints\", \"auth\"]"
    } else {
        "[\"boot\", \"endpoints\"]"
    };
    line(
        out,
        "# Drafted from the contract. Every `check:` wants a decision of yours; then run `grader pack lint`.\n",
    );
    line(out, "[project]");
    line(out, &format!("id     = {}", quoted(name)));
    line(out, &format!("title  = {}", quoted(title)));
    line(out, &format!("tier   = {tier}"));
    if tier > 1 {
        line(
            out,
            "after  = [\"…\"]                  # check: the project before this one",
        );
    }
    line(
        out,
        &format!("stages = {stages}   # check: the stages in force"),
    );
    line(
        out,
        "gate   = { share = 0.85, must = [\"boot.never-answers\"] }   # check: what opens the next tier",
    );
    let (path, known) = ready(contract);
    line(out, "\n[service]");
    let doubt = if known {
        ""
    } else {
        "   # check: does this answer as soon as the service is up?"
    };
    line(
        out,
        &format!("ready  = {}{doubt}", quoted(&format!("GET {path}"))),
    );
    line(out, "within = \"60s\"");
}

fn entity(out: &mut String, name: &str, guess: &entities::Guess<'_>) {
    line(out, &format!("\n[entity.{name}]"));
    line(out, &format!("create = {}", quoted(guess.op.id.as_str())));
    let doubt = if guess.key_unsure {
        "   # check: is this what identifies one?"
    } else {
        ""
    };
    line(out, &format!("key    = {}{doubt}", quoted(&guess.key)));
    if !guess.parents.is_empty() {
        let all: Vec<String> = guess
            .parents
            .iter()
            .map(|(n, at)| format!("{n} = {}", quoted(at)))
            .collect();
        line(out, &format!("parent = {{ {} }}", all.join(", ")));
    }
    line(out, &format!("facts  = {}", list(&guess.facts)));
    if !guess.secret.is_empty() {
        line(out, &format!("secret = {}", list(&guess.secret)));
    }
    for at in &guess.nested {
        line(
            out,
            &format!("# check: what stands at {at} is perhaps an entity of its own (made_by, at)."),
        );
    }
    line(out, "# check: which facts do no two share? unique = [[…]]");
}

fn link(out: &mut String, name: &str, joint: &entities::Joint<'_>) {
    line(out, &format!("\n[link.{name}]"));
    line(out, &format!("set   = {}", quoted(joint.set.id.as_str())));
    if let Some(unset) = joint.unset {
        line(out, &format!("unset = {}", quoted(unset.id.as_str())));
    }
    let ends: Vec<String> = joint
        .ends
        .iter()
        .map(|(n, at)| format!("{n} = {}", quoted(at)))
        .collect();
    line(out, &format!("ends  = {{ {} }}", ends.join(", ")));
    if !joint.facts.is_empty() {
        line(out, &format!("facts = {}", list(&joint.facts)));
    }
}

fn auth(out: &mut String, auth: &access::Access<'_>) {
    for role in &auth.roles {
        line(
            out,
            &format!(
                "\n[role.{}]   # check: how does somebody come to have it?",
                key(role)
            ),
        );
        line(
            out,
            &format!("register = {{ \"/role\" = {} }}", quoted(role)),
        );
    }
    line(out, "\n[auth]");
    line(out, &format!("carrier = {}", quoted(&auth.carrier)));
    if let Some(prefix) = auth.prefix {
        line(out, &format!("prefix  = {}", quoted(prefix)));
    }
    line(out, &format!("login   = {}", quoted(&auth.login)));
    line(out, &format!("secret  = {}", quoted(&auth.secret)));
    line(
        out,
        "\n[auth.op]   # check: add register, refresh, logout and what else there is",
    );
    let take = auth.take.as_deref().unwrap_or("/access_token");
    line(
        out,
        &format!(
            "login  = {{ op = {}, take = {{ access = {} }} }}",
            quoted(auth.log_in.id.as_str()),
            quoted(take)
        ),
    );
    match &auth.whoami {
        Some((op, says)) => line(
            out,
            &format!(
                "whoami = {{ op = {}, says = {{ login = {} }} }}",
                quoted(op.id.as_str()),
                quoted(says)
            ),
        ),
        None => line(
            out,
            "# check: whoami = { op = \"…\", says = { login = \"/email\" } }: an operation that names its caller",
        ),
    }
}

fn list(names: &[String]) -> String {
    let all: Vec<String> = names.iter().map(|n| quoted(n)).collect();
    format!("[{}]", all.join(", "))
}

/// A basic string: JSON's escapes are TOML's too.
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

fn line(out: &mut String, text: &str) {
    // Writing into a text cannot fail.
    let _ = writeln!(out, "{text}");
}
