//! What an engine is and what it builds for.

use bollard::Docker;

use crate::model::{Doing, Fault};
use crate::runtime::Trouble;

/// What has to be known of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Platform {
    /// As images name it: `linux/amd64`.
    pub(super) name: String,
    /// Whether it has BuildKit; every Docker engine for Linux has, since 18.09.
    pub(super) buildkit: bool,
}

impl Platform {
    /// Asks the engine.
    pub(super) async fn of(engine: &Docker) -> Result<Self, Fault> {
        let version = engine
            .version()
            .await
            .doing("asking the engine's version")?;
        let (os, arch) = (
            version.os.unwrap_or_default(),
            version.arch.unwrap_or_default(),
        );
        let parts = version.components.unwrap_or_default();
        let podman = parts.iter().any(|part| part.name.contains("Podman"));
        Ok(Self {
            buildkit: os == "linux" && !podman,
            name: plain(&format!("{os}/{arch}")),
        })
    }

    /// Refuses an image or a wish for another platform: whoever wrote it is not wrong, it cannot run here.
    pub(super) fn must_be(&self, what: &str, platform: &str) -> Result<(), Trouble> {
        let wanted = plain(platform);
        match wanted == self.name {
            true => Ok(()),
            false => Err(Fault::new(
                "building the service's image",
                format!("{what} is for {wanted}, and this engine runs {}", self.name),
            )
            .cure(format!(
                "take `--platform` out of the Dockerfile and name images that exist for {}, or grade on a machine of \
                 the other kind",
                self.name
            ))
            .into()),
        }
    }
}

/// System and architecture in Docker's words, without the variant: a newer variant runs what an older one does.
fn plain(platform: &str) -> String {
    let mut parts = platform.split('/');
    let (os, arch) = (parts.next().unwrap_or_default(), parts.next());
    let arch = match arch.unwrap_or_default() {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}/{arch}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_platform_has_many_names() {
        let engine = Platform {
            name: "linux/arm64".into(),
            buildkit: true,
        };
        for same in [
            "linux/arm64",
            "linux/arm64/v8",
            "linux/aarch64",
            "Linux/arm64",
        ] {
            assert!(engine.must_be("the image", same).is_ok(), "{same}");
        }
        let told = engine.must_be("the image `x`", "linux/amd64").unwrap_err();
        let told = told.to_string();
        assert!(
            told.contains("`x` is for linux/amd64, and this engine runs linux/arm64"),
            "{told}"
        );
    }
}
