//! Go: built in an image with the toolchain, run in one without.

use super::super::files::has;
use super::said;
use super::text::Text;
use crate::model::RuntimeKind;
use crate::runtime::Trouble;
use crate::submission::Submission;

/// Where go.mod names no version.
const DEFAULT: &str = "1.24";

/// Writes all but the start.
pub(super) fn write(submission: &Submission, text: &mut Text) -> Result<(), Trouble> {
    let module = said(submission, "go.mod")?;
    text.after("go.mod");
    let version = version(&module).unwrap_or_else(|| DEFAULT.into());
    text.stage(&format!("golang:{version}-bookworm AS build"));
    text.line("WORKDIR /app");
    match submission.build(RuntimeKind::Docker) {
        Some(command) => {
            text.after("grader.toml");
            text.line("COPY . .");
            text.run(command);
        }
        None => {
            // A module that lies in the folder, or all of them, need not be fetched.
            let apart = !has(submission, "vendor") && !module.contains("=> .");
            if apart && has(submission, "go.sum") {
                text.line("COPY go.mod go.sum ./");
                text.run("go mod download");
            }
            text.line("COPY . .");
            text.run("mkdir -p bin && go build -o bin/ ./...");
        }
    }
    text.stage("debian:bookworm-slim");
    text.line("ENV PATH=/app/bin:$PATH");
    text.line("WORKDIR /app");
    text.line("COPY --from=build /app .");
    Ok(())
}

/// `toolchain go1.24.1`, else `go 1.22`.
fn version(module: &str) -> Option<String> {
    let said = |word: &str| {
        let mut lines = module.lines().map(str::trim);
        let number = lines.find_map(|line| line.strip_prefix(word))?;
        let mut parts = number.trim().split('.').map(str::parse::<u32>);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some(format!("{major}.{minor}")),
            _ => None,
        }
    };
    said("toolchain go").or_else(|| said("go "))
}
