use indexmap::IndexMap;
use rand::RngExt;
use serde_json::{Value, json};

use crate::check;
use crate::check::{QuietCx, cost};
use crate::checks::endpoints::created_differs;
use crate::control;
use crate::model::{Draft, Evidence, Exchange, Fault, Statement, Verdict};
use crate::pack::{Entity, Fact, Keeps, On, Pack};
use crate::probe::plant::{Planted, Wanted, Wish, said_yes};

check! {
    /// ## What it looks at
    /// Texts with quotes and a backslash in them are sent: as facts of a new thing, as filters, as an id in a path.
    /// Each holds a word that nothing else has. Where the database was sent that word as a part of a statement's
    /// text, and the quotes broke the answer, the check fails. Where it stood in the text and everything came back
    /// right it is mentioned: some drivers put values into the text themselves, with care.
    ///
    /// ## Why it matters
    /// A value that becomes a part of the statement can change the statement. With one quote a client ends your
    /// text and goes on with SQL of its own: to read what is others', or to drop a table.
    ///
    /// ## Passes
    /// ```text
    /// SELECT … FROM venue WHERE city = $1                   $1 = 'O''Brien'
    /// GET /venues?city=O'Brien     200
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// SELECT … FROM venue WHERE city = 'O'Brien'
    /// GET /venues?city=O'Brien     500
    /// ```
    ///
    /// ## How to mend it
    /// Send the statement with placeholders and the values beside it, as parameters. Names of columns that depend
    /// on the request are looked up in a list of your own, never taken from it.
    pub static CHECK = {
        id: "schema.values-in-statement",
        summary: "a value from a request becomes a part of the SQL text",
        concept: "tables",
        severity: Critical,
        needs: [created_differs::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-1.2.4", "OWASP SQL Injection Prevention Cheat Sheet", "CWE-89"],
        hints: [
            "What does the database get when somebody sends a text with a quote in it?",
            "A statement is a program; a value that stands in its text can become a part of the program.",
            "Find where the statement is put together, write a placeholder where the value stands, and pass the value as a parameter.",
        ],
        run,
    }
}

/// What is hard on whoever builds statements out of texts. The number makes the word before it one of a kind.
fn hard(number: u32) -> (String, String) {
    let word = format!("zq7{number:06}");
    (word.clone(), format!("{word} O'Brien \\ ''; --"))
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let (mut findings, mut advice, mut asked) = (cx.findings(), cx.findings(), 0);
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        let honest = control!(cx.planter().plant(&name).await?);
        let mut seen = Vec::new();
        seen.extend(made(cx, &pack, entity, &honest).await?);
        seen.extend(filtered(cx, &pack, entity, &honest).await?);
        seen.extend(addressed(cx, &pack, entity, &honest).await?);
        asked += seen.len();
        for sight in seen {
            match (&sight.text, sight.broke) {
                (Some(_), true) => findings.add(draft(cx, sight)),
                (Some(_), false) => advice.add(draft(cx, sight)),
                (None, _) => {}
            }
        }
    }
    if asked == 0 {
        let why = "nothing in this contract takes a free text".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(if findings.is_empty() {
        advice.advice()
    } else {
        findings.verdict()
    })
}

/// One request with a hard text in it.
struct Sight {
    /// As a reader names it: `GET /venues by city`.
    about: String,
    exchange: Exchange,
    /// The statement whose text holds the word, if one does.
    text: Option<Statement>,
    /// Whether the answer was not what the same request with a plain text gets.
    broke: bool,
}

/// Makes a thing whose free texts are hard.
async fn made(
    cx: &mut QuietCx,
    pack: &Pack,
    entity: &Entity,
    honest: &Planted,
) -> Result<Option<Sight>, Fault> {
    let Some(op) = entity.create.as_ref().and_then(|c| pack.op(&c.op)) else {
        return Ok(None);
    };
    let (word, text) = hard(cx.planter().rng().random_range(0..1_000_000));
    let free = entity.sent().filter(|f| is_free(pack, f, &text));
    let facts: IndexMap<String, Value> = free.map(|f| (f.name.clone(), json!(text))).collect();
    if facts.is_empty() {
        return Ok(None);
    }
    let wish = Wish {
        parents: cost::free_parents(pack, honest),
        facts: facts.clone(),
        ..Wish::default()
    };
    let trace = cx.trace().await?;
    let made = cx.planter().plant_as(&entity.name, wish).await?;
    let statements = trace.close().await?.statements;
    let (exchange, broke) = match made {
        Ok(made) => {
            let reply = made.created.json().unwrap_or_default();
            let shown = |(name, sent): (&String, &Value)| {
                let place = entity.facts.get(name).and_then(|f| f.created.as_ref());
                place
                    .and_then(|p| p.get(&reply).first().copied())
                    .is_none_or(|v| v == sent)
            };
            let broke = !facts.iter().all(shown);
            (made.created, broke)
        }
        Err(why) => match why.exchange() {
            Some(exchange) => (exchange.clone(), true),
            None => return Ok(None),
        },
    };
    let about = op.line();
    Ok(Some(Sight {
        about,
        exchange,
        text: holding(statements, &word),
        broke,
    }))
}

/// Asks the list by each filter on a free text, for a text that nothing has: an empty page is right.
async fn filtered(
    cx: &mut QuietCx,
    pack: &Pack,
    entity: &Entity,
    honest: &Planted,
) -> Result<Vec<Sight>, Fault> {
    let op = entity.list.as_ref().and_then(|l| pack.op(&l.op));
    let rules = pack.list_rules(entity);
    let mut seen = Vec::new();
    for filter in rules.into_iter().flat_map(|r| &r.filters) {
        let On::Fact(name) = &filter.on else { continue };
        let (word, text) = hard(cx.planter().rng().random_range(0..1_000_000));
        let fact = entity.facts.get(name).filter(|f| is_free(pack, f, &text));
        let (Some(_), Some(op), Keeps::Equal | Keeps::Like) = (fact, op, filter.keeps) else {
            continue;
        };
        let wanted = Wanted::default().with(&filter.param, text.as_str());
        let Some(mut pages) = cx.planter().pages(pack, honest, &wanted) else {
            continue;
        };
        let trace = cx.trace().await?;
        let page = pages.next(cx.planter()).await?;
        let statements = trace.close().await?.statements;
        let Some(page) = page else { continue };
        let empty = page.items.as_ref().is_some_and(Vec::is_empty);
        seen.push(Sight {
            about: format!("{} by {}", op.line(), filter.param),
            broke: !said_yes(&page.exchange) || !empty,
            exchange: page.exchange,
            text: holding(statements, &word),
        });
    }
    Ok(seen)
}

/// Reads a thing by a hard text for a key: not there is right, and so is a refusal.
async fn addressed(
    cx: &mut QuietCx,
    pack: &Pack,
    entity: &Entity,
    honest: &Planted,
) -> Result<Option<Sight>, Fault> {
    let read = entity.read.as_ref().filter(|_| honest.key.is_some());
    let Some((call, op)) = read.and_then(|c| Some((c, pack.op(&c.op)?))) else {
        return Ok(None);
    };
    let (word, text) = hard(cx.planter().rng().random_range(0..1_000_000));
    let trace = cx.trace().await?;
    let asked = cx
        .planter()
        .ask(honest, call, Some(&json!(text)), None)
        .await?;
    let statements = trace.close().await?.statements;
    Ok(asked.map(|exchange| Sight {
        about: op.line(),
        broke: exchange.status().is_none_or(|s| !(400..500).contains(&s)),
        exchange,
        text: holding(statements, &word),
    }))
}

/// Whether a fact takes this text, and any other: no closed list, no format of its own.
fn is_free(pack: &Pack, fact: &Fact, text: &str) -> bool {
    let schema = pack.contract.follow(&fact.schema);
    let bare = ["format", "pattern", "enum", "const"]
        .iter()
        .all(|k| schema.get(*k).is_none());
    bare && pack.contract.accepts(&fact.schema, &json!(text))
}

/// The statement with this word in its text, a failed one before others.
fn holding(statements: Vec<Statement>, word: &str) -> Option<Statement> {
    let holds = |s: &Statement| s.sql.contains(word) && !s.nested;
    let mut all: Vec<Statement> = statements.into_iter().filter(holds).collect();
    all.sort_by_key(|s| s.sqlstate.is_none());
    let mut first = all.into_iter().next()?;
    first.plan = None;
    Some(first)
}

fn draft(cx: &QuietCx, sight: Sight) -> Draft {
    let about = &sight.about;
    Draft {
        subject: about.clone(),
        saw: cost::cut(match sight.broke {
            true => format!("a quote in {about} became a part of the SQL and broke it"),
            false => format!("{about} sends values inside the text of its SQL"),
        }),
        expected: "values sent beside the statement, as parameters".to_owned(),
        actual: match sight.broke {
            true => "the value stood in the statement's text, and the answer was wrong".to_owned(),
            false => "the value stood in the statement's text, quoted rightly this time".to_owned(),
        },
        evidence: vec![
            cx.seen("a text with quotes was sent", &sight.exchange),
            Evidence::Statements {
                says: "it stands in the text of this statement".to_owned(),
                statements: sight.text.into_iter().collect(),
            },
        ],
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(sql: &str, sqlstate: Option<&str>) -> Statement {
        Statement {
            sql: sql.to_owned(),
            parameters: vec![Some("zq7000001 in a parameter".to_owned())],
            session: 1,
            nested: false,
            sqlstate: sqlstate.map(str::to_owned),
            rows: None,
            plan: None,
        }
    }

    #[test]
    fn only_the_text_of_a_statement_counts() {
        let bound = statement("SELECT 1 WHERE a = $1", None);
        assert_eq!(holding(vec![bound.clone()], "zq7000001"), None);
        let inside = statement("SELECT 1 WHERE a = 'zq7000001'", None);
        let failed = statement("SELECT 1 WHERE a = 'zq7000001 O'B'", Some("42601"));
        let found = holding(vec![bound, inside, failed.clone()], "zq7000001");
        assert_eq!(found, Some(failed));
    }
}
