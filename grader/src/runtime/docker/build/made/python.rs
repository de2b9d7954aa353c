//! Python: a virtual environment in `.venv`, as the local runtime makes it.

use super::super::files::has;
use super::range::allows;
use super::said;
use super::text::Text;
use crate::model::RuntimeKind;
use crate::runtime::{Trouble, requirements};
use crate::submission::Submission;

/// Where nothing names a version, and those tried where something forbids it: the newest first.
const DEFAULT: (u32, u32) = (3, 12);
const OTHERS: [(u32, u32); 6] = [(3, 14), (3, 13), (3, 11), (3, 10), (3, 9), (3, 8)];

/// Packages that are compiled when they are installed; the slim image has no compiler.
const COMPILED: [&str; 6] = [
    "psycopg2",
    "psycopg-c",
    "psycopg[c]",
    "mysqlclient",
    "uwsgi",
    "python-ldap",
];

/// Whether the manifests ask for Python. Many a pyproject.toml only sets up a formatter.
pub(super) fn asked(submission: &Submission) -> bool {
    submission.has("requirements.txt") || package(submission)
}

fn package(submission: &Submission) -> bool {
    let manifest = said(submission, "pyproject.toml").unwrap_or_default();
    let manifest = manifest.parse::<toml::Table>().unwrap_or_default();
    manifest.contains_key("project")
        || manifest.contains_key("build-system")
        || manifest
            .get("tool")
            .is_some_and(|tool| tool.get("poetry").is_some())
}

/// Writes all but the start.
pub(super) fn write(submission: &Submission, text: &mut Text) -> Result<(), Trouble> {
    let (major, minor) = version(submission, text)?;
    let full = compiled(submission)?;
    if full {
        text.note(
            "A package is compiled when it is installed, so the image with a compiler is needed.",
        );
    }
    let kind = if full { "" } else { "-slim" };
    text.stage(&format!("python:{major}.{minor}{kind}"));
    text.line("ENV PATH=/app/.venv/bin:$PATH");
    text.line("WORKDIR /app");
    if let Some(command) = submission.build(RuntimeKind::Docker) {
        text.after("grader.toml");
        text.line("COPY . .");
        text.run(command);
    } else if submission.has("requirements.txt") {
        text.after("requirements.txt");
        requirements(submission, text)?;
    } else if submission.has("uv.lock") {
        text.after("uv.lock");
        text.run("python3 -m pip install --quiet uv");
        text.line("COPY . .");
        text.run("uv sync --frozen --no-dev");
    } else if submission.has("poetry.lock") {
        text.after("poetry.lock");
        text.line("ENV POETRY_VIRTUALENVS_IN_PROJECT=true");
        text.run("python3 -m pip install --quiet poetry");
        text.line("COPY . .");
        text.run("poetry install --only main --no-interaction");
    } else {
        text.line("COPY . .");
        if package(submission) {
            text.after("pyproject.toml");
            text.run("python3 -m venv .venv && .venv/bin/python -m pip install --quiet .");
        }
    }
    Ok(())
}

fn requirements(submission: &Submission, text: &mut Text) -> Result<(), Trouble> {
    let venv =
        "python3 -m venv .venv && .venv/bin/python -m pip install --quiet -r requirements.txt";
    // A list that names other files needs them beside it.
    let list = said(submission, "requirements.txt")?;
    match requirements::stands_alone(&list) {
        true => {
            text.line("COPY requirements.txt ./");
            text.run(venv);
            text.line("COPY . .");
        }
        false => {
            text.line("COPY . .");
            text.run(venv);
        }
    }
    Ok(())
}

fn compiled(submission: &Submission) -> Result<bool, Trouble> {
    for name in ["requirements.txt", "pyproject.toml"] {
        let text = said(submission, name)?.to_lowercase();
        let names = text.split(|c: char| c.is_whitespace() || "\"',;=<>~!#@".contains(c));
        if names.into_iter().any(|name| COMPILED.contains(&name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `.python-version`, `runtime.txt`, then what `requires-python` allows.
fn version(submission: &Submission, text: &mut Text) -> Result<(u32, u32), Trouble> {
    for name in [".python-version", "runtime.txt"] {
        if has(submission, name) {
            let said = said(submission, name)?;
            if let Some(found) = said.lines().next().and_then(pinned) {
                text.after(name);
                return Ok(found);
            }
        }
    }
    let manifest = said(submission, "pyproject.toml")?
        .parse::<toml::Table>()
        .unwrap_or_default();
    let range = (manifest.get("project"))
        .and_then(|project| project.get("requires-python"))
        .or_else(|| {
            let poetry = manifest.get("tool")?.get("poetry")?;
            poetry.get("dependencies")?.get("python")
        })
        .and_then(toml::Value::as_str);
    let Some(range) = range else {
        return Ok(DEFAULT);
    };
    let fits = [DEFAULT]
        .into_iter()
        .chain(OTHERS)
        .find(|v| allows(range, *v));
    text.after("pyproject.toml");
    Ok(fits.unwrap_or(DEFAULT))
}

/// `3.12`, `3.12.4`, `python-3.12.4`, `cpython@3.12`: the last part changes no behaviour a service relies on.
fn pinned(line: &str) -> Option<(u32, u32)> {
    let number = line
        .trim()
        .trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut parts = number.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?;
    let end = minor
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(minor.len());
    (major == 3).then_some((major, minor.get(..end)?.parse().ok()?))
}
