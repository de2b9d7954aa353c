//! Postgres in a container: raised with testcontainers, from an image whose data directory is ready.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
use tokio::sync::Mutex;
use tokio_postgres::Config;

use super::bake::{Baked, NAME};
use super::engine::{Engine, fault};
use super::relay::{Lane, POSTGRES};
use super::{cage, labels, script};
use crate::model::Fault;
use crate::runtime::Limits;
use crate::runtime::postgres::{Power, Server, StopMode};

/// How long a server may take to come up or to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a server that is stopped may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// A server in a container of its own.
pub(super) struct Postgres {
    engine: Engine,
    id: String,
    server: Arc<Server>,
    /// What testcontainers holds. Dropping it would block; it is removed explicitly.
    container: Mutex<Option<ContainerAsync<GenericImage>>>,
    /// Held for as long as the server has its name.
    _lane: Lane,
}

impl Postgres {
    /// Starts a server from the image, under the name `(run, name)` on the run's network, while `lane`, which leads
    /// to that name, is still being laid; returns when it answers. With `keep`, it can be stopped and started again.
    pub(super) async fn start(
        engine: &Engine,
        baked: &Baked,
        (run, name): (&str, &str),
        lane: impl Future<Output = Result<Lane, Fault>>,
        limits: &Limits,
        keep: bool,
    ) -> Result<Self, Fault> {
        let doing = "starting Postgres in a container";
        let mut cage = cage::postgres(engine, limits);
        cage.network_mode = Some(run.to_owned());
        // The image is present, so nothing is pulled; ready is who lets us log in, so nothing else is waited for.
        let request = GenericImage::new(NAME, &baked.tag)
            .with_container_name(name)
            .with_labels(labels::of(run, "postgres"))
            .with_user("postgres")
            .with_env_var("KEEP", if keep { "1" } else { "" })
            .with_startup_timeout(PATIENCE)
            .with_host_config_modifier(move |host| *host = cage.clone());
        let started = async {
            let started = request.start().await;
            started.map_err(|e| Fault::new(doing, e))
        };
        let (container, lane) = tokio::try_join!(started, lane)?;
        let id = container.id().to_owned();
        let mut reach = Config::new();
        reach.host("127.0.0.1").port(lane.at);
        let service = (lane.name.clone(), POSTGRES);
        let server = tokio::select! {
            server = Server::of_copy(&baked.prepared, reach, service, PATIENCE) => server,
            () = engine.ended(&id) => Err(Fault::new(doing, super::bake::last_words(engine, &id).await)),
        };
        let container = Mutex::new(Some(container));
        match server {
            Ok(server) => Ok(Self {
                engine: engine.clone(),
                id,
                server,
                container,
                _lane: lane,
            }),
            Err(why) => {
                remove(&container).await?;
                Err(why)
            }
        }
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Its address on the sealed network, as the service sees it.
    pub(super) async fn address(&self) -> Result<Option<SocketAddr>, Fault> {
        let looked = self.engine.docker.inspect_container(&self.id, None).await;
        let looked = looked.map_err(|e| fault("looking at Postgres' container", &e))?;
        let networks = looked.network_settings.and_then(|n| n.networks);
        let mut addresses = networks
            .unwrap_or_default()
            .into_values()
            .filter_map(|endpoint| endpoint.ip_address?.parse::<IpAddr>().ok());
        Ok(addresses.next().map(|ip| SocketAddr::new(ip, POSTGRES)))
    }

    /// Removes it and its data. Safe to call twice.
    pub(super) async fn lower(&self) -> Result<(), Fault> {
        remove(&self.container).await
    }

    /// Runs a line in its container to its end, and gives what it said.
    pub(super) async fn said(&self, line: &str) -> Result<String, Fault> {
        self.tell(line, true).await
    }

    /// Runs a line in its container; with `wait`, to its end. Gives what it said until then.
    async fn tell(&self, line: &str, wait: bool) -> Result<String, Fault> {
        let doing = "telling Postgres' container what to do";
        let options = CreateExecOptions {
            cmd: Some(vec!["sh".to_owned(), "-c".to_owned(), line.to_owned()]),
            attach_stdout: Some(wait),
            attach_stderr: Some(wait),
            ..CreateExecOptions::default()
        };
        let made = self.engine.docker.create_exec(&self.id, options).await;
        let made = made.map_err(|e| fault(doing, &e))?;
        let options = StartExecOptions {
            detach: !wait,
            ..StartExecOptions::default()
        };
        let started = self.engine.docker.start_exec(&made.id, Some(options)).await;
        let mut said = String::new();
        if let StartExecResults::Attached { mut output, .. } =
            started.map_err(|e| fault(doing, &e))?
        {
            while let Some(Ok(more)) = output.next().await {
                said.push_str(&more.to_string());
            }
        }
        Ok(said)
    }

    async fn halt(&self, mode: StopMode) -> Result<(), Fault> {
        let polite = match mode {
            StopMode::Fast => "INT",
            StopMode::Immediate => "QUIT",
        };
        // On a loaded machine the engine alone may need seconds to carry a signal in: the last one gets as long as
        // a start, or a busy engine would be taken for a server that cannot be killed.
        for (signal, patience) in [(polite, GRACE), ("QUIT", GRACE), ("KILL", PATIENCE)] {
            let told = tokio::time::timeout(patience, self.tell(&script::end(signal), true)).await;
            if let Ok(told) = told {
                return told.map(drop);
            }
        }
        Err(Fault::new("stopping Postgres", "it does not end"))
    }
}

impl Power for Postgres {
    fn stop(&self, mode: StopMode) -> BoxFuture<'_, Result<(), Fault>> {
        async move {
            // A frozen server hears nothing.
            self.resume().await?;
            self.halt(mode).await
        }
        .boxed()
    }

    fn start_again(&self) -> BoxFuture<'_, Result<(), Fault>> {
        async {
            if self.server.back(Duration::ZERO).await.is_ok() {
                return Ok(());
            }
            self.tell(&script::again(), false).await?;
            self.server.back(PATIENCE).await
        }
        .boxed()
    }

    fn pause(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.engine.pause(&self.id).boxed()
    }

    fn resume(&self) -> BoxFuture<'_, Result<(), Fault>> {
        self.engine.resume(&self.id).boxed()
    }
}

async fn remove(container: &Mutex<Option<ContainerAsync<GenericImage>>>) -> Result<(), Fault> {
    let Some(container) = container.lock().await.take() else {
        return Ok(());
    };
    match container.rm().await {
        Err(error) if !error.to_string().contains("No such container") => {
            Err(Fault::new("removing Postgres' container", error))
        }
        _ => Ok(()),
    }
}
