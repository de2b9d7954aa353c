//! Waiting for a server to answer, and saying why it does not.

use std::time::{Duration, Instant};

use tokio_postgres::Config;

use super::process::{Launch, Postmaster, last_words};
use super::session::Session;
use crate::model::Fault;

/// Recovery after a crash of a small server takes well under a second; a busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a server did not come up.
pub(crate) enum NotReady {
    /// Somebody else took the port in the moment before.
    PortTaken,
    /// A library it was told to load is not installed.
    Missing(String),
    /// Anything else.
    Fault(Fault),
}

/// The first session, as soon as the server lets `config` log in. Asks again every few milliseconds: a server has no event to wait for.
pub(crate) async fn await_ready(
    postmaster: &Postmaster,
    launch: &Launch,
    config: &Config,
) -> Result<Session, NotReady> {
    let end = Instant::now() + PATIENCE;
    loop {
        let refused = match Session::open(config).await {
            Ok(session) => return Ok(session),
            Err(refused) => refused,
        };
        if let Some(status) = postmaster.ended() {
            return Err(why(
                &last_words(&launch.data, 6),
                &format!("it ended with {status}"),
            ));
        }
        let starting = refused.code().is_none_or(|c| c.code() == "57P03");
        if !starting || Instant::now() > end {
            let said = last_words(&launch.data, 6);
            return Err(why(&said, &format!("it does not let us in: {refused}")));
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn why(said: &str, otherwise: &str) -> NotReady {
    for library in ["auto_explain", "pg_stat_statements"] {
        if said.contains(&format!("could not access file \\\"{library}\\\""))
            || said.contains(&format!("could not access file \"{library}\""))
        {
            return NotReady::Missing(library.to_owned());
        }
    }
    if said.contains("Address already in use")
        || said.contains("could not create any TCP/IP sockets")
    {
        return NotReady::PortTaken;
    }
    let fault = Fault::new("starting Postgres", format!("{otherwise}\n{said}"));
    NotReady::Fault(match said.contains("No space left on device") {
        true => fault.cure("free some disk space, or point TMPDIR to a disk that has some"),
        false => fault,
    })
}
