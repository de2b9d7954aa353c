use std::time::Duration;

use super::{data_elsewhere, port_ignored};
use crate::check::{BreaksCx, Findings, note};
use crate::model::{Draft, Evidence, Fault, Verdict};
use crate::pack::Pack;
use crate::probe::plant::answer;
use crate::runtime::{BootStory, Exited, Stop, Trouble};
use crate::{check, control, outcome};

check! {
    /// ## What it looks at
    /// The service is started once for each variable it cannot do without: with the variable missing, with an
    /// empty one, and with a value that cannot be right (`DATABASE_URL=not-a-url`, `PORT=abc`). It should end with
    /// an exit code other than 0 and name the variable. It must not answer its health check as if all were well.
    /// A `PORT` that is missing may have a default; one that is no number may not.
    ///
    /// ## Why it matters
    /// A misspelt variable is found in the second after the deployment, or by the first customer. A default that
    /// hides it is worse: the service runs on a database that nobody meant, and everything looks healthy.
    ///
    /// ## Passes
    /// ```text
    /// $ PORT=40123 ./start
    /// DATABASE_URL is not set
    /// (the process ended with exit code 1)
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// $ PORT=40123 ./start &
    /// $ curl -i http://127.0.0.1:40123/healthz
    /// HTTP/1.1 200 OK
    /// ```
    ///
    /// ## How to mend it
    /// Read all configuration in one place, before anything else is done. Where a value is missing or cannot be
    /// right, write one line to standard error that names the variable (not its value: it may hold a password)
    /// and exit with code 1. Take defaults out that only work on your machine.
    pub static CHECK = {
        id: "boot.config-not-required",
        summary: "the service starts although configuration it needs is missing or cannot be right",
        concept: "configuration",
        severity: Medium,
        needs: [port_ignored::CHECK, data_elsewhere::CHECK],
        world: Fresh,
        alone: Breaks,
        runtimes: RAISED,
        refs: ["12factor III Config", "ASVS v5.0.0-13.3.1", "ASVS v5.0.0-16.5.3", "CWE-1188"],
        hints: [
            "Start your service without DATABASE_URL. When do you learn that it is missing, and from what?",
            "Configuration is checked once, at the start, and a service that cannot work does not start: it says which variable is wrong and exits with a code other than 0.",
            "Write one function that reads PORT and DATABASE_URL, refuses a missing, empty or malformed value with a sentence that names the variable, and call it first of all.",
        ],
        run,
    }
}

/// How long a service may take to notice.
const NOTICED: Duration = Duration::from_secs(15);

/// One way in which a variable can be wrong.
struct Wrong {
    variable: String,
    value: Option<String>,
    /// `DATABASE_URL missing`.
    named: String,
}

async fn run(cx: &mut BreaksCx) -> Result<Verdict, Fault> {
    let (mut findings, mut advice) = (cx.findings(), cx.findings());
    for wrong in wrongs(&cx.pack()) {
        let story = outcome!(start(cx, &wrong).await).err();
        judge(cx, &wrong, story, &mut findings, &mut advice).await?;
    }
    // With everything as it should be it starts: so it was the variable that mattered.
    let again = cx.restart(Stop::Kill).await;
    control!(again.map_err(|trouble| format!("with all variables set: {trouble}")));
    Ok(match findings.is_empty() {
        true => advice.advice(),
        false => findings.verdict(),
    })
}

/// What is tried, one after the other.
fn wrongs(pack: &Pack) -> Vec<Wrong> {
    let (port, required) = (&pack.service.port, pack.required_variables());
    let one = |variable: &str, value: Option<&str>, how: &str| Wrong {
        variable: variable.to_owned(),
        value: value.map(str::to_owned),
        named: format!("{variable} {how}"),
    };
    let mut wrongs = Vec::new();
    for name in &required {
        wrongs.push(one(name, None, "missing"));
        wrongs.push(one(name, Some(""), "empty"));
    }
    if required.contains(&pack.service.database) {
        let database = &pack.service.database;
        wrongs.push(one(database, Some("not-a-url"), "set to `not-a-url`"));
    }
    wrongs.push(one(port, Some("abc"), "set to `abc`"));
    wrongs
}

/// Starts the service so, and waits until it is ready.
async fn start(cx: &mut BreaksCx, wrong: &Wrong) -> Result<(), Trouble> {
    cx.stop(Stop::Kill).await?;
    let change = (wrong.variable.clone(), wrong.value.clone());
    cx.launch(&vec![change]).await?;
    cx.ready(NOTICED).await
}

async fn judge(
    cx: &mut BreaksCx,
    wrong: &Wrong,
    story: Option<Box<BootStory>>,
    findings: &mut Findings,
    advice: &mut Findings,
) -> Result<(), Fault> {
    let named = &wrong.named;
    let mut draft = Draft {
        // However it is wrong, it is one variable that is not looked at.
        subject: wrong.variable.clone(),
        expected: format!(
            "one line that names {}, and an exit code other than 0",
            wrong.variable
        ),
        ..Draft::default()
    };
    let Some(story) = story else {
        draft.saw = format!("with {named} the service starts and says it is ready");
        (draft.actual, draft.evidence) = match wrong.variable == cx.pack().service.port {
            true => {
                let actual = "it answers on a port that nobody named".to_owned();
                (actual, vec![note("the ready operation answers 2xx there")])
            }
            false => at_work(cx).await?,
        };
        findings.add(draft);
        return Ok(());
    };
    draft.evidence.push(Evidence::Log {
        says: format!("what it wrote with {named}"),
        lines: story.log_tail.clone(),
    });
    let log = cx.log_tail(usize::MAX);
    let said = |text: &str| log.iter().any(|line| line.contains(text));
    match story.exit {
        // It waits for something, and nobody takes it for a service that works.
        None => {
            draft.saw = format!("with {named} the service neither starts nor ends");
            draft.actual = format!("nothing for {} s", NOTICED.as_secs());
            advice.add(draft);
        }
        Some(Exited::Code(0)) => {
            draft.saw = format!("with {named} the service ends as if all were well");
            draft.actual = "exit code 0".to_owned();
            findings.add(draft);
        }
        Some(exit) if !said(&wrong.variable) => {
            draft.saw = format!("with {named} the service ends without naming the variable");
            draft.actual = format!("{exit}, and other words");
            // What a driver says of a value that it cannot read is at least about that value.
            let list = if wrong.value.is_none() {
                findings
            } else {
                advice
            };
            list.add(draft);
        }
        Some(_)
            if wrong
                .value
                .as_deref()
                .is_some_and(|v| v.len() > 3 && said(v)) =>
        {
            draft.saw = format!("the message about {} shows its value", wrong.variable);
            draft.actual = "the value stands in the log".to_owned();
            draft.note = Some("A real one holds a password, and logs are read by many.".to_owned());
            advice.add(draft);
        }
        Some(_) => {}
    }
    Ok(())
}

/// What a service does that should not run: whether it works, on whatever database that is.
async fn at_work(cx: &mut BreaksCx) -> Result<(String, Vec<Evidence>), Fault> {
    let ready = "the ready operation answers 2xx";
    let Some(entity) = cx.planter().plantable().into_iter().next() else {
        return Ok((ready.to_owned(), vec![note(ready)]));
    };
    Ok(match cx.planter().plant(&entity).await? {
        Ok(planted) => (
            "it works, and keeps data in a place that nobody named".to_owned(),
            vec![note(ready), cx.seen("it takes data", &planted.created)],
        ),
        Err(why) => match why.exchange() {
            Some(exchange) => (
                format!("the first real request answers {}", answer(exchange)),
                vec![note(ready), cx.seen("the first real request", exchange)],
            ),
            None => (ready.to_owned(), vec![note(ready)]),
        },
    })
}
