//! Rust: built in an image with the toolchain, run in one without.

use super::said;
use super::text::Text;
use crate::model::RuntimeKind;
use crate::runtime::Trouble;
use crate::submission::Submission;

/// Crates that link a library of the system, unless they bring their own: where it is built it must also run.
const LINKED: [(&str, &str); 3] = [
    ("openssl-sys", "openssl-src"),
    ("pq-sys", "pq-src"),
    ("mysqlclient-sys", "mysqlclient-src"),
];

/// What of Cargo's `target` a service needs, as the local runtime keeps it: the executables at the top of each
/// profile.
const TIDY: &str = "if [ -d target ]; then find target -mindepth 2 -maxdepth 2 ! \\( -type f -perm -u+x \\) -exec rm -rf {} +; fi";

/// Writes all but the start.
pub(super) fn write(submission: &Submission, text: &mut Text) -> Result<(), Trouble> {
    let version = version(submission, text)?;
    let lock = said(submission, "Cargo.lock")?;
    let named = |name: &str| lock.contains(&format!("name = \"{name}\""));
    let linked = LINKED
        .iter()
        .any(|(system, own)| named(system) && !named(own));
    let commands = match (
        submission.build(RuntimeKind::Docker),
        submission.has("Cargo.lock"),
    ) {
        (Some(command), _) => {
            text.after("grader.toml");
            vec![command.to_owned(), TIDY.into()]
        }
        // In one step, so that no layer holds what goes again.
        (None, true) => {
            text.after("Cargo.lock");
            vec![format!("cargo build --release --locked && {TIDY}")]
        }
        (None, false) => {
            text.after("Cargo.toml");
            vec![format!("cargo build --release && {TIDY}")]
        }
    };
    if linked {
        text.note("A crate links a library of the system, so the service runs where it was built.");
        text.stage(&format!("rust:{version}-bookworm"));
        text.line("WORKDIR /app");
        text.line("COPY . .");
        commands.iter().for_each(|command| text.run(command));
        text.line("ENV PATH=/app/bin:$PATH");
        return Ok(());
    }
    text.stage(&format!("rust:{version}-slim-bookworm AS build"));
    text.line("WORKDIR /app");
    text.line("COPY . .");
    commands.iter().for_each(|command| text.run(command));
    text.stage("debian:bookworm-slim");
    text.line("ENV PATH=/app/bin:$PATH");
    text.line("WORKDIR /app");
    text.line("COPY --from=build /app .");
    Ok(())
}

/// The toolchain's channel; `stable`, `nightly` and their like are fetched by rustup, which the image has.
fn version(submission: &Submission, text: &mut Text) -> Result<String, Trouble> {
    for name in ["rust-toolchain.toml", "rust-toolchain"] {
        let said = said(submission, name)?;
        let table = said.parse::<toml::Table>().ok();
        let channel = table
            .as_ref()
            .and_then(|table| table.get("toolchain")?.get("channel")?.as_str());
        let channel = channel.unwrap_or(said.trim());
        let mut parts = channel.split('.').map(str::parse::<u32>);
        if let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) {
            text.after(name);
            return Ok(format!("{major}.{minor}"));
        }
    }
    Ok("1".into())
}
