//! `boxoffice migrate` prepares the database, `boxoffice` serves.

mod config;
mod db;
mod migrate;
mod problem;
mod server;
mod unwritten;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("migrate") => migrate::run().await,
        None => server::run().await,
        Some(other) => Err(format!(
            "unknown command `{other}`; use `boxoffice` or `boxoffice migrate`"
        )),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
