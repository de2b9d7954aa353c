//! Building the learner's image.
//!
//! The folder is sent to the engine ([`context`]), which builds it as its Dockerfile says, or as one says that is made
//! for it ([`made`]). Images it stands on are had first ([`bases`]); the build is watched by time and disk
//! ([`drive`]); what came of it is kept by content ([`shelf`]). A build that fails becomes a story for the learner
//! only where their own doing is proved ([`fail`]).

mod bases;
mod body;
mod context;
mod disk;
mod dockerfile;
mod drive;
mod fail;
mod files;
mod ignore;
mod instructions;
mod made;
mod newer;
mod outside;
mod platform;
mod progress;
mod proxies;
mod pulling;
mod reader;
mod request;
mod said;
mod shelf;
mod story;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashMap;
use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::time::Instant;

use bollard::Docker;
use futures::FutureExt;
use futures::future::BoxFuture;

use context::Context;
use disk::Disk;
use drive::{Ended, drive};
use platform::Platform;
use progress::Progress;
use request::Request;
use story::Teller;

use crate::model::Fault;
use crate::runtime::local::build::blocking;
use crate::runtime::{Built, Limits, Trouble};
use crate::submission::Submission;

/// Lines of the build's output kept in [`Built`].
const TAIL: usize = 20;

/// How often a build is begun that is stopped for the sake of the disk.
const TRIES: usize = 3;

/// What came of a build.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// The engine's id of it: `sha256:…`.
    pub(super) id: String,
    /// As runtimes tell it.
    pub(super) built: Built,
}

/// Builds the submission's image, or finds it built. Nothing happens until it is awaited; dropped, the build ends.
///
/// # Errors
/// A story of the build phase where the learner's own doing is proved; otherwise a fault: no engine, an image or a
/// network out of reach, a platform that is not the engine's, a folder from which no Dockerfile can be made.
pub(super) fn build<'a>(
    engine: &'a Docker,
    submission: &'a Submission,
    limits: &'a Limits,
    labels: &'a HashMap<String, String>,
) -> Build<'a> {
    Build {
        engine,
        submission,
        limits,
        labels,
        log: None,
    }
}

/// Why nobody can tell how the submission is built: it has no Dockerfile, and none can be made for it. None where it
/// says so.
pub(super) fn puzzle(submission: &Submission) -> Option<String> {
    match made::make(submission) {
        Err(Trouble::Fault(fault)) if !submission.dockerfile && fault.doing == made::MAKING => {
            Some(fault.cause)
        }
        _ => None,
    }
}

/// A build that waits to be awaited.
pub(super) struct Build<'a> {
    engine: &'a Docker,
    submission: &'a Submission,
    limits: &'a Limits,
    labels: &'a HashMap<String, String>,
    log: Option<PathBuf>,
}

impl<'a> Build<'a> {
    /// Writes the builder's output to this file while it comes, as much of it as [`Limits::log_bytes`] allows.
    pub(super) fn keep(mut self, log: &Path) -> Self {
        self.log = Some(log.to_owned());
        self
    }

    /// Whether the build can begin: there is a Dockerfile or one can be made, and what it stands on is present or comes.
    /// What is wrong with the learner's own file is left for the build to tell.
    ///
    /// # Errors
    /// What stands in the way, if it is not the learner's doing.
    pub(super) async fn can_begin(&self) -> Result<(), Fault> {
        let look = async {
            let platform = Platform::of(self.engine).await?;
            let (text, made) = self.dockerfile()?;
            let found = dockerfile::bases(&text, &platform.name);
            let teller = Teller {
                context: None,
                begun: Instant::now(),
                within: self.limits.build,
                room: self.limits.build_bytes,
                made: made.is_some(),
                newer: newer::asks_for_newer(&text),
            };
            let bases = bases::have(self.engine, &found, &platform).await;
            bases.map(drop).map_err(|missing| teller.missing(missing))
        };
        match look.await {
            Err(Trouble::Fault(fault)) => Err(fault),
            _ => Ok(()),
        }
    }

    async fn go(self) -> Result<Image, Trouble> {
        let begun = Instant::now();
        let platform = Platform::of(self.engine).await?;
        let (text, made) = self.dockerfile()?;
        let mut teller = Teller {
            context: None,
            begun,
            within: self.limits.build,
            room: self.limits.build_bytes,
            made: made.is_some(),
            newer: newer::asks_for_newer(&text),
        };
        let context = self.context(text.clone(), &teller).await?;
        teller.context = Some(&context);
        let found = dockerfile::bases(&text, &platform.name);
        let bases = bases::have(self.engine, &found, &platform).await;
        let bases = bases.map_err(|missing| teller.missing(missing))?;
        let summed = context.clone();
        let digest = blocking(move || summed.digest()).await?;
        let tag = shelf::tag(&digest, &bases, &platform);
        let done = |id: String, cached, log_tail| {
            let built = Built {
                command: Some("docker build .".into()),
                from: Some(
                    made.as_ref()
                        .map_or("Dockerfile".into(), |made| made.from.clone()),
                ),
                cached,
                seconds: begun.elapsed().as_secs_f64(),
                log_tail,
                made: made.as_ref().map(|made| made.text.clone()),
            };
            Image { id, built }
        };
        if let Some(image) = bases::inspect(self.engine, &tag).await? {
            return Ok(done(image.id.unwrap_or_default(), true, Vec::new()));
        }
        let (id, tail) = self.run(&context, &tag, &platform, &teller).await?;
        Ok(done(id, false, tail))
    }

    /// The learner's own Dockerfile, or one made for them.
    fn dockerfile(&self) -> Result<(String, Option<made::Made>), Trouble> {
        if self.submission.dockerfile {
            let text = files::read(self.submission, context::DOCKERFILE);
            let text = text.map_err(|error| Fault::new("reading the Dockerfile", error))?;
            if let Some(text) = text {
                return Ok((text, None));
            }
        }
        let made = made::make(self.submission)?;
        Ok((made.text.clone(), Some(made)))
    }

    async fn context(&self, text: String, teller: &Teller<'_>) -> Result<Context, Trouble> {
        let text = reader::own(self.engine, text).await?;
        let submission = self.submission.clone();
        let context = blocking(move || Ok(Context::of(&submission, text))).await?;
        context.map_err(|refused| teller.refused(refused))
    }

    /// Runs the build and gives the image's id and the last lines.
    async fn run(
        &self,
        context: &Context,
        tag: &str,
        platform: &Platform,
        teller: &Teller<'_>,
    ) -> Result<(String, Vec<String>), Trouble> {
        let whose = shelf::whose(&self.submission.root);
        let mut labels = self.labels.clone();
        labels.insert(shelf::LABEL.into(), whose.clone());
        let mut progress = Progress::default();
        if let Some(log) = &self.log {
            progress.keep(log, self.limits.log_bytes)?;
        }
        let (mut ended, mut room) = (Ended::Crowded, self.limits.build_bytes);
        // Others write to the same disk. So nobody is accused of filling it over one time, and who is stopped for
        // what others wrote begins again and is watched by what is left alone.
        for _ in 0..TRIES {
            let disk = Disk::of(self.engine, room).await;
            let request = Request {
                context: context.clone(),
                tag,
                labels: &labels,
                platform,
            };
            let (within, before) = (self.limits.build, ended);
            ended = drive(self.engine, request, within, disk.as_ref(), &mut progress).await?;
            match ended {
                Ended::Crowded => room = u64::MAX,
                Ended::TooLarge if before != Ended::TooLarge => {}
                _ => break,
            }
        }
        let image = match ended {
            Ended::Well => bases::inspect(self.engine, tag).await?,
            _ => None,
        };
        let Some(image) = image else {
            return Err(teller.ended(ended, &progress));
        };
        if let (Some(os), Some(arch)) = (&image.os, &image.architecture) {
            platform.must_be("the image that was built", &format!("{os}/{arch}"))?;
        }
        let id = image.id.unwrap_or_default();
        let now = jiff::Timestamp::now().as_second();
        shelf::prune(self.engine, &whose, &id, now).await;
        Ok((id, progress.tail(TAIL)))
    }
}

impl<'a> IntoFuture for Build<'a> {
    type Output = Result<Image, Trouble>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.go().boxed()
    }
}
