//! What one build is asked for, and how it is named so that it can be stopped.

use std::collections::HashMap;
use std::time::Duration;

use bollard::Docker;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, BuilderVersion};

use super::context::{Context, DOCKERFILE};
use super::platform::Platform;
use super::proxies::proxies;
use crate::model::{Doing, Fault};

/// What a build is to make.
pub(super) struct Request<'a> {
    pub(super) context: Context,
    pub(super) tag: &'a str,
    pub(super) labels: &'a HashMap<String, String>,
    pub(super) platform: &'a Platform,
}

impl Request<'_> {
    /// The options of the engine's call. `id` names the session.
    pub(super) fn options(&self, id: &str) -> BuildImageOptions {
        let options = BuildImageOptionsBuilder::default()
            .dockerfile(DOCKERFILE)
            .t(self.tag)
            .labels(self.labels)
            .buildargs(&proxies())
            .rm(true)
            .forcerm(true);
        // The classic builder takes no platform; it builds for the one it runs on.
        match self.platform.buildkit {
            true => options
                .platform(&self.platform.name)
                .version(BuilderVersion::BuilderBuildKit)
                .session(id)
                .build(),
            false => options.version(BuilderVersion::BuilderV1).build(),
        }
    }
}

/// A client whose builds bear this id. `patience` is for the slowest answer.
pub(super) fn named(engine: &Docker, id: &str, patience: Duration) -> Docker {
    let id = id.to_owned();
    let named = engine.clone().with_request_modifier(move |mut request| {
        if request.uri().path().ends_with("/build") && request.uri().query().is_some() {
            let uri = format!("{}&buildid={id}", request.uri());
            if let Ok(uri) = uri.parse() {
                *request.uri_mut() = uri;
            }
        }
        request
    });
    named.with_timeout(patience)
}

/// Tells the engine to stop the build of this id.
pub(super) async fn cancel(engine: &Docker, id: &str) -> Result<(), Fault> {
    // The client knows no call that cancels: a ping becomes one on its way.
    let to = format!("/build/cancel?id={id}");
    let canceller = engine.clone().with_request_modifier(move |mut request| {
        let uri = request.uri().to_string().replacen("/_ping", &to, 1);
        if let (Ok(uri), Ok(post)) = (uri.parse(), "POST".parse()) {
            *request.uri_mut() = uri;
            *request.method_mut() = post;
        }
        request
    });
    let cancelled = canceller.ping().await;
    cancelled.map(|_| ()).doing("stopping the build")
}
