//! The learner's image and what it says about itself.

use bollard::models::ImageConfig;

use super::engine::fault;
use super::{DockerRuntime, build, images, labels};
use crate::model::Doing;
use crate::runtime::{BootStory, Built, Trouble};
use crate::submission::Submission;

/// A built image.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// Its id.
    pub(super) id: String,
    pub(super) built: Built,
    /// The command it starts, as a reader would type it.
    pub(super) command: String,
    /// The folders it calls volumes.
    pub(super) volumes: Vec<String>,
    /// Whether it would run as root.
    pub(super) is_root: bool,
}

impl DockerRuntime {
    /// The submission and its image; those of a clone, where Git would leave something out. Built at the first call.
    pub(super) async fn of(&self, tracked: bool) -> Result<(&Submission, &Image), Trouble> {
        if !tracked {
            let image = self
                .image
                .get_or_try_init(|| self.make(&self.submission, "build"));
            return Ok((&self.submission, image.await?));
        }
        let make = async || {
            let tracked = self.submission.tracked().doing("reading what Git tracks")?;
            let Some(clone) = tracked else {
                return Err(Trouble::Unsupported("the folder is no Git checkout".into()));
            };
            if let Some(why) = build::puzzle(&clone) {
                return Err(untold(&why).into());
            }
            let image = self.make(&clone, "build-clone").await?;
            Ok((clone, image))
        };
        let (clone, image) = self.clone.get_or_try_init(make).await?;
        Ok((clone, image))
    }

    async fn make(&self, submission: &Submission, log: &str) -> Result<Image, Trouble> {
        let labels = labels::of(&self.name, "image");
        let docker = &self.engine.docker;
        let log = self.logs()?.join(format!("{log}.log"));
        let made = build::build(docker, submission, &self.options.limits, &labels)
            .keep(&log)
            .await?;
        let looked = docker.inspect_image(&made.id).await;
        let looked = looked.map_err(|e| fault("looking at the image that was built", &e))?;
        images::fits(&self.engine.platform, "of the submission", &looked)?;
        let config = looked.config.unwrap_or_default();
        Ok(Image {
            id: made.id,
            built: made.built,
            command: command(&config),
            is_root: is_root(config.user.as_deref().unwrap_or_default()),
            volumes: config.volumes.unwrap_or_default(),
        })
    }
}

/// What says how it is built lies in the folder, and Git does not track it.
fn untold(why: &str) -> BootStory {
    BootStory::untold(
        "nothing that Git tracks says how to build and start the service",
        &format!("a tracked Dockerfile, or what one can be made from ({why})"),
        "git ls-files",
        "let Git track it: `git add Dockerfile`, or the Procfile and the manifest",
    )
}

/// What the image starts: entrypoint and command, with quotes where a shell would want them.
fn command(config: &ImageConfig) -> String {
    let words = config.entrypoint.iter().chain(&config.cmd).flatten();
    let quoted = words.map(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
        match !word.is_empty() && word.chars().all(plain) {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Whether a `USER` line, or its absence, means root.
fn is_root(user: &str) -> bool {
    let name = user.split(':').next().unwrap_or_default();
    matches!(name, "" | "0" | "root")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_as_it_would_be_typed() {
        let words = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect());
        let config = ImageConfig {
            entrypoint: words(&["sh", "-c"]),
            cmd: words(&["a && exec b"]),
            ..ImageConfig::default()
        };
        assert_eq!(command(&config), "sh -c 'a && exec b'");
    }

    #[test]
    fn root_has_many_names() {
        for user in ["", "root", "0", "0:0", "root:staff"] {
            assert!(is_root(user), "{user}");
        }
        assert!(!is_root("nobody") && !is_root("1000:0"));
    }
}
