use super::never_answers;
use crate::check::{Cx, note};
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::probe::plant::Planted;
use crate::probe::sql::{Hit, Observer, Token};
use crate::probe::{SOON, until};
use crate::runtime::{Stores, Trouble};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// A thing of each kind is made through the API, with values that occur nowhere else. Then every table
    /// of the database in `DATABASE_URL` is searched for these values, whatever its tables and columns are
    /// called. Files that your service wrote are looked at as well.
    ///
    /// ## Why it matters
    /// What lives in memory or in a file beside the program is gone with the process or the container, and a
    /// second copy of the service does not see it. The database in `DATABASE_URL` is the one that is backed
    /// up, and the only one that the next stages can look into.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {"name": "Paradiso zq7kd48", …}      201
    /// select … from venues where name = 'Paradiso zq7kd48'      1 row
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {"name": "Paradiso zq7kd48", …}      201
    /// no table of the database holds "Paradiso zq7kd48"
    /// the file data.sqlite holds it
    /// ```
    ///
    /// ## How to mend it
    /// Open the connection with the text in `DATABASE_URL` as it is, without a default and without a
    /// fallback, and store everything you acknowledge there before you answer.
    pub static CHECK = {
        id: "boot.data-elsewhere",
        summary: "what is sent to the service is not kept in the database it was given",
        concept: "configuration",
        severity: Critical,
        needs: [never_answers::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["12factor III Config", "12factor IV Backing services", "12factor X Dev/prod parity"],
        hints: [
            "If the process ended now, where would the thing you have just made still exist?",
            "The database is an attached resource: its address comes from the environment, and it is the only place where facts are kept.",
            "Search your code for a second store (a list or a map, SQLite, a JSON file, a hard-coded address) and write to DATABASE_URL instead.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let Some(observer) = cx.observer().await? else {
        return Ok(Verdict::Skipped {
            why: "no database was given to look into".to_owned(),
        });
    };
    let before = rows(&observer).await?;
    let (mut kept, mut lost) = (0, Vec::new());
    for entity in cx.planter().plantable() {
        let planted = control!(cx.planter().plant(&entity).await?);
        let tokens = cx.planter().tokens(&planted);
        if tokens.is_empty() {
            continue;
        }
        match first_kept(&observer, &tokens).await? {
            Some(_) => kept += 1,
            None => lost.push(planted),
        }
    }
    if kept == 0 && lost.is_empty() {
        let why = "nothing that this contract makes has a value that can be looked for".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if lost.is_empty() {
        return Ok(cx.findings().verdict());
    }
    let stores = match cx.stores().await {
        Ok(stores) => stores,
        Err(Trouble::Fault(fault)) => return Err(fault),
        Err(_) => Stores::default(),
    };
    // A service may encode all it stores; then nothing is found, although rows came. Say so, and accuse nobody.
    if kept == 0 && rows(&observer).await? > before && stores.databases.is_empty() {
        let control = "rows came, and none shows a value as it was sent: they may be encoded";
        return Ok(Verdict::Inconclusive {
            control: control.to_owned(),
        });
    }
    let mut findings = cx.findings();
    for planted in &lost {
        findings.add(draft(cx, planted, &stores));
    }
    Ok(findings.verdict())
}

/// The first cell that holds one of the thing's own values. A service may answer a moment before its
/// transaction is visible to others, so the search is repeated for a while before it gives up.
async fn first_kept(observer: &Observer, tokens: &[Token]) -> Result<Option<Hit>, Fault> {
    until(SOON, async || {
        Ok(observer.find(tokens).await?.into_iter().next())
    })
    .await
}

/// How many rows the tables of the learner's own making hold; what tools keep about themselves does not count.
async fn rows(observer: &Observer) -> Result<u64, Fault> {
    let mut count = 0;
    for table in observer
        .tables()
        .await?
        .iter()
        .filter(|t| !t.is_bookkeeping())
    {
        count += observer.count(table).await?;
    }
    Ok(count)
}

fn draft(cx: &mut Cx, planted: &Planted, stores: &Stores) -> Draft {
    let kind = &planted.entity;
    let mut evidence = vec![cx.seen(
        format!("the service says that the {kind} is made"),
        &planted.created,
    )];
    evidence.push(note(
        "every base table of the database was searched for its values",
    ));
    for store in stores.databases.iter().filter(|s| s.written || s.held) {
        evidence.push(note(format!(
            "it keeps a database of its own in `{}`",
            store.path
        )));
    }
    for file in stores.written.iter().take(3) {
        evidence.push(note(format!("it wrote the file `{}`", file.path)));
    }
    for other in &stores.outgoing {
        evidence.push(Evidence::Note {
            says: format!("it is connected to {}", other.to),
        });
    }
    Draft {
        subject: format!("{kind} in the database"),
        saw: format!("the {kind} is made and is nowhere in the database"),
        expected: format!(
            "a row with the {kind}'s values in some table of the database in DATABASE_URL"
        ),
        actual: "no table holds any of them".to_owned(),
        evidence,
        ..Draft::default()
    }
}
