//! Building the learner's image.

use std::collections::HashMap;

use bollard::query_parameters::BuildImageOptionsBuilder;
use futures::StreamExt;

use crate::model::{Doing, Fault};
use crate::runtime::{Built, Limits, Trouble};
use crate::submission::Submission;

/// What came of the build.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// The image, by its id.
    pub(super) id: String,
    pub(super) built: Built,
    /// The Dockerfile made for a submission without one.
    pub(super) made: Option<String>,
}

/// Builds the submission's Dockerfile.
pub(super) async fn build(
    engine: &bollard::Docker,
    submission: &Submission,
    limits: &Limits,
    labels: &HashMap<String, String>,
) -> Result<Image, Trouble> {
    let begun = std::time::Instant::now();
    let mut archive = tar::Builder::new(Vec::new());
    archive
        .append_dir_all(".", &submission.root)
        .doing("packing the submission")?;
    let packed = archive.into_inner().doing("packing the submission")?;
    let name = format!("grader-built:{}", &submission.digest[..16]);
    let options = BuildImageOptionsBuilder::default()
        .t(&name)
        .rm(true)
        .forcerm(true)
        .labels(labels)
        .networkmode("host")
        .build();
    let mut steps = engine.build_image(options, None, Some(bollard::body_full(packed.into())));
    let mut log = Vec::new();
    let building = async {
        while let Some(step) = steps.next().await {
            let step = step
                .map_err(|e| Fault::new("building the image", format!("{e}\n{}", log.concat())))?;
            log.extend(step.stream);
        }
        Ok::<_, Fault>(())
    };
    tokio::time::timeout(limits.build, building)
        .await
        .doing("building the image")??;
    let image = engine
        .inspect_image(&name)
        .await
        .doing("looking at the image")?;
    Ok(Image {
        id: image.id.unwrap_or(name),
        built: Built {
            command: Some("docker build .".into()),
            from: Some("Dockerfile".into()),
            cached: false,
            seconds: begun.elapsed().as_secs_f64(),
            log_tail: log,
        },
        made: None,
    })
}
