//! Where built images are kept: on the engine, by content, the oldest removed.
//!
//! An image is named `grader-build:<digest>`: over what was sent, the Dockerfile in it, the images it stands on, and
//! the platform. So the same folder is never built twice, and one that stands on a newer base is built again. After
//! each build the submission's images beyond the newest [`KEPT`] are removed, and with them those of any submission
//! older than [`AGE`]; never one that a container uses. Layers below them are the builder's cache, which the engine
//! prunes by its own rules.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use bollard::Docker;
use bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use sha2::{Digest, Sha256};

use super::platform::Platform;

/// The name before the colon.
pub(super) const REPOSITORY: &str = "grader-build";
/// The label of every image a build made; its value tells submissions apart.
pub(super) const LABEL: &str = "grader.build";
/// Images kept of one submission.
const KEPT: usize = 3;
/// How long an image is kept at most.
const AGE: Duration = Duration::from_secs(14 * 24 * 3600);
/// Bumped when what a build asks of the engine changes.
const FORMAT: &[u8] = b"1";

/// The image's name.
pub(super) fn tag(context: &[u8; 32], bases: &[String], platform: &Platform) -> String {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    field(FORMAT);
    field(context);
    field(platform.name.as_bytes());
    for id in bases {
        field(id.as_bytes());
    }
    format!("{REPOSITORY}:{}", hex(&hash.finalize()))
}

/// The value of the label: submissions are told apart by where they lie.
pub(super) fn whose(root: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    hex(&Sha256::digest(root.as_os_str().as_bytes()))
}

fn hex(digest: &[u8]) -> String {
    let bytes = digest.iter().take(16);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// An image on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    id: String,
    whose: String,
    /// Seconds since 1970.
    created: i64,
}

/// Removes what is too old or too much. It is housekeeping: what cannot be removed now can be the next time.
pub(super) async fn prune(engine: &Docker, mine: &str, newest: &str, now: i64) {
    let labelled = HashMap::from([("label", vec![LABEL])]);
    let options = ListImagesOptionsBuilder::default()
        .filters(&labelled)
        .build();
    let Ok(images) = engine.list_images(Some(options)).await else {
        return;
    };
    let kept = images.into_iter().map(|image| Kept {
        whose: image.labels.get(LABEL).cloned().unwrap_or_default(),
        id: image.id,
        created: image.created,
    });
    for id in too_many(kept.collect(), mine, newest, now) {
        // Not by force: the engine refuses while a container uses it.
        let options = RemoveImageOptionsBuilder::default().force(false).build();
        let _ = engine.remove_image(&id, Some(options), None).await;
    }
}

/// The ids to remove.
fn too_many(mut images: Vec<Kept>, mine: &str, newest: &str, now: i64) -> Vec<String> {
    images.retain(|image| image.id != newest);
    images.sort_by_key(|image| std::cmp::Reverse(image.created));
    let oldest = now - i64::try_from(AGE.as_secs()).unwrap_or(i64::MAX);
    // The newest is kept beside these.
    let mut room = KEPT - 1;
    let mut goes = |image: &Kept| {
        if image.created < oldest {
            return true;
        }
        if image.whose != mine {
            return false;
        }
        let full = room == 0;
        room = room.saturating_sub(1);
        full
    };
    let old = images.iter().filter(|image| goes(image));
    old.map(|image| image.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_content_has_one_name() {
        let platform = Platform {
            name: "linux/amd64".into(),
            buildkit: true,
        };
        let name = tag(&[1; 32], &["a".into(), "b".into()], &platform);
        assert_eq!(name, tag(&[1; 32], &["a".into(), "b".into()], &platform));
        assert_ne!(name, tag(&[2; 32], &["a".into(), "b".into()], &platform));
        assert_ne!(name, tag(&[1; 32], &["ab".into()], &platform));
        assert!(name.starts_with("grader-build:") && name.len() == "grader-build:".len() + 32);
    }

    #[test]
    fn the_newest_of_each_stay() {
        let now = 100_000_000;
        let image = |id: &str, whose: &str, age: i64| Kept {
            id: id.into(),
            whose: whose.into(),
            created: now - age,
        };
        let images = vec![
            image("new", "me", 900),
            image("a", "me", 10),
            image("b", "me", 20),
            image("c", "me", 30),
            image("theirs", "you", 40),
            image("aged", "you", 15 * 24 * 3600),
        ];
        assert_eq!(too_many(images, "me", "new", now), ["c", "aged"]);
    }
}
