use super::never_answers;
use crate::check;
use crate::check::{Boot, StaticCx, note};
use crate::model::{Draft, Fault, Verdict};
use crate::runtime::BootFacts;

check! {
    /// ## What it looks at
    /// The address your service listens on, from the kernel's own table. It is told a port in `PORT`; where
    /// it listens on another one, or on the loopback address alone, the grader follows it there and says so.
    ///
    /// ## Why it matters
    /// The platform chooses the port, because it knows which ones are free. A service that listens elsewhere
    /// gets no traffic. One that listens on 127.0.0.1 alone answers on your laptop and is out of reach in
    /// a container, where the loopback address belongs to the container itself.
    ///
    /// ## Passes
    /// ```text
    /// $ PORT=40123 ./start &
    /// $ ss -ltn
    /// LISTEN 0.0.0.0:40123
    /// ```
    ///
    /// ## Fails
    /// ```text
    /// $ PORT=40123 ./start &
    /// $ ss -ltn
    /// LISTEN 127.0.0.1:8000
    /// ```
    ///
    /// ## How to mend it
    /// Read `PORT` from the environment where the listening socket is opened, and bind it to `0.0.0.0`
    /// (or `::` where that takes IPv4 too).
    pub static CHECK = {
        id: "boot.port-ignored",
        summary: "the service listens elsewhere than on 0.0.0.0 and the port in PORT",
        concept: "configuration",
        severity: High,
        needs: [never_answers::CHECK],
        world: Static,
        alone: Shared,
        runtimes: RAISED,
        refs: ["12factor VII Port binding", "RFC 1122 §3.2.1.3"],
        hints: [
            "Who decides on which port a service listens: its author, or whoever runs it?",
            "The port is configuration: it comes from the environment, and the socket is bound to every address of the machine.",
            "Find the line that opens the listening socket; give it the host 0.0.0.0 and the number from PORT.",
        ],
        run,
    }
}

async fn run(cx: &mut StaticCx) -> Result<Verdict, Fault> {
    let mut findings = cx.findings();
    let Boot::Up(boots) = cx.boot() else {
        return Ok(Verdict::Inconclusive {
            control: "nothing is known of its sockets".to_owned(),
        });
    };
    for boot in boots {
        if boot.port_asked != boot.port_used {
            findings.add(Draft {
                subject: "the port".into(),
                saw: "it listens on a port of its own choice, not on the one in PORT".into(),
                expected: "a listening socket on 0.0.0.0 and the port in PORT".into(),
                actual: fixed_port(boot),
                note: Some("The rest of this report was asked on the port it did open.".into()),
                evidence: vec![note(
                    "the kernel's table of listening sockets, while it ran",
                )],
                ..Draft::default()
            });
        }
        if boot.loopback_only() {
            findings.add(Draft {
                subject: "the address".into(),
                saw: "it listens on the loopback address alone".into(),
                expected: "a listening socket on 0.0.0.0, reachable from outside its container"
                    .into(),
                actual: format!("listening on {} only", hosts(boot)),
                evidence: vec![note(
                    "the kernel's table of listening sockets, while it ran",
                )],
                ..Draft::default()
            });
        }
    }
    Ok(findings.verdict())
}

fn fixed_port(boot: &BootFacts) -> String {
    format!("it opened port {}, whatever PORT says", boot.port_used)
}

fn hosts(boot: &BootFacts) -> String {
    let mut hosts: Vec<_> = boot
        .listens
        .iter()
        .filter(|a| a.port() == boot.port_used)
        .map(|a| a.ip().to_string())
        .collect();
    hosts.sort();
    hosts.dedup();
    hosts.join(" and ")
}
