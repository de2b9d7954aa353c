//! The images a run stands on: those that are present first, pulled ones where there are none.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::ImageInspect;
use bollard::query_parameters::{CreateImageOptionsBuilder, ListImagesOptionsBuilder};
use futures::StreamExt;

use super::engine::{Engine, fault, is_missing};
use crate::model::Fault;

/// The relay that `ci/base-images` builds: a shell and socat.
const RELAY: &str = "grader-relay:1";
/// A public image with a shell and socat.
const PUBLIC_RELAY: &str = "alpine/socat:1.8.0.3";
/// The Postgres a run gets where the pack does not say.
const PREFERRED: u32 = 17;
/// What else will do, best first.
const ACCEPTED: [u32; 5] = [17, 18, 16, 15, 14];
/// How long a pull may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// The image of this name; none if it is not present.
pub(super) async fn find(engine: &Engine, name: &str) -> Result<Option<ImageInspect>, Fault> {
    match engine.docker.inspect_image(name).await {
        Ok(image) => Ok(Some(image)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(fault(format!("looking for the image {name}"), &error)),
    }
}

/// Fetches an image from its registry.
pub(super) async fn pull(engine: &Engine, name: &str) -> Result<(), Fault> {
    let options = CreateImageOptionsBuilder::default()
        .from_image(name)
        .build();
    let doing = || format!("pulling the image {name}");
    let pulling = async {
        let mut news = engine.docker.create_image(Some(options), None, None);
        while let Some(step) = news.next().await {
            step.map_err(|e| fault(doing(), &e))?;
        }
        Ok(())
    };
    let pulled = tokio::time::timeout(PATIENCE, pulling).await;
    let late = |_| {
        let cause = format!("it did not arrive within {} s", PATIENCE.as_secs());
        Fault::new(doing(), cause)
    };
    pulled.map_err(late)?
}

/// The image of the relay.
///
/// # Errors
/// When neither is present and none can be pulled.
pub(super) async fn relay(engine: &Engine) -> Result<String, Fault> {
    if let Some(name) = relay_present(engine).await? {
        return Ok(name);
    }
    pull(engine, PUBLIC_RELAY)
        .await
        .map_err(|fault| fault.cure("run ci/base-images, which builds one without a registry"))?;
    Ok(PUBLIC_RELAY.to_owned())
}

/// The image of the relay that is present.
pub(super) async fn relay_present(engine: &Engine) -> Result<Option<String>, Fault> {
    for name in [RELAY, PUBLIC_RELAY] {
        if let Some(image) = find(engine, name).await? {
            fits(&engine.platform, name, &image)?;
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

/// How many images of this name there are.
pub(super) async fn count(engine: &Engine, name: &str) -> Result<usize, Fault> {
    Ok(tags(engine, name).await?.len())
}

/// The image of Postgres and its major version: `wanted`, else the preferred one, else any that is present.
///
/// # Errors
/// When none is present and none can be pulled.
pub(super) async fn postgres(engine: &Engine, wanted: Option<u32>) -> Result<(String, u32), Fault> {
    let first = wanted.unwrap_or(PREFERRED);
    let present = postgres_present(engine).await?;
    let have = |major: u32| {
        let found = present.iter().find(|(_, m)| *m == major);
        found.map(|(name, major)| (name.clone(), *major))
    };
    if let Some(found) = have(first) {
        return Ok(found);
    }
    let name = format!("postgres:{first}");
    let refused = match pull(engine, &name).await {
        Ok(()) => return Ok((name, first)),
        Err(refused) => refused,
    };
    let other = match wanted {
        Some(_) => None,
        None => ACCEPTED.into_iter().find_map(have),
    };
    other.ok_or_else(|| {
        refused.cure(format!(
            "run ci/base-images {name}, which builds it without a registry, or `docker load` it"
        ))
    })
}

/// The official images of Postgres that are present, by major version; the plainest name first.
pub(super) async fn postgres_present(engine: &Engine) -> Result<Vec<(String, u32)>, Fault> {
    let with_major = |name: String| Some((major(&name)?, name));
    let tags = tags(engine, "postgres").await?;
    let mut found: Vec<_> = tags.into_iter().filter_map(with_major).collect();
    found.sort_by_key(|(_, name)| (name.len(), name.clone()));
    Ok(found
        .into_iter()
        .map(|(major, name)| (name, major))
        .collect())
}

/// The images of this name, with their tags.
async fn tags(engine: &Engine, name: &str) -> Result<Vec<String>, Fault> {
    let filters = HashMap::from([("reference".to_owned(), vec![name.to_owned()])]);
    let options = ListImagesOptionsBuilder::default()
        .filters(&filters)
        .build();
    let images = engine.docker.list_images(Some(options)).await;
    let images = images.map_err(|e| fault(format!("looking for images of {name}"), &e))?;
    Ok(images
        .into_iter()
        .flat_map(|image| image.repo_tags)
        .collect())
}

/// `postgres:17.2-bookworm` is 17.
fn major(name: &str) -> Option<u32> {
    let tag = name.strip_prefix("postgres:")?;
    let number = tag.split(|c: char| !c.is_ascii_digit()).next()?;
    number.parse().ok()
}

/// Whether an engine of this platform runs the image as it is.
///
/// # Errors
/// The image was made for another platform.
pub(super) fn fits(platform: &str, name: &str, image: &ImageInspect) -> Result<(), Fault> {
    let (os, arch) = (image.os.as_deref(), image.architecture.as_deref());
    let made_for = format!("{}/{}", os.unwrap_or("linux"), arch.unwrap_or_default());
    if arch.is_none_or(str::is_empty) || made_for == platform {
        return Ok(());
    }
    let cause = format!("the image {name} is for {made_for}, and the engine runs {platform}");
    Err(Fault::new("choosing an image", cause).cure(format!(
        "remove it (`docker rmi {name}`) and pull or build it for {platform}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_for_another_platform_is_told_with_its_cure() {
        let image = |os: &str, arch: &str| ImageInspect {
            os: Some(os.into()),
            architecture: Some(arch.into()),
            ..ImageInspect::default()
        };
        let fits = |image| fits("linux/amd64", "postgres:17", &image);
        assert_eq!(fits(image("linux", "amd64")), Ok(()));
        // One that was imported by hand may not say.
        assert_eq!(fits(image("linux", "")), Ok(()));
        let fault = fits(image("linux", "arm64")).unwrap_err();
        assert_eq!(
            fault.cause,
            "the image postgres:17 is for linux/arm64, and the engine runs linux/amd64"
        );
        assert!(fault.cure.unwrap().contains("docker rmi postgres:17"));
    }

    #[test]
    fn a_tag_tells_its_major_version() {
        assert_eq!(major("postgres:17"), Some(17));
        assert_eq!(major("postgres:16.4-bookworm"), Some(16));
        assert_eq!(major("postgres:latest"), None);
        assert_eq!(major("grader-postgres:17"), None);
    }
}
