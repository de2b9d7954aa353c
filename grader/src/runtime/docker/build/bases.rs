//! The images a Dockerfile stands on: had before the build begins, so that one that cannot be had is told apart from
//! a build that fails. What is there is used; only what is missing is pulled.

use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ImageInspect;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::TryStreamExt;

use super::dockerfile::Base;
use super::platform::Platform;
use super::pulling::{Refusal, refusal};
use crate::model::Fault;
use crate::runtime::Trouble;

/// How long one image may take to arrive.
const PULL: Duration = Duration::from_secs(600);

/// Why a base cannot be stood on.
pub(super) enum Missing {
    /// There is no image of that name, as far as its registry tells: the learner's to mend.
    NoSuch(Base),
    /// It cannot be had from here, or does not run here.
    Trouble(Trouble),
}

impl From<Trouble> for Missing {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// The ids of the images, in the same order.
pub(super) async fn have(
    engine: &Docker,
    bases: &[Base],
    platform: &Platform,
) -> Result<Vec<String>, Missing> {
    let mut ids = Vec::new();
    for base in bases {
        if let Some(wanted) = &base.platform {
            let what = format!("line {} of the Dockerfile", base.line);
            platform.must_be(&what, wanted)?;
        }
        let found = match inspect(engine, &base.image).await? {
            Some(found) => found,
            None => pull(engine, base, platform).await?,
        };
        let (os, arch) = (
            found.os.unwrap_or_default(),
            found.architecture.unwrap_or_default(),
        );
        // An image that was imported by hand may not say.
        if !os.is_empty() && !arch.is_empty() {
            let what = format!("the image `{}`", base.image);
            platform.must_be(&what, &format!("{os}/{arch}"))?;
        }
        ids.push(found.id.unwrap_or_default());
    }
    Ok(ids)
}

/// The image of this name or id, if the engine has it.
pub(super) async fn inspect(engine: &Docker, name: &str) -> Result<Option<ImageInspect>, Trouble> {
    match engine.inspect_image(name).await {
        Ok(found) => Ok(Some(found)),
        Err(Error::DockerResponseServerError {
            // 400: no valid name. Pulling it says so in words.
            status_code: 404 | 400,
            ..
        }) => Ok(None),
        Err(error) => Err(Fault::new(format!("looking for the image `{name}`"), error).into()),
    }
}

async fn pull(engine: &Docker, base: &Base, platform: &Platform) -> Result<ImageInspect, Missing> {
    let doing = format!("fetching the image `{}`", base.image);
    let options = CreateImageOptionsBuilder::default()
        .from_image(&tagged(&base.image))
        .platform(&platform.name)
        .build();
    let pulled = engine.create_image(Some(options), None, None);
    let pulled = pulled.try_for_each(|_| async { Ok(()) });
    let error = match tokio::time::timeout(PULL, pulled).await {
        Ok(Ok(())) => match inspect(engine, &base.image).await? {
            Some(found) => return Ok(found),
            None => "it was fetched and is not there".to_owned(),
        },
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it took longer than {} s", PULL.as_secs()),
    };
    match refusal(&base.image, &error) {
        Refusal::NoSuchImage => Err(Missing::NoSuch(base.clone())),
        Refusal::OutOfReach => Err(Trouble::from(
            Fault::new(doing, error).cure(
                "pull it by hand to see why; where no registry answers, build stand-ins for the public images with \
                 ci/base-images",
            ),
        )
        .into()),
    }
}

/// With the tag that is meant where none is written; all tags would be pulled otherwise.
fn tagged(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.contains([':', '@']) {
        true => image.to_owned(),
        false => format!("{image}:latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::tagged;

    #[test]
    fn one_tag_is_pulled() {
        assert_eq!(tagged("python"), "python:latest");
        assert_eq!(tagged("host:5000/python"), "host:5000/python:latest");
        assert_eq!(tagged("host:5000/python:3"), "host:5000/python:3");
        assert_eq!(tagged("python@sha256:ab"), "python@sha256:ab");
    }
}
