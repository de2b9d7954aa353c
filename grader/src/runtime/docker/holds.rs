//! Whether what we gave the service held: an engine that answers, our own containers up, room for the database.

use std::collections::HashMap;

use bollard::query_parameters::ListContainersOptionsBuilder;

use super::DockerRuntime;
use super::cage::DATA;
use super::engine::{Engine, fault};
use super::labels;
use super::postgres::Postgres;
use crate::model::Fault;
use crate::runtime::postgres::room_in;

/// What we were doing when we found out.
const DOING: &str = "looking whether our own containers held";
/// What the service cannot do without, by its label and as it is told.
const OURS: [(&str, &str); 2] = [("postgres", "Postgres"), ("relay", "the relay")];

impl DockerRuntime {
    /// Looks. Nothing gave way where nothing was laid: that fault has been told.
    pub(super) async fn hold(&self) -> Result<(), Fault> {
        let Some(Ok(ground)) = self.ground.get() else {
            return Ok(());
        };
        for (what, named) in OURS {
            runs(&self.engine, &self.name, what, named).await?;
        }
        roomy(&ground.postgres).await
    }
}

/// Whether no container of this kind has ended. One that is being removed was lowered by us.
async fn runs(engine: &Engine, run: &str, what: &str, named: &str) -> Result<(), Fault> {
    let gone = |fault: Fault| match fault.cure {
        Some(_) => fault,
        None => fault.cure("look at the engine (`docker version`, its own log), then run again"),
    };
    let wanted = [(labels::RUN, run), (labels::WHAT, what)];
    let wanted = wanted.map(|(label, value)| format!("{label}={value}"));
    let filters = HashMap::from([
        ("label".to_owned(), wanted.to_vec()),
        (
            "status".to_owned(),
            vec!["exited".to_owned(), "dead".to_owned()],
        ),
    ]);
    let options = ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&filters)
        .build();
    let ended = engine.docker.list_containers(Some(options)).await;
    let ended = ended.map_err(|error| gone(fault(DOING, &error)))?;
    let Some(id) = ended.into_iter().find_map(|container| container.id) else {
        return Ok(());
    };
    let Some(standing) = engine.standing(&id).await.map_err(gone)? else {
        return Ok(());
    };
    let (how, cure) = match standing.short_of_memory {
        true => (
            "was killed for the memory it used".to_owned(),
            "give the engine more memory, or run fewer submissions at once",
        ),
        false => (
            format!("ended with exit code {}", standing.code),
            "somebody stopped it, the engine was restarted, or its database outgrew its memory; run again, with \
             `--limit database=…` for more room",
        ),
    };
    Err(Fault::new(DOING, format!("the container of {named} {how}")).cure(cure))
}

/// Whether the database has room for what its server writes next.
async fn roomy(postgres: &Postgres) -> Result<(), Fault> {
    let told = postgres.said(&format!("stat -f -c '%a %S' {DATA}")).await?;
    let mut numbers = told.split_whitespace().map(str::parse::<u64>);
    let (Some(Ok(blocks)), Some(Ok(size))) = (numbers.next(), numbers.next()) else {
        let cause = format!("the room its database has is told as `{}`", told.trim());
        return Err(Fault::new(DOING, cause));
    };
    let place = "in the memory that holds the database";
    room_in(
        blocks.saturating_mul(size),
        place,
        "allow the database more, with `--limit database=…`",
    )
}
