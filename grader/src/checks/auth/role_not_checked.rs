use super::login_broken;
use crate::check::Cx;
use crate::check::guard::Guard;
use crate::check::outsiders::{Outsider, Terms, turned_away_everywhere};
use crate::model::{Fault, Verdict};
use crate::pack::{Role, Verb};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// At each operation the contract says which roles may call it. An account of each role that anybody can have
    /// calls those that are not for it, with requests that are right in all else: the same request goes through right
    /// after, for a role that may. The account must be turned away, and nothing may have been made, changed or removed.
    ///
    /// ## Why it matters
    /// Operations of an admin are found by reading the contract or by guessing. What keeps others from calling them
    /// cannot be that no page shows them a button.
    ///
    /// ## Passes
    /// ```text
    /// GET /accounts   as a customer    403
    /// GET /accounts   as an admin      200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /accounts   as a customer    200  {"items": [{"email": "ada@…"}, …], …}
    /// ```
    ///
    /// ## How to mend it
    /// Name the roles that may where the operation is declared, and look at the account's role of now before anything
    /// else. Name those that may, not those that may not: a new role is then outside until somebody lets it in.
    pub static CHECK = {
        id: "auth.role-not-checked",
        summary: "an operation lets in a role that it is not for",
        concept: "roles",
        severity: Critical,
        needs: [login_broken::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["OWASP API5:2023", "ASVS v5.0.0-8.2.1", "WSTG-ATHZ-03"],
        hints: [
            "The contract names roles at an operation. Which line of your code would you have to remove to let everybody in?",
            "Each operation says for itself who may call it, and the role that counts is the account's own, of now.",
            "Go through the contract's `security` from top to bottom and put the named roles on each handler.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut accounts = given!(cx.accounts(&[Verb::Register]));
    let mut operations = pack.contract.operations.iter();
    let kept = operations.any(|o| !o.security.roles.is_empty());
    let open = |(name, role): (_, &Role)| matches!(role, Role::Register(_)).then_some(name);
    let mut people = Vec::new();
    for role in pack.roles.iter().filter_map(open).filter(|_| kept) {
        let role: &String = role;
        let session = control!(accounts.join_as(Some(role)).await?);
        accounts.speak_as(&session);
        people.push(session);
    }
    let Some(first) = people.first() else {
        let why = "the contract keeps no operation for a role, or nobody can register with one";
        return Ok(Verdict::Skipped {
            why: why.to_owned(),
        });
    };
    let mut guard = control!(Guard::open(cx, &mut accounts, first).await?);
    let outsiders = people.iter().map(Outsider::with_role).collect();
    let terms = Terms {
        away: accounts.auth().forbidden.clone(),
        insider: "a role that may",
        gain: "Whoever registers can do what is kept for another role.",
    };
    turned_away_everywhere(cx, &mut accounts, &mut guard, outsiders, &terms).await?;
    guard.close(cx, &mut accounts, Some(first)).await
}
