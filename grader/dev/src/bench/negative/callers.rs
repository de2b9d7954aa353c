//! Who calls which operation: somebody with each role, and somebody else wherever a call ends the caller's session.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use grader::model::Exchange;
use grader::pack::{Operation, Pack, Role, Verb, env_account};
use grader::probe::{Http, Journal};
use serde_json::{Value, json};

/// Calls after which a credential is worth nothing.
const ENDING: [Verb; 5] = [
    Verb::Logout,
    Verb::LogoutAll,
    Verb::ChangePassword,
    Verb::Refresh,
    Verb::DeleteAccount,
];

/// The value of `Authorization` for each operation that wants one, by method and path as the contract spells them.
pub(super) type Callers = BTreeMap<String, String>;

/// Registers and logs in, as the third project does it.
pub(super) async fn of(pack: &Pack, base: &str) -> Result<Callers> {
    let http = Http::new(base, Journal::default())?;
    let ending: Vec<_> = ENDING
        .iter()
        .filter_map(|verb| Some(pack.auth_op(*verb)?.op.clone()))
        .collect();
    let (mut shared, mut callers) = (BTreeMap::<String, String>::new(), Callers::new());
    for op in &pack.contract.operations {
        let Some(role) = role(pack, op) else { continue };
        let known = shared
            .get(&role)
            .filter(|_| !ending.contains(&op.id))
            .cloned();
        let bearer = match known {
            Some(bearer) => bearer,
            None => {
                let name = format!("{role}-{}", callers.len());
                let bearer = log_in(pack, &http, &role, &name).await?;
                if !ending.contains(&op.id) {
                    shared.insert(role, bearer.clone());
                }
                bearer
            }
        };
        callers.insert(op.line(), bearer);
    }
    Ok(callers)
}

/// A role that may call; none where anybody may. Whoever registers is preferred to whom the service knows from the start.
fn role(pack: &Pack, op: &Operation) -> Option<String> {
    let may = |role: &&String| op.security.allows(Some(role));
    let registers = |role: &&String| matches!(pack.roles.get(*role), Some(Role::Register(_)));
    let all = || pack.roles.keys().filter(may);
    let role = all().find(registers).or_else(|| all().next());
    role.filter(|_| !op.security.anyone).cloned()
}

async fn log_in(pack: &Pack, http: &Http, role: &str, name: &str) -> Result<String> {
    let (mut email, mut password) = (
        format!("{name}@example.com"),
        "a long and quiet river".to_owned(),
    );
    if let Some(Role::Env(_)) = pack.roles.get(role) {
        email = env_account(role, "email");
        password = env_account(role, "password");
    } else {
        let body = json!({"email": email, "password": password, "name": name, "role": role});
        answered(http.request("POST", "/accounts").json(&body).send().await?)?;
    }
    let body = json!({"email": email, "password": password});
    let session = answered(http.request("POST", "/sessions").json(&body).send().await?)?;
    let token = session.get("access_token").and_then(Value::as_str);
    Ok(format!(
        "Bearer {}",
        token.context("a login gave no token")?
    ))
}

fn answered(exchange: Exchange) -> Result<Value> {
    ensure!(
        exchange.status() == Some(201),
        "{} answered {:?}",
        exchange.sent.path,
        exchange.status()
    );
    exchange.json().context("no JSON came back")
}
