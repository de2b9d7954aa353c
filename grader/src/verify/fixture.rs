//! What stands in `fixtures/` and `projects/*/starters/`, read from the folders' shape and the patches' heads.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::turn::is_drawn;
use crate::model::RuntimeKind;

/// What kind of known answer a fixture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The best answer we know: passes everything.
    Reference,
    /// Another right answer: passes everything.
    Variant,
    /// What a learner begins with: comes up, and fails what is still to be built.
    Starter,
    /// A reference with one thing wrong.
    Flaw,
}

impl Kind {
    /// The kind's name in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Variant => "variant",
            Self::Starter => "starter",
            Self::Flaw => "flaw",
        }
    }
}

/// A submission whose verdicts are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// What kind of answer it is.
    pub kind: Kind,
    /// The project it answers.
    pub project: String,
    /// Its name within its kind: `python`, `uuid-keys`, `endpoints.deleted-still-there.2`.
    pub name: String,
    /// The folder it is, or the folder its patch changes.
    pub base: PathBuf,
    /// The patch, if it is one.
    pub patch: Option<PathBuf>,
    /// Checks that must fail.
    pub expect: BTreeSet<String>,
    /// Checks that may fail or stay open besides.
    pub also: BTreeSet<String>,
    /// The runtimes on which this holds; empty means all.
    pub runtimes: Vec<RuntimeKind>,
}

impl Fixture {
    /// `flaw 1-listings/endpoints.deleted-still-there`: unique among all fixtures.
    pub fn title(&self) -> String {
        format!("{} {}/{}", self.kind.as_str(), self.project, self.name)
    }

    /// The folder of its project's pack, below `root` (the top of the repository).
    pub fn pack(&self, root: &Path) -> PathBuf {
        let contract = root.join("fixtures/contracts").join(&self.project);
        if contract.is_dir() {
            return contract;
        }
        root.join("projects").join(&self.project)
    }

    /// Whether it is one of those drawn in this turn, one time in so many.
    pub fn is_drawn(&self, turn: &str, one_in: u8) -> bool {
        is_drawn(turn, &self.title(), one_in)
    }
}

/// A fixture that cannot be read: which file, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}")]
pub struct FixtureProblem {
    /// The file or folder.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

impl FixtureProblem {
    fn new(file: &Path, what: impl std::fmt::Display) -> Self {
        Self {
            file: file.display().to_string(),
            what: what.to_string(),
        }
    }
}

/// Every fixture below `root` (the top of the repository), in a stable order.
///
/// # Errors
/// The first folder that cannot be read, or the first patch whose head does not say what it must.
pub fn discover(root: &Path) -> Result<Vec<Fixture>, FixtureProblem> {
    let mut all = Vec::new();
    let fixtures = root.join("fixtures");
    for project in folders(&fixtures.join("reference"))? {
        for base in folders(&project)? {
            all.push(folder(Kind::Reference, &project, base));
        }
    }
    for project in folders(&fixtures.join("variants"))? {
        for entry in entries(&project)? {
            if entry.is_dir() {
                all.push(folder(Kind::Variant, &project, entry));
            } else if entry.extension().is_some_and(|e| e == "patch") {
                all.push(patch(
                    Kind::Variant,
                    &python(&fixtures, &project),
                    &project,
                    entry,
                )?);
            }
        }
    }
    for project in folders(&root.join("projects"))? {
        for base in folders(&project.join("starters"))? {
            let mut starter = folder(Kind::Starter, &project, base);
            let said = fixtures
                .join("scaffold")
                .join(format!("{}.expect", starter.project));
            let text = fs::read_to_string(&said).map_err(|e| FixtureProblem::new(&said, e))?;
            read_head(&mut starter, &said, &text)?;
            all.push(starter);
        }
    }
    for project in folders(&fixtures.join("flaws"))? {
        for entry in entries(&project)? {
            if entry.extension().is_some_and(|e| e == "patch") {
                all.push(patch(
                    Kind::Flaw,
                    &python(&fixtures, &project),
                    &project,
                    entry,
                )?);
            }
        }
    }
    // A contract is a project of its own, with the one service that implements it.
    for project in folders(&fixtures.join("contracts"))? {
        let service = project.join("service");
        all.push(folder(Kind::Reference, &project, service.clone()));
        for entry in entries(&project.join("flaws"))? {
            all.push(patch(Kind::Flaw, &service, &project, entry)?);
        }
    }
    Ok(all)
}

/// References with many mistakes at once (`fixtures/many/<project>/*.patch`): all that is expected of one fails, and each
/// mistake is told once. They prove no check, so [`discover`] leaves them out.
///
/// # Errors
/// The first patch whose head does not say what it must.
pub fn many(root: &Path) -> Result<Vec<Fixture>, FixtureProblem> {
    let fixtures = root.join("fixtures");
    let mut all = Vec::new();
    for project in folders(&fixtures.join("many"))? {
        for entry in entries(&project)? {
            let base = python(&fixtures, &project);
            all.push(patch(Kind::Flaw, &base, &project, entry)?);
        }
    }
    Ok(all)
}

/// What a patch changes unless it says otherwise.
fn python(fixtures: &Path, project: &Path) -> PathBuf {
    let reference = fixtures.join("reference").join(name(project));
    reference.join("python")
}

fn folder(kind: Kind, project: &Path, base: PathBuf) -> Fixture {
    Fixture {
        kind,
        project: name(project),
        name: name(&base),
        base,
        patch: None,
        expect: BTreeSet::new(),
        also: BTreeSet::new(),
        runtimes: Vec::new(),
    }
}

fn patch(
    kind: Kind,
    base: &Path,
    project: &Path,
    file: PathBuf,
) -> Result<Fixture, FixtureProblem> {
    let text = fs::read_to_string(&file).map_err(|e| FixtureProblem::new(&file, e))?;
    let mut fixture = folder(kind, project, base.to_path_buf());
    fixture.name = file
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    let Some(head) = text
        .split("diff --git ")
        .next()
        .filter(|head| head.len() < text.len())
    else {
        return Err(FixtureProblem::new(
            &file,
            "no `diff --git` line: a fixture patch is a Git diff",
        ));
    };
    if let Some(other) = value(head, "base") {
        fixture.base = base.with_file_name(other);
    }
    if !fixture.base.is_dir() {
        return Err(FixtureProblem::new(
            &file,
            format!("its base {} is no folder", name(&fixture.base)),
        ));
    }
    read_head(&mut fixture, &file, head)?;
    if kind == Kind::Flaw && fixture.expect.is_empty() {
        return Err(FixtureProblem::new(
            &file,
            "no `expect:` line: say which check must fail",
        ));
    }
    fixture.patch = Some(file);
    Ok(fixture)
}

/// Reads `expect:`, `also:` and `runtime:` lines; `#` begins a comment.
fn read_head(fixture: &mut Fixture, file: &Path, head: &str) -> Result<(), FixtureProblem> {
    let list = |key: &str| -> Vec<String> {
        value(head, key)
            .map(|v| {
                v.split([',', ' '])
                    .filter(|w| !w.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default()
    };
    for line in head
        .lines()
        .filter(|l| !l.trim().is_empty() && !l.starts_with('#'))
    {
        let key = line.split(':').next().unwrap_or_default();
        if !["base", "expect", "also", "runtime"].contains(&key) {
            return Err(FixtureProblem::new(
                file,
                format!("unknown line `{line}` above the diff"),
            ));
        }
    }
    fixture.expect = list("expect").into_iter().collect();
    fixture.also = list("also").into_iter().collect();
    for runtime in list("runtime") {
        fixture.runtimes.push(match runtime.as_str() {
            "docker" => RuntimeKind::Docker,
            "local" => RuntimeKind::Local,
            "attach" => RuntimeKind::Attach,
            other => {
                return Err(FixtureProblem::new(
                    file,
                    format!("unknown runtime `{other}`"),
                ));
            }
        });
    }
    Ok(())
}

fn value<'a>(head: &'a str, key: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|l| l.strip_prefix(key)?.strip_prefix(':'))
        .map(str::trim)
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>, FixtureProblem> {
    Ok(entries(dir)?.into_iter().filter(|e| e.is_dir()).collect())
}

/// The entries of a folder in order; none where there is no such folder.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, FixtureProblem> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let problem = |e| FixtureProblem::new(dir, e);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(problem)? {
        found.push(entry.map_err(problem)?.path());
    }
    found.sort();
    Ok(found)
}
