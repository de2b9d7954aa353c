//! What `grader doctor` says of containers.

use super::engine::Engine;
use super::{bake, images, sweep};
use crate::model::Fault;
use crate::runtime::doctor::{Health, Line};

/// The engine, the images every run needs, and what dead runs left.
pub(crate) async fn examine() -> Vec<Line> {
    let engine = match Engine::connect().await {
        Ok(engine) => engine,
        Err(fault) => return vec![absent("docker", &fault)],
    };
    let says = format!("{} answers at {}", engine.told(), engine.host);
    vec![
        good("docker", says),
        images(&engine).await,
        leftovers(&engine).await,
    ]
}

async fn images(engine: &Engine) -> Line {
    let looked = tokio::try_join!(
        images::relay_present(engine),
        images::postgres_present(engine),
        images::count(engine, bake::NAME),
    );
    match looked {
        Err(fault) => absent("images", &fault),
        Ok((relay, postgres, baked)) => {
            let name = |name: Option<String>, what| name.unwrap_or(format!("no {what}"));
            let there = relay.is_some() && !postgres.is_empty();
            let first = postgres.into_iter().next().map(|(name, _)| name);
            let says = format!(
                "{}, {}, {baked} of Postgres prepared",
                name(relay, "relay"),
                name(first, "Postgres")
            );
            Line {
                what: "images",
                health: if there { Health::Good } else { Health::Absent },
                says,
                cure: (!there).then(|| {
                    "a run pulls what is missing; ci/base-images builds it without a registry"
                        .into()
                }),
            }
        }
    }
}

async fn leftovers(engine: &Engine) -> Line {
    match sweep::abandoned(engine).await {
        Err(fault) => absent("leftovers", &fault),
        Ok(runs) if runs.is_empty() => good("leftovers", "none of dead runs".into()),
        Ok(runs) => {
            let things = runs.values();
            let count: usize = things.map(|t| t.containers.len() + t.networks.len()).sum();
            good(
                "leftovers",
                format!(
                    "{count} of {} dead runs; the next run removes them",
                    runs.len()
                ),
            )
        }
    }
}

fn good(what: &'static str, says: String) -> Line {
    Line {
        what,
        health: Health::Good,
        says,
        cure: None,
    }
}

/// Containers are needed for strangers' code alone: without them the machine is not ill.
fn absent(what: &'static str, fault: &Fault) -> Line {
    Line {
        what,
        health: Health::Absent,
        says: fault.cause.clone(),
        cure: Some(match &fault.cure {
            Some(cure) => format!("{cure}; only needed to grade code you do not trust"),
            None => "only needed to grade code you do not trust".into(),
        }),
    }
}
