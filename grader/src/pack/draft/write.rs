//! The draft as text, with comments that say what to check.

use std::fmt::Write;

use serde_json::Value;

use crate::pack::Contract;

use super::{access, entities, links, ready};

/// The whole file.
pub(super) fn project(name: &str, contract: &Contract) -> String {
    let mut out = String::new();
    let auth = access::guess(contract);
    head(&mut out, name, contract, auth.is_some());
    let guesses = entities::guess(contract, auth.as_ref());
    let values = links::values(contract, &guesses);
    for (entity, guess) in &guesses {
        let told = |at: &String| values.iter().any(|v| v.at == format!("{at}/*"));
        self::entity(&mut out, entity, guess, told);
    }
    for list in &values {
        self::values(&mut out, list);
    }
    for (link, joint) in links::joints(contract, auth.as_ref(), &guesses) {
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
        "\n# With a schema stage: what else decides what ([[depends]]), what has nothing to do with each other ([[independent]]),\n# honest copies ([copy]), reads that must stay cheap ([[read]]). Questions for a talk with the learner: [mentor].",
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
        "gate   = { share = 0.85, must = [\"boot.never-answers\"] }",
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

fn entity(
    out: &mut String,
    name: &str,
    guess: &entities::Guess<'_>,
    told: impl Fn(&String) -> bool,
) {
    line(out, &format!("\n[entity.{name}]"));
    line(out, &format!("create = {}", quoted(guess.op.id.as_str())));
    let doubt = if guess.key_unsure {
        "   # check: is this what identifies one?"
    } else {
        ""
    };
    line(out, &format!("key    = {}{doubt}", quoted(&guess.key)));
    for (key, op) in [("read", guess.read), ("update", guess.update)] {
        if let Some(op) = op {
            line(out, &format!("{key:<6} = {}", quoted(op.id.as_str())));
        }
    }
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
    if guess.owned {
        line(
            out,
            "# check: does one belong to whoever made it, and to nobody else? owner = \"caller\"",
        );
    }
    for at in guess.nested.iter().filter(|at| !told(at)) {
        line(
            out,
            &format!("# check: what stands at {at} is perhaps an entity of its own (made_by, at)."),
        );
    }
    match &guess.login {
        Some(login) => line(out, &format!("unique = [[{}]]", quoted(login))),
        None if guess.clashes => line(
            out,
            "# check: a create may answer 409: which facts do no two share? unique = [[…]]",
        ),
        None => {}
    }
}

fn link(out: &mut String, name: &str, joint: &links::Joint<'_>) {
    line(out, &format!("\n[link.{name}]"));
    line(out, &format!("set   = {}", quoted(joint.set.id.as_str())));
    if let Some(unset) = joint.unset {
        line(out, &format!("unset = {}", quoted(unset.id.as_str())));
    }
    let twins = matches!(&joint.ends[..], [one, other] if one.entity == other.entity);
    let ends = joint.ends.iter().enumerate().map(|(i, end)| {
        let (entity, at) = (&end.entity, quoted(&end.at));
        let role = if i == 0 { "from" } else { "to" };
        match twins {
            true => format!("{role} = {{ entity = {}, at = {at} }}", quoted(entity)),
            false => format!("{entity} = {at}"),
        }
    });
    let ends: Vec<String> = ends.collect();
    line(out, &format!("ends  = {{ {} }}", ends.join(", ")));
    if !joint.facts.is_empty() {
        line(out, &format!("facts = {}", list(&joint.facts)));
    }
}

/// Texts in a list that are things of their own, and the link from each to what it stands in.
fn values(out: &mut String, values: &links::Values) {
    let links::Values {
        name,
        of,
        made_by,
        at,
    } = values;
    let (made_by, at) = (quoted(made_by), quoted(at));
    line(
        out,
        &format!("\n[entity.{name}]   # check: is each text in that list a thing of its own?"),
    );
    line(out, &format!("made_by = {made_by}\nat      = {at}"));
    line(out, "key     = \"name\"\nfacts   = { name = \"\" }");
    line(out, &format!("\n[link.{of}_{name}]"));
    line(out, &format!("made_by = {made_by}\nat      = {at}"));
    line(out, &format!("ends    = {{ {of} = \"@\", {name} = \"\" }}"));
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
    if let Some((token, send)) = &auth.csrf {
        let doubt = if token.is_some() {
            ""
        } else {
            "   # check: where is the token found?"
        };
        let token = quoted(token.as_deref().unwrap_or("cookie:csrf"));
        let send = quoted(send);
        line(
            out,
            &format!("csrf    = {{ token = {token}, send_as = {send} }}{doubt}"),
        );
    }
    operations(out, auth);
}

/// `[auth.op]`.
fn operations(out: &mut String, auth: &access::Access<'_>) {
    let more = match &auth.more[..] {
        [] => String::new(),
        all => format!("   # check: add what these do: {}", all.join(", ")),
    };
    line(out, &format!("\n[auth.op]{more}"));
    match auth.register {
        Some(op) => {
            let clash = if op.declares(409).is_some() {
                ", clash = [409]"
            } else {
                ""
            };
            let op = quoted(op.id.as_str());
            line(out, &format!("register = {{ op = {op}{clash} }}"));
        }
        None => line(
            out,
            "# check: register = { op = \"…\" }: an operation that makes an account; without one nothing guarded is asked",
        ),
    }
    if let Some(op) = auth.log_out {
        line(
            out,
            &format!("logout = {{ op = {} }}", quoted(op.id.as_str())),
        );
    }
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
