use reqwest::Url;

use super::{hard_coded_answers, operation_missing, wrong_success_status};
use crate::check::honest::declares_header;
use crate::check::{Cx, Findings, a};
use crate::model::{Draft, Exchange, Fault, Verdict};
use crate::pack::Entity;
use crate::probe::plant::{Planted, Sight, answer, said_yes};
use crate::{check, control};

check! {
    /// ## What it looks at
    /// The `Location` of a 201, where the contract declares one: it must be there, and reading it must give
    /// the thing that was made. It may be relative to the request (`/venues/7`), or absolute with the host
    /// under which the service was asked.
    ///
    /// ## Why it matters
    /// The client that has made a thing wants to go there. Without the address it has to build one from the
    /// id and from what it believes about your paths; with an address inside your network it goes nowhere.
    ///
    /// ## Passes
    /// ```text
    /// POST /venues {…}      201 Location: /venues/7
    /// GET /venues/7         200 {"id": 7, …}
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// POST /venues {…}      201 Location: http://app.internal:3000/venue/7
    /// ```
    ///
    /// ## How to mend it
    /// Send the path of the operation that reads one thing, with the new id in it, and leave the host out.
    pub static CHECK = {
        id: "endpoints.no-location",
        summary: "a thing that was made does not say where it is",
        concept: "resource-identity",
        severity: Medium,
        needs: [operation_missing::CHECK, wrong_success_status::CHECK, hard_coded_answers::CHECK],
        world: Main,
        alone: Shared,
        runtimes: ALL,
        refs: ["RFC 9110 §15.3.2", "RFC 9110 §10.2.2", "RFC 3986 §5"],
        hints: [
            "Where does a client go that has just made a thing?",
            "A 201 names the new resource in Location, as a reference that the client resolves against the address it asked.",
            "Add the header Location to the reply, with the path of the read operation and the new id.",
        ],
        run,
    }
}

async fn run(cx: &mut Cx) -> Result<Verdict, Fault> {
    let pack = cx.pack();
    let mut findings = cx.findings();
    let mut declared = 0;
    for name in cx.planter().plantable() {
        let Some(entity) = pack.entity(&name) else {
            continue;
        };
        let Some(required) = promised(cx, entity) else {
            continue;
        };
        declared += 1;
        let planted = control!(cx.planter().plant(&name).await?);
        match planted.created.header("location") {
            Some(location) => follow(cx, &planted, location, &mut findings).await?,
            None if required => findings.add(Draft {
                subject: "no Location".to_owned(),
                saw: format!("{} was made and nothing says where", a(&name)),
                expected: "a Location header with its address".to_owned(),
                actual: "no Location header".to_owned(),
                ..draft(cx, &planted)
            }),
            None => {}
        }
    }
    if declared == 0 {
        let why = "this contract declares no Location for what is made".to_owned();
        return Ok(Verdict::Skipped { why });
    }
    Ok(findings.verdict())
}

/// Whether the contract declares a Location for a thing that is made, and if so, whether it must be there.
fn promised(cx: &Cx, entity: &Entity) -> Option<bool> {
    let pack = cx.pack();
    declares_header(pack.op(&entity.create.as_ref()?.op)?, 201, "location")
}

fn draft(cx: &Cx, planted: &Planted) -> Draft {
    let pack = cx.pack();
    let create = pack.entity(&planted.entity).and_then(|e| e.create.as_ref());
    Draft {
        touches: create.map(|c| cx.line(&c.op)).into_iter().collect(),
        evidence: vec![cx.seen("what was made", &planted.created)],
        ..Draft::default()
    }
}

/// Goes where the header points, as a client would that knows us by the address we asked.
async fn follow(
    cx: &mut Cx,
    planted: &Planted,
    location: &str,
    findings: &mut Findings,
) -> Result<(), Fault> {
    let sent = &planted.created.sent;
    let there = Url::parse(&format!("{}{}", sent.base, sent.path))
        .and_then(|asked| asked.join(location).map(|to| (asked, to)));
    let mut add = |cx: &Cx, subject: &str, actual: String, after: Option<&Exchange>| {
        let mut draft = draft(cx, planted);
        draft
            .evidence
            .extend(after.map(|e| cx.seen("where it leads", e)));
        findings.add(Draft {
            subject: subject.to_owned(),
            saw: format!("the Location of {} does not lead to it", a(&planted.entity)),
            expected: "an address that gives the thing just made".to_owned(),
            actual,
            ..draft
        });
    };
    let Ok((asked, to)) = there else {
        add(
            cx,
            "a Location that is no address",
            format!("`{location}`"),
            None,
        );
        return Ok(());
    };
    // Behind a proxy that we know nothing of, a service may rightly name itself as the proxy's clients know it.
    if cx.raised_here() && !same_host(&asked, &to) {
        let actual = format!(
            "it names the host `{}`, and the service was asked at another",
            to.host_str().unwrap_or_default()
        );
        add(cx, "a Location on another host", actual, None);
        return Ok(());
    }
    let Some(read) = cx.planter().read(planted).await?.filter(said_yes) else {
        return Ok(());
    };
    let base = Url::parse(&sent.base).map(|b| b.path().trim_end_matches('/').to_owned());
    let base = base.unwrap_or_default();
    let path = to.path().strip_prefix(&base).filter(|p| p.starts_with('/'));
    let query = to.query().map(|q| format!("?{q}")).unwrap_or_default();
    let path = format!("{}{query}", path.unwrap_or(to.path()));
    // As the read that works: whoever may not read without a login may not follow without one either. The service
    // that gave the login is the one that is asked, whatever host the header names.
    let request = cx.http().request("GET", &path).after(&planted.created);
    let headers = read.sent.headers.iter();
    let request = headers.fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    let after = request.send().await?;
    if !said_yes(&after) {
        let actual = format!("reading it answers {}", answer(&after));
        add(cx, "a Location that leads nowhere", actual, Some(&after));
    } else if let Some(body) = after.json() {
        let shown = cx.planter().marked(planted, &body, Sight::Read);
        if !shown.is_empty() && shown.iter().all(|s| !s.same) {
            let actual = "what is there shows none of the values that were sent".to_owned();
            add(
                cx,
                "a Location that leads to something else",
                actual,
                Some(&after),
            );
        }
    }
    Ok(())
}

/// Whether a client that asked the one address reaches the other. The names of this machine are one host.
fn same_host(asked: &Url, to: &Url) -> bool {
    let host = |url: &Url| match url.host_str().unwrap_or_default() {
        "localhost" | "127.0.0.1" | "[::1]" => "localhost".to_owned(),
        other => other.to_owned(),
    };
    host(asked) == host(to) && asked.port_or_known_default() == to.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_same_under_its_usual_names() {
        let asked = Url::parse("http://127.0.0.1:4000/venues").unwrap();
        for (to, same) in [
            ("http://localhost:4000/venues/7", true),
            ("/venues/7", true),
            ("7", true),
            ("//127.0.0.1:4000/venues/7", true),
            ("http://localhost/venues/7", false),
            ("http://app.internal:4000/venues/7", false),
        ] {
            let to = asked.join(to).unwrap();
            assert_eq!(same_host(&asked, &to), same, "{to}");
        }
    }
}
