use super::password_readable;
use crate::check::accounts::skipped;
use crate::check::guard::turned_away;
use crate::check::passwords::{
    Again, Cell, Format, Grade, Kept, Known, at_once, begins, in_time, kept, known, written,
};
use crate::check::{QuietCx, note};
use crate::model::{Draft, Evidence, Fault, Manner, Verdict};
use crate::pack::Verb;
use crate::probe::auth::Accounts;
use crate::probe::plant::{answer, said_yes};
use crate::{check, control, given};

check! {
    /// ## What it looks at
    /// The cell that changes when an account's password changes, and at no other time. What stands there must come from
    /// a function that was made for passwords: bcrypt, scrypt, Argon2, PBKDF2. Else the value is made again, from the
    /// password that was sent: by MD5, SHA-1, SHA-2, SHA-3 and BLAKE2, once and twice, with the other values of the row
    /// and the secrets of the service before and behind it, and by decrypting it. The finding says which way gave it.
    /// Of a slow function the value from before is put back for a moment: then the old password must log in and the
    /// new one must not. A cost below today's least is advice.
    ///
    /// ## Why it matters
    /// Some day somebody has a copy of the table. One graphics card tries billions of passwords a second against
    /// SHA-256, with a salt or without, and a few thousand against a function that was made for it. What is encrypted
    /// is read at once by whoever finds the key as well, and the key lies where the service runs.
    ///
    /// ## Passes
    /// ```text
    /// SELECT password_hash FROM account      $argon2id$v=19$m=19456,t=2,p=1$…
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// SELECT password_hash FROM account      5f4d…     MD5(password) gives it
    /// ```
    ///
    /// ## How to mend it
    /// Take a library for Argon2id, scrypt or bcrypt, keep the whole text that it gives, and let it compare. Where
    /// accounts are there already, hash anew at each one's next login, and have those who never come set a new one.
    pub static CHECK = {
        id: "auth.password-hash-weak",
        summary: "passwords are kept in a way that gives them back, or lets them be guessed fast",
        concept: "password-storage",
        severity: Critical,
        needs: [password_readable::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: ALL,
        refs: ["ASVS v5.0.0-11.4.2", "OWASP Password Storage Cheat Sheet", "NIST SP 800-63B §3.1.1.2", "OWASP API2:2023", "CWE-916"],
        hints: [
            "Somebody has a copy of your table and a list of a million passwords. How long does each try take them?",
            "What keeps a password is slow on purpose: a moment for you at each login, years for whoever guesses.",
            "Replace the hash or the cipher by a library for Argon2id, scrypt or bcrypt, and store what it gives as it is.",
        ],
        run,
    }
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let mut accounts = given!(cx.accounts(&[Verb::Register, Verb::ChangePassword]));
    let Some(observer) = cx.observer().await? else {
        return Ok(skipped("there is no database to look at"));
    };
    let kept = control!(kept(&mut accounts, &observer).await?);
    let files = written(cx);
    match known(cx, &kept, |search| at_once(search, files)).await? {
        Known::No => {}
        known => return told(cx, &mut accounts, &kept, known).await,
    }
    let again = control!(Again::set(&mut accounts, &observer, &kept).await?);
    if let Some(cell) = again.grows(&kept) {
        let how = "a cipher or an encoding: what stands there grows and shrinks with the password";
        return Ok(weak(cx, cell, how));
    }
    match known(cx, &kept, in_time).await? {
        Known::No => {}
        known => return told(cx, &mut accounts, &kept, known).await,
    }
    if let Some(cell) = again.returns(&kept) {
        let how = "a value without a salt of its own: the same password gives it again";
        return Ok(weak(cx, cell, how));
    }
    let places: Vec<String> = kept.cells.iter().map(Cell::quoted).collect();
    let control = format!(
        "what stands in {} has no format that is known, and no way that was tried gives it",
        places.join(", ")
    );
    Ok(Verdict::Inconclusive { control })
}

/// The verdict on a way that is known.
async fn told(
    cx: &QuietCx,
    accounts: &mut Accounts,
    kept: &Kept,
    known: Known,
) -> Result<Verdict, Fault> {
    match known {
        Known::Weak(cell, how) => Ok(weak(cx, &cell, &how)),
        Known::Slow(cell, format) if format.grade == Grade::Fast => Ok(weak(
            cx,
            &cell,
            &format!("{}, as it says itself", format.words),
        )),
        Known::Slow(cell, format) => {
            control!(decides(cx, accounts, kept).await?);
            Ok(advised(cx, &cell, &format))
        }
        Known::No => Ok(Verdict::Pass { advice: Vec::new() }),
    }
}

/// Puts back what was kept before the change: then the old password logs in, and the new one does not. Without that
/// nothing says that this is what a login asks.
async fn decides(
    cx: &QuietCx,
    accounts: &mut Accounts,
    kept: &Kept,
) -> Result<Result<(), String>, Fault> {
    let Some(editor) = cx.editor().await? else {
        return Ok(Ok(()));
    };
    let mut put = Vec::new();
    for cell in &kept.cells {
        // A rule of the table may forbid it; then the cell was at least seen to change with the password.
        if let Some(before) = &cell.before
            && cell.put(&editor, before).await?
        {
            put.push(cell);
        }
    }
    let account = &kept.session.account;
    let mut answers = Vec::new();
    if !put.is_empty() {
        for secret in [&kept.old, &account.secret] {
            answers.push(accounts.login(&account.login, secret).await?);
        }
    }
    for cell in &put {
        cell.put(&editor, &cell.value).await?;
    }
    let back = accounts.enter(account).await?;
    let places: Vec<String> = put.iter().map(|c| c.quoted()).collect();
    let places = places.join(", ");
    Ok(match (answers.as_slice(), back) {
        ([], Ok(_)) => Ok(()),
        ([Ok(old), Ok(new)], Ok(_)) if said_yes(old) && turned_away(new) => Ok(()),
        ([Ok(old), Ok(new)], Ok(_)) => Err(format!(
            "with the value of before in {places} the old password was answered {} and the new one {}, so this is not all that a login asks",
            answer(old),
            answer(new)
        )),
        (_, Err(why)) => Err(format!("with all as it was, {}", why)),
        _ => Err("a login could not be sent".to_owned()),
    })
}

fn place(cell: &Cell) -> Evidence {
    let head = begins(cell.value.strip_prefix("\\x").unwrap_or(&cell.value));
    note(format!(
        "what changed with the password: `{}`, {head}",
        cell.place()
    ))
}

fn weak(cx: &QuietCx, cell: &Cell, how: &str) -> Verdict {
    let mut findings = cx.findings();
    findings.add(Draft {
        subject: "what is kept of passwords".to_owned(),
        saw: "what is kept of a password gives it away".to_owned(),
        expected: "a hash by Argon2id, scrypt, bcrypt or PBKDF2, at a cost of today".to_owned(),
        actual: format!("in `{}` stands {how}", cell.place()),
        note: Some(
            "Whoever has a copy of the table has most of the passwords within a day.".to_owned(),
        ),
        manner: Manner::Wrong,
        evidence: vec![
            place(cell),
            note(format!("made again from the password that was sent: {how}")),
        ],
        ..Draft::default()
    });
    findings.verdict()
}

/// A pass, with advice where the cost is lower than it should be.
fn advised(cx: &QuietCx, cell: &Cell, format: &Format) -> Verdict {
    let mut findings = cx.findings();
    if format.grade == Grade::Cheap {
        findings.add(Draft {
            subject: "the cost of password hashes".to_owned(),
            saw: "the function is made for passwords, and costs less than it should today".to_owned(),
            expected: format!("at least {}", format.floor),
            actual: format!("in `{}` stands {}", cell.place(), format.words),
            note: Some("What is guessed in a year today is guessed in a month some day: raise the cost at the next login.".to_owned()),
            evidence: vec![place(cell)],
            ..Draft::default()
        });
    }
    findings.advice()
}
