use super::password_hash_weak;
use crate::check::accounts::skipped;
use crate::check::diff::Tables;
use crate::check::passwords::{Cell, Kept, change, changed, kept};
use crate::check::{QuietCx, note};
use crate::model::{Draft, Fault, Verdict};
use crate::pack::Verb;
use crate::probe::actor::Actor;
use crate::probe::auth::Accounts;
use crate::probe::plant::said_yes;
use crate::probe::sql::Observer;
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// An account sets another password and then the one of before again: what is kept of it must be another value
    /// than before. Two more accounts register with the same password: each must have a value of its own. All of
    /// them log in.
    ///
    /// ## Why it matters
    /// Without a salt equal passwords look equal: who has the commonest value has the commonest password, and one
    /// guess is tried against all accounts at once, or looked up in a list that somebody made long ago. A salt that
    /// follows from the account, its address say, can be known before the table is stolen.
    ///
    /// ## Passes
    /// ```text
    /// mara   $argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$4VcG…
    /// ada    $argon2id$v=19$m=19456,t=2,p=1$b3RoZXJzYWx0$9hKq…      the same password
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// mara   $argon2id$v=19$m=19456,t=2,p=1$Ym94b2ZmaWNl$4VcG…
    /// ada    $argon2id$v=19$m=19456,t=2,p=1$Ym94b2ZmaWNl$4VcG…      the same password
    /// ```
    ///
    /// ## How to mend it
    /// Let the library make the salt: it draws a new one for every hash and writes it into the text. A salt is no
    /// secret, comes from no configuration, and follows from nothing.
    pub static CHECK = {
        id: "auth.password-not-salted",
        summary: "the same password is kept as the same value",
        concept: "password-storage",
        severity: High,
        needs: [password_hash_weak::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["OWASP Password Storage Cheat Sheet", "ASVS v5.0.0-11.4.2", "NIST SP 800-63B §3.1.1.2", "CWE-760"],
        hints: [
            "Five people choose the same password. What can be told from your table?",
            "A salt is drawn at random for every single hash, also when the same account sets the same password again.",
            "Leave the salt out of your call, so that the library draws one, and keep the text that comes back.",
        ],
        run,
    }
}

/// What is shorter is no hash.
const LEAST: usize = 16;

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::ChangePassword]));
    let Some(observer) = cx.observer().await? else {
        return Ok(skipped("there is no database to look at"));
    };
    let kept = control!(kept(&mut accounts, &observer).await?);
    let again = control!(set_back(&mut accounts, &observer, &kept).await?);
    let mut others = Vec::new();
    for _ in 0..2 {
        others.push(control!(another(&mut accounts, &observer, &kept).await?));
    }
    let mut compared = false;
    let mut findings = cx.findings();
    for cell in again.iter().filter(|c| c.value.len() >= LEAST) {
        let before = kept.cells.iter().filter(|c| c.is_like(cell));
        let before = before.filter_map(|c| c.before.as_ref());
        let beside: Vec<&Cell> = others
            .iter()
            .flatten()
            .filter(|c| c.is_like(cell))
            .collect();
        compared |= !beside.is_empty();
        let returned = before.into_iter().any(|value| *value == cell.value);
        let values = beside.iter().map(|c| &c.value);
        let equal = values.clone().any(|value| *value == cell.value);
        if returned || equal {
            findings.add(found(cell, equal));
        }
    }
    if findings.is_empty() && !compared {
        let control = "what is kept of the password of another account was not found, so nothing could be compared";
        return Ok(Verdict::Inconclusive {
            control: control.to_owned(),
        });
    }
    Ok(findings.verdict())
}

/// Sets the password of before again, and shows the cells that changed.
async fn set_back(
    accounts: &mut Accounts,
    observer: &Observer,
    kept: &Kept,
) -> Result<Result<Vec<Cell>, String>, Fault> {
    let before = Tables::read(observer).await?;
    if let Err(why) = change(accounts, &kept.session, &kept.old).await? {
        return Ok(Err(format!("{why}, for the password of before")));
    }
    let mut cells = changed(&before, &Tables::read(observer).await?);
    cells.retain(|cell| kept.cells.iter().any(|k| k.is_like(cell)));
    let account = Actor {
        secret: kept.old.clone(),
        ..kept.session.account.clone()
    };
    Ok(match accounts.enter(&account).await? {
        Ok(_) => Ok(cells),
        Err(why) => Err(why.to_string()),
    })
}

/// Registers another account with the password of before, and shows its cells in the same columns.
async fn another(
    accounts: &mut Accounts,
    observer: &Observer,
    kept: &Kept,
) -> Result<Result<Vec<Cell>, String>, Fault> {
    let account = match accounts.draw(None) {
        Ok(drawn) => Actor {
            secret: kept.old.clone(),
            ..drawn
        },
        Err(why) => return Ok(Err(why.to_string())),
    };
    let before = Tables::read(observer).await?;
    match accounts.register(&account).await? {
        Ok(made) if said_yes(&made) => {}
        Ok(made) => return Ok(Err(format!("registering answered {:?}", made.status()))),
        Err(why) => return Ok(Err(why.to_string())),
    }
    let mut cells = changed(&before, &Tables::read(observer).await?);
    cells.retain(|cell| kept.cells.iter().any(|k| k.is_like(cell)));
    Ok(match accounts.enter(&account).await? {
        Ok(_) => Ok(cells),
        Err(why) => Err(why.to_string()),
    })
}

fn found(cell: &Cell, equal: bool) -> Draft {
    let place = cell.place();
    let (actual, salt) = if equal {
        (
            format!("two accounts with one password have the same value in `{place}`"),
            "There is no salt, or one for all.",
        )
    } else {
        (
            format!("a password that was set again gives the value of before in `{place}`"),
            "Accounts differ, so there is a salt, and it follows from the account.",
        )
    };
    Draft {
        subject: "the salt of password hashes".to_owned(),
        saw: "the same password is kept as the same value".to_owned(),
        expected: "a new value each time, for a new salt each time".to_owned(),
        actual: actual.clone(),
        note: Some(format!(
            "{salt} One guess is then tried against many, or was made long before."
        )),
        evidence: vec![note(actual)],
        ..Draft::default()
    }
}
