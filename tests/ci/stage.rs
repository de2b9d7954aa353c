//! Stands in for a runner of GitHub Actions: its files, its variables, a release to install from, and a grader whose
//! answers are known.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::yaml;
use crate::runtime::bench::open_folder;

/// The repository.
pub(super) fn root() -> PathBuf {
    let grader = Path::new(env!("CARGO_MANIFEST_DIR"));
    grader.parent().unwrap().to_path_buf()
}

/// Says hostile things, keeps what it was given, writes the reports it was asked for, and ends as it is told to.
const STAND_IN: &str = r##"#!/usr/bin/env bash
[ "$1" = --version ] && echo "grader 0.0.0" && exit
printf '%s\n' "$@" >"$STAND_IN/arguments"
env >"$STAND_IN/environment"
printf '::error::evil\n##[error]evil\n::set-output name=verdict::open\nand no line break'
[ -e "$STAND_IN/mute" ] && exit "$(cat "$STAND_IN/exit")"
for word in "$@"; do
  case $word in
  json=*) cp "$STAND_IN/report.json" "${word#*=}" ;;
  markdown=*) echo "# the summary" >"${word#*=}" ;;
  annotations=*) echo "::error title=boot.port-ignored::ours" >"${word#*=}" ;;
  *=*) echo something >"${word#*=}" ;;
  esac
done
exit "$(cat "$STAND_IN/exit")"
"##;

/// A runner before its first step.
pub(super) struct Stage {
    folder: TempDir,
}

/// What a job left behind.
pub(super) struct Played {
    pub(super) code: i32,
    pub(super) log: String,
    pub(super) outputs: BTreeMap<String, String>,
    pub(super) summary: String,
}

impl Stage {
    /// With a release of the stand-in, which will end with this code.
    pub(super) fn new(exit: i32) -> Self {
        let stage = Self {
            folder: open_folder(),
        };
        for folder in ["release", "temp", "bin", "workspace"] {
            std::fs::create_dir(stage.at(folder)).unwrap();
        }
        stage.write("exit", &exit.to_string());
        stage.executable("bin/grader", STAND_IN);
        std::fs::copy(
            root().join("grader/docs/report.json"),
            stage.at("report.json"),
        )
        .unwrap();
        let mut sums = String::new();
        for target in [
            "x86_64-unknown-linux-musl",
            "aarch64-unknown-linux-musl",
            "x86_64-apple-darwin",
            "aarch64-apple-darwin",
        ] {
            let name = format!("grader-{target}.tar.gz");
            let mut tar = Command::new("tar");
            tar.arg("-czf").arg(stage.at("release").join(&name));
            tar.arg("-C").arg(stage.at("bin")).arg("grader");
            assert!(tar.status().unwrap().success());
            sums += &format!("{}  {name}\n", stage.sum(&name));
        }
        stage.write("release/SHA256SUMS", &sums);
        stage
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap_or_default()
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).unwrap();
    }

    fn executable(&self, name: &str, text: &str) {
        self.write(name, text);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.at(name), executable).unwrap();
    }

    /// Puts a program of this name on the path of the steps.
    pub(super) fn program(&self, name: &str, text: &str) {
        self.executable(&format!("bin/{name}"), text);
        self.on_the_path();
    }

    /// Puts the stand-in, and every other program, on the path of the steps, as if it had been installed.
    pub(super) fn on_the_path(&self) {
        self.write("path", &format!("{}\n", self.at("bin").display()));
    }

    /// The report that the stand-in leaves.
    pub(super) fn report(&self) -> Value {
        serde_json::from_str(&self.read("report.json")).unwrap()
    }

    /// The checksum of an archive of the release.
    pub(super) fn sum(&self, name: &str) -> String {
        let bytes = std::fs::read(self.at("release").join(name)).unwrap();
        let sum = Sha256::digest(bytes);
        sum.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Changes what the release holds: all its archives, or only their sums.
    pub(super) fn tamper(&self, with: fn(&str) -> bool) {
        for entry in std::fs::read_dir(self.at("release")).unwrap() {
            let path = entry.unwrap().path();
            if with(&path.to_string_lossy()) {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes.extend(b"\n");
                std::fs::write(&path, bytes).unwrap();
            }
        }
    }

    /// Runs a script as a step with these variables.
    pub(super) fn step(&self, script: &str, variables: &[(&str, &str)]) -> Output {
        let mut bash = Command::new("bash");
        bash.args([
            "--noprofile",
            "--norc",
            "-e",
            "-o",
            "pipefail",
            "-c",
            script,
        ]);
        bash.current_dir(self.at("workspace")).env_clear();
        let added = self.read("path");
        let path = added
            .lines()
            .map(str::to_owned)
            .chain(std::env::var("PATH"));
        bash.env("PATH", path.collect::<Vec<_>>().join(":"));
        bash.env("HOME", self.at("temp"))
            .env("STAND_IN", self.folder.path());
        bash.env("RUNNER_TEMP", self.at("temp"));
        bash.env("GITHUB_ACTION_PATH", root().join("ci"));
        bash.env("ACTIONS_RUNTIME_TOKEN", "precious")
            .env("MY_TOKEN", "precious");
        for (variable, file) in [
            ("GITHUB_PATH", "path"),
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_ENV", "env"),
            ("GITHUB_STEP_SUMMARY", "summary"),
        ] {
            bash.env(variable, self.at(file));
        }
        bash.envs(variables.iter().copied()).output().unwrap()
    }

    /// Runs the steps of `ci/action.yml` with these inputs, beside its defaults, until one fails.
    pub(super) fn play(&self, inputs: &[(&str, &str)]) -> Played {
        let action = yaml::file("ci/action.yml");
        let source = format!("file://{}", self.at("release").display());
        let value = |text: &str| match text
            .strip_prefix("${{ ")
            .and_then(|t| t.strip_suffix(" }}"))
        {
            None => text.to_owned(),
            Some("github.action_repository") => "OWNER/grader".to_owned(),
            Some(named) => {
                let name = named.strip_prefix("inputs.").unwrap();
                let given = inputs.iter().find(|(given, _)| *given == name);
                let default = &action["inputs"][name]["default"];
                match given {
                    Some((_, given)) => (*given).to_owned(),
                    None if name == "source" => source.clone(),
                    None => default.as_str().unwrap().to_owned(),
                }
            }
        };
        let (mut code, mut log) = (0, String::new());
        for step in action["runs"]["steps"].as_array().unwrap() {
            let variables = step["env"].as_object().unwrap();
            let variables: Vec<(&str, String)> = variables
                .iter()
                .map(|(name, text)| (name.as_str(), value(text.as_str().unwrap())))
                .collect();
            let variables: Vec<(&str, &str)> = variables
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let output = self.step(step["run"].as_str().unwrap(), &variables);
            log += &String::from_utf8_lossy(&output.stdout);
            log += &String::from_utf8_lossy(&output.stderr);
            code = output.status.code().unwrap();
            if code != 0 {
                break;
            }
        }
        let output = self.read("output");
        let set = output.lines().filter_map(|line| line.split_once('='));
        let set: BTreeMap<&str, &str> = set.collect();
        let outputs = action["outputs"].as_object().unwrap().keys();
        Played {
            code,
            log,
            outputs: outputs
                .filter_map(|name| Some((name.clone(), (*set.get(name.as_str())?).to_owned())))
                .collect(),
            summary: self.read("summary"),
        }
    }
}
