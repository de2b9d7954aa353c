//! An image of Postgres whose data directory is ready: made once, started from in every run.
//!
//! The stock image initialises at each start, with a restart in between. Ours holds a directory with our settings,
//! our logins and one database to be given away; a run copies it to memory and is there.

use std::time::Duration;

use bollard::models::{ContainerConfig, ContainerCreateBody, HostConfig, PortBinding};
use bollard::query_parameters::{CommitContainerOptionsBuilder, UploadToContainerOptionsBuilder};
use sha2::{Digest, Sha256};
use tokio_postgres::Config;

use super::engine::{Engine, fault};
use super::{images, labels, script};
use crate::model::{Doing, Fault};
use crate::runtime::postgres::{Adopt, Login, Prepared, Server};

/// Changes when what is done to a fresh directory changes.
const EDITION: &str = "1";
/// The name of our images.
pub(super) const NAME: &str = "grader-postgres";
/// The label with what one must know to use the image. Its password is good until the first run that starts from
/// the image gives another one, which is before anything of a learner's runs beside it.
const CARD: &str = "org.grader.card";
/// How long the first start may take: initialising, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// What we are doing.
const BAKING: &str = "preparing an image of Postgres";

/// An image that is ready.
#[derive(Debug, Clone)]
pub(super) struct Baked {
    /// `<major>-<digest>`, of images called [`NAME`].
    pub(super) tag: String,
    pub(super) prepared: Prepared,
}

/// The ready image for this major version (none: the usual), made now if there is none.
///
/// # Errors
/// When no Postgres image can be had, or it does not come up.
pub(super) async fn baked(engine: &Engine, wanted: Option<u32>, run: &str) -> Result<Baked, Fault> {
    let (base, major) = images::postgres(engine, wanted).await?;
    let found = images::find(engine, &base).await?;
    let image = found.ok_or_else(|| Fault::new(BAKING, format!("{base} is gone")))?;
    images::fits(&engine.platform, &base, &image)?;
    let tag = tag(major, &image.id.unwrap_or_default());
    if let Some(ready) = read(engine, &tag).await? {
        return Ok(ready);
    }
    let volumes = image.config.and_then(|c| c.volumes).unwrap_or_default();
    bake(engine, &base, major, &tag, run, volumes).await?;
    let ready = read(engine, &tag).await?;
    ready.ok_or_else(|| Fault::new(BAKING, "the image that was made is gone"))
}

/// The major version and a digest of what goes in: the base, the settings, the scripts.
fn tag(major: u32, base: &str) -> String {
    let parts = [
        EDITION,
        base,
        &script::conf(major),
        script::HBA,
        &script::bake(major),
        script::START,
    ];
    let digest = Sha256::digest(parts.join("\u{1f}").as_bytes());
    let digest: String = digest.iter().take(6).map(|b| format!("{b:02x}")).collect();
    format!("{major}-{digest}")
}

async fn read(engine: &Engine, tag: &str) -> Result<Option<Baked>, Fault> {
    let Some(image) = images::find(engine, &format!("{NAME}:{tag}")).await? else {
        return Ok(None);
    };
    let labels = image.config.and_then(|c| c.labels).unwrap_or_default();
    let card = labels.get(CARD).map(|card| serde_json::from_str(card));
    match card {
        Some(Ok(prepared)) => Ok(Some(Baked {
            tag: tag.to_owned(),
            prepared,
        })),
        _ => Err(Fault::new(BAKING, format!("{NAME}:{tag} is none of ours"))
            .cure(format!("docker rmi {NAME}:{tag}"))),
    }
}

/// Makes a data directory in a container of the base, prepares the server on it, and keeps the container as an image.
async fn bake(
    engine: &Engine,
    base: &str,
    major: u32,
    tag: &str,
    run: &str,
    volumes: Vec<String>,
) -> Result<(), Fault> {
    let port = format!("{}/tcp", super::relay::POSTGRES);
    let bound = PortBinding {
        host_ip: Some("127.0.0.1".into()),
        host_port: Some(String::new()),
    };
    let body = ContainerCreateBody {
        image: Some(base.to_owned()),
        user: Some("postgres".into()),
        entrypoint: Some(vec!["sh".into(), format!("{}/bake", script::FOLDER)]),
        cmd: Some(Vec::new()),
        exposed_ports: Some(vec![port.clone()]),
        labels: Some(labels::of(run, "baking")),
        host_config: Some(HostConfig {
            port_bindings: Some([(port.clone(), Some(vec![bound]))].into()),
            // What the image calls a volume is nothing to us, and would stay behind.
            tmpfs: Some(
                volumes
                    .into_iter()
                    .map(|path| (path, "size=1m".into()))
                    .collect(),
            ),
            cap_drop: Some(vec!["ALL".into()]),
            security_opt: Some(vec!["no-new-privileges".into()]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    // Two graders may bake at once: the image that is there last is as good as the first.
    let id = engine.create(&format!("{run}-baking"), body).await?;
    let baking = tokio::time::timeout(PATIENCE, prepare(engine, &id, major, &port, tag));
    let baked = baking.await.unwrap_or_else(|_| {
        Err(Fault::new(
            BAKING,
            format!("it was not ready within {} s", PATIENCE.as_secs()),
        ))
    });
    engine.remove(&id).await?;
    baked
}

async fn prepare(
    engine: &Engine,
    id: &str,
    major: u32,
    port: &str,
    tag: &str,
) -> Result<(), Fault> {
    let operator = Login::operator();
    let packed = script::packed(major, &operator.password).doing(BAKING)?;
    let options = UploadToContainerOptionsBuilder::default().path("/").build();
    let body = bollard::body_full(packed.into());
    let sent = engine
        .docker
        .upload_to_container(id, Some(options), body)
        .await;
    sent.map_err(|e| fault(BAKING, &e))?;
    engine.start(id).await.map_err(|e| fault(BAKING, &e))?;
    let looked = engine.docker.inspect_container(id, None).await;
    let looked = looked.map_err(|e| fault(BAKING, &e))?;
    let ports = looked
        .network_settings
        .and_then(|n| n.ports)
        .unwrap_or_default();
    let at = ports
        .get(port)
        .and_then(|bound| bound.as_ref()?.first()?.host_port.as_ref()?.parse().ok())
        .ok_or_else(|| Fault::new(BAKING, "its port was not published"))?;
    let mut reach = Config::new();
    reach.host("127.0.0.1").port(at);
    let adopt = Adopt {
        reach,
        operator,
        service: ("127.0.0.1".to_owned(), at),
    };
    let prepared = tokio::select! {
        prepared = Server::prepare_copy(adopt, PATIENCE) => prepared?,
        () = engine.ended(id) => return Err(Fault::new(BAKING, last_words(engine, id).await)),
    };
    // SIGINT is Postgres' own word for a clean and fast end.
    engine.signal(id, "SIGINT").await?;
    engine.ended(id).await;
    let card = serde_json::to_string(&prepared).doing(BAKING)?;
    let options = CommitContainerOptionsBuilder::default()
        .container(id)
        .repo(NAME)
        .tag(tag)
        .build();
    let config = ContainerConfig {
        labels: Some([(CARD.to_owned(), card)].into()),
        entrypoint: Some(vec!["sh".into(), format!("{}/start", script::FOLDER)]),
        ..ContainerConfig::default()
    };
    let kept = engine.docker.commit_container(options, config).await;
    kept.map(drop).map_err(|e| fault(BAKING, &e))
}

/// What a container said last.
pub(super) async fn last_words(engine: &Engine, id: &str) -> String {
    use bollard::query_parameters::LogsOptionsBuilder;
    use futures::StreamExt;
    let options = LogsOptionsBuilder::default()
        .stdout(true)
        .stderr(true)
        .tail("8")
        .build();
    let lines: Vec<String> = engine
        .docker
        .logs(id, Some(options))
        .filter_map(async |line| line.ok().map(|l| l.to_string()))
        .collect()
        .await;
    format!("it ended\n{}", lines.concat().trim_end())
}
