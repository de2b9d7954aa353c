use rand::RngExt;
use serde_json::{Value, json};

use crate::check::QuietCx;
use crate::check::honest::manner;
use crate::checks::auth::login_type_confused;
use crate::checks::schema::values_in_statement;
use crate::model::{Draft, Evidence, Exchange, Fault, Manner, Statement, Verdict};
use crate::pack::{Call, Method, OpId, Pack, ParamPlace, Spot};
use crate::probe::Request;
use crate::probe::negative::{Edit, fields};
use crate::probe::plant::{Door, Planted, Way, encoded, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// Pieces of SQL in every place that a request has: each parameter of a query, sorts and cursors among them, each id in
    /// a path, each text and each reference in the body of a change, a login, the headers. Each holds a word that nothing
    /// else has. Where your database was sent that word as a part of a statement and could not read it (SQLSTATE class 42),
    /// or where `OR 'a'='a'` makes a filter find everything, the check fails.
    ///
    /// ## Why it matters
    /// Whoever can end your statement can go on with their own: read every account, or write to one. Values are the usual
    /// door; the name of a column in `ORDER BY`, a number that is none and a header are the ones that stay open, because no
    /// placeholder can stand there or nobody took them for input.
    ///
    /// ## Passes
    /// ```text
    /// GET /events?performer=1%20OR%201=1      200 {"items": []}      … WHERE performer_id = $1
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// GET /events?performer=1%20OR%201=1      200, all events        … WHERE performer_id = 1 OR 1=1
    /// ```
    ///
    /// ## How to mend it
    /// Send every value beside the statement, as a parameter, whatever it looks like and wherever it comes from. The name of
    /// a column comes from a list of your own, looked up by what the client sent.
    pub static CHECK = {
        id: "errors.injection",
        summary: "a piece of SQL in a request becomes a part of a statement",
        concept: "tables",
        severity: Critical,
        needs: [values_in_statement::CHECK, login_type_confused::CHECK],
        world: Main,
        alone: Quiet,
        runtimes: RAISED,
        refs: ["ASVS v5.0.0-1.2.4", "WSTG-INPV-05", "CWE-89", "PostgreSQL SQLSTATE class 42"],
        hints: [
            "Which part of a request do you put into the text of a statement, and why not as a parameter?",
            "Values are bound, and names are chosen from a list: nothing that a client wrote is ever a part of the statement.",
            "Look for statements that are put together from texts, write placeholders for the values, and look up names of columns in a table of your own.",
        ],
        run,
    }
}

/// What is hard on whoever builds statements out of texts, each around a word of its own.
const PIECES: [fn(&str) -> String; 3] = [
    |word| format!("{word}'\"\\"),
    |word| format!("1 OR {word}=1"),
    |word| word.to_owned(),
];
/// Headers that services keep, look up or log.
const HEADERS: [&str; 6] = [
    "user-agent",
    "x-forwarded-for",
    "accept-language",
    "if-none-match",
    "x-request-id",
    "referer",
];
/// Stands in a path until it is replaced.
const MARK: &str = "zq7-here-stands-an-id";

/// A request with a piece of SQL in it.
struct Probe {
    op: OpId,
    /// Where it stands, as a reader names it: "`city`".
    at: String,
    word: String,
    request: Request,
}

async fn run(cx: &mut QuietCx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let processes = cx.processes();
    let doors = control!(cx.planter().doors().await?);
    let mut findings = cx.findings();
    let mut asked = 0;
    for door in &doors {
        let mut probes = in_body(cx, &pack, door);
        if let (Some(of), Way::Create) = (&door.planted, door.way) {
            for call in calls(cx, &pack, of) {
                probes.extend(in_address(cx, &pack, of, &call).await?);
            }
            if let Some(list) = pack.entity(&of.entity).and_then(|e| e.list.clone()) {
                findings.extend(by_effect(cx, &pack, of, &list).await?);
            }
        }
        asked += probes.len();
        let trace = cx.trace().await?;
        let mut seen = Vec::new();
        for probe in probes {
            let exchange = probe.request.clone().send_anyway().await?;
            let silent = exchange.status().is_none();
            seen.push((probe, exchange));
            if silent {
                break;
            }
        }
        let broken: Vec<Statement> = trace
            .close()
            .await?
            .statements
            .into_iter()
            .filter(is_broken)
            .collect();
        for (probe, exchange) in &seen {
            let statement = broken.iter().find(|s| s.sql.contains(&probe.word));
            findings.extend(statement.map(|s| draft(cx, probe, exchange, s)));
            if exchange.status().is_none() {
                findings.add(silent(cx, probe, exchange));
                return Ok(findings.verdict());
            }
        }
    }
    if asked == 0 {
        let why = "nothing in this contract takes a value".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    if findings.is_empty() && cx.processes() != processes {
        let control = "the service's process is not the one that was asked before".to_owned();
        return Ok(Verdict::Inconclusive { control });
    }
    Ok(findings.verdict())
}

/// Whether the server could not read a statement, or did not find what it names. Types that do not fit (42804, 42883) are
/// told by the same class, and only where a value is a part of the text do they tell of it.
fn is_broken(statement: &Statement) -> bool {
    let state = statement.sqlstate.as_deref().unwrap_or_default();
    state.starts_with("42") && !statement.nested
}

fn word(cx: &mut QuietCx) -> String {
    format!("zq7{:06}", cx.planter().rng().random_range(0..1_000_000))
}

/// In each text and each reference of a body.
fn in_body(cx: &mut QuietCx, pack: &Pack, door: &Door) -> Vec<Probe> {
    let Some(op) = pack.op(&door.op) else {
        return Vec::new();
    };
    // What makes a thing is asked by the check of values; the references in it are not.
    let parents = door.about.as_ref().and_then(|a| pack.entity(a));
    let parents: Vec<String> = parents
        .into_iter()
        .flat_map(|e| e.parents.values())
        .filter_map(|p| match &p.at.spot {
            Spot::Body(pointer) => pointer.last().map(str::to_owned),
            _ => None,
        })
        .collect();
    let mut probes = Vec::new();
    for field in fields(&pack.contract, op, &door.body) {
        let reference = parents.contains(&field.name) || field.name.ends_with("_id");
        let text = field.value.as_ref().is_some_and(Value::is_string);
        let wanted = reference || text && door.way != Way::Create;
        if !wanted || pack.contract.is_closed(&field.schema) {
            continue;
        }
        for piece in PIECES {
            let word = word(cx);
            let edit = Edit::Put(field.at.clone(), json!(piece(&word)));
            let Some(body) = edit.value(&door.body) else {
                continue;
            };
            probes.push(Probe {
                op: door.op.clone(),
                at: format!("`{}`", field.name),
                word,
                request: door.request().text(body.to_string()),
            });
        }
    }
    probes
}

/// Every call that is about a thing or stands under its address.
fn calls(cx: &mut QuietCx, pack: &Pack, of: &Planted) -> Vec<Call> {
    let views = cx.planter().views(of);
    let own = pack.entity(&of.entity).into_iter().flat_map(|e| {
        let update = e.update.as_ref().map(|u| &u.call);
        let all = [&e.read, &e.list, &e.delete];
        all.into_iter().flatten().chain(update).cloned()
    });
    own.chain(views).collect()
}

/// In each parameter of the path and the query, and in headers.
async fn in_address(
    cx: &mut QuietCx,
    pack: &Pack,
    of: &Planted,
    call: &Call,
) -> Result<Vec<Probe>, Fault> {
    let mut probes = Vec::new();
    let Some(op) = pack.op(&call.op) else {
        return Ok(probes);
    };
    let body = op.body.as_ref().and_then(|_| cx.planter().change_of(of));
    let mut add = |at: String, word: String, request: Request| {
        probes.push(Probe {
            op: call.op.clone(),
            at,
            word,
            request,
        });
    };
    for param in call.bind.keys() {
        let marked = cx
            .planter()
            .with_param(of, call, (param, MARK), body.clone());
        let Some(request) = marked.await? else {
            continue;
        };
        for piece in PIECES {
            let word = word(cx);
            let path = request.sent().path.replace(MARK, &encoded(&piece(&word)));
            add(format!("`{param}`"), word, request.clone().to(path));
        }
    }
    if op.method != Method::Get {
        return Ok(probes);
    }
    let Some(request) = cx.planter().with_param(of, call, ("", ""), None).await? else {
        return Ok(probes);
    };
    let path = request.sent().path.clone();
    let join = if path.contains('?') { '&' } else { '?' };
    for param in op.params.iter().filter(|p| p.place == ParamPlace::Query) {
        for piece in PIECES {
            let word = word(cx);
            let value = encoded(&piece(&word));
            let request = request
                .clone()
                .to(format!("{path}{join}{}={value}", param.name));
            add(format!("`{}`", param.name), word, request);
        }
    }
    for header in HEADERS {
        let word = word(cx);
        let value = format!("{word}'\"");
        add(
            format!("the header {header}"),
            word,
            request.clone().header(header, &value),
        );
    }
    Ok(probes)
}

/// Filters that find nothing by a word, and everything by the same word with a condition behind it.
async fn by_effect(
    cx: &mut QuietCx,
    pack: &Pack,
    of: &Planted,
    list: &Call,
) -> Result<Vec<Draft>, Fault> {
    let mut drafts = Vec::new();
    let op = pack.op(&list.op);
    let request = cx.planter().with_param(of, list, ("", ""), None).await?;
    let (Some(op), Some(request)) = (op, request) else {
        return Ok(drafts);
    };
    let Some(items) = op.listing.as_ref().map(|l| l.items.clone()) else {
        return Ok(drafts);
    };
    let count = |e: &Exchange| {
        e.json()
            .filter(|_| said_yes(e))
            .map(|body| items.get(&body).len())
    };
    let path = request.sent().path.clone();
    let join = if path.contains('?') { '&' } else { '?' };
    for param in op.params.iter().filter(|p| p.place == ParamPlace::Query) {
        let word = word(cx);
        let ask = |text: &str| {
            let query = format!("{path}{join}{}={}", param.name, encoded(text));
            request.clone().to(query)
        };
        let plain = ask(&word).send().await?;
        if count(&plain) != Some(0) {
            continue;
        }
        for text in [format!("{word}' OR 'a'='a"), "0 OR 1=1".to_owned()] {
            let all = ask(&text).send().await?;
            if count(&all).is_some_and(|n| n > 0) {
                drafts.push(Draft {
                    subject: format!("{}: `{}`", list.op, param.name),
                    touches: vec![op.line()],
                    saw: format!(
                        "a condition in `{}` becomes a part of the statement",
                        param.name
                    ),
                    expected: "an empty list, or a refusal: nothing has this value".to_owned(),
                    actual: "things that have another value".to_owned(),
                    evidence: vec![
                        cx.seen("by a word that nothing has", &plain),
                        cx.seen("by a condition that always holds", &all),
                    ],
                    ..Draft::default()
                });
            }
        }
    }
    Ok(drafts)
}

fn draft(cx: &QuietCx, probe: &Probe, exchange: &Exchange, statement: &Statement) -> Draft {
    let Probe { op, at, .. } = probe;
    let mut statement = statement.clone();
    statement.plan = None;
    let state = statement.sqlstate.clone().unwrap_or_default();
    Draft {
        subject: format!("{op}: {at}"),
        touches: vec![cx.line(op)],
        saw: format!("what stands in {at} becomes a part of the statement"),
        expected: "a value beside the statement, as a parameter".to_owned(),
        actual: format!("the database could not read the statement: SQLSTATE {state}"),
        manner: Manner::Wrong,
        evidence: vec![
            cx.seen("a piece of SQL was sent", exchange),
            Evidence::Statements {
                says: "it stands in the text of this statement".to_owned(),
                statements: vec![statement],
            },
        ],
        ..Draft::default()
    }
}

fn silent(cx: &QuietCx, probe: &Probe, exchange: &Exchange) -> Draft {
    let Probe { op, at, .. } = probe;
    Draft {
        subject: format!("{op}: {at}: no answer"),
        touches: vec![cx.line(op)],
        saw: format!("a piece of SQL in {at} is not answered"),
        expected: "an orderly answer".to_owned(),
        actual: crate::probe::plant::answer(exchange),
        manner: manner(exchange),
        evidence: vec![cx.seen("a piece of SQL was sent", exchange)],
        ..Draft::default()
    }
}
