//! What has to be known of a Dockerfile before the engine reads it: the images it stands on.
//!
//! Not a whole parser, and it never refuses anything: what it cannot make out is left to the engine, which says so
//! in words a learner can look up. Source: docs.docker.com/reference/dockerfile.

use std::collections::BTreeMap;

use super::instructions::{Instruction, instructions};

/// An image from outside that the build begins with or copies from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// The image, with its variables filled in: `python:3.12-slim`.
    pub(super) image: String,
    /// `--platform`, filled in: `linux/arm64`.
    pub(super) platform: Option<String>,
    /// Where it stands, from 1.
    pub(super) line: usize,
    /// The instruction that names it.
    pub(super) says: String,
}

/// The images from outside, in the order they stand, each once. `platform` is the engine's, for `$BUILDPLATFORM` and
/// its like.
pub(super) fn bases(text: &str, platform: &str) -> Vec<Base> {
    let mut found = Found {
        variables: platform_variables(platform),
        stages: Vec::new(),
        bases: Vec::new(),
    };
    for instruction in instructions(text) {
        found.read(&instruction);
    }
    found.bases
}

/// The image of `# syntax=`, which reads the file in the engine's place, if one is asked for.
pub(super) fn syntax(text: &str) -> Option<&str> {
    (text.trim_start_matches('\u{feff}').lines())
        .map_while(|line| line.trim().strip_prefix('#'))
        .filter_map(|comment| comment.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("syntax"))
        .and_then(|(_, image)| image.split_whitespace().next())
}

/// The same file, for the engine's own reader: the line is taken out, and a comment put below the directives, so that
/// the engine counts lines as the learner does.
pub(super) fn without_syntax(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let is = |line: &str| {
        let comment = line.trim().strip_prefix('#').unwrap_or_default();
        let name = comment.split_once('=').map(|(name, _)| name.trim());
        name.is_some_and(|name| name.eq_ignore_ascii_case("syntax"))
    };
    let head = text
        .split_inclusive('\n')
        .take_while(|line| line.trim().starts_with('#'));
    let head: Vec<&str> = head.collect();
    let tail = text
        .get(head.iter().map(|line| line.len()).sum()..)
        .unwrap_or_default();
    let kept: String = head.iter().filter(|line| !is(line)).copied().collect();
    let removed = head.iter().filter(|line| is(line)).count();
    format!("{kept}{}{tail}", "#\n".repeat(removed))
}

struct Found {
    /// `ARG`s before the first `FROM`; none where there is no default.
    variables: BTreeMap<String, Option<String>>,
    stages: Vec<String>,
    bases: Vec<Base>,
}

impl Found {
    fn read(&mut self, instruction: &Instruction) {
        let words = || instruction.rest.split_whitespace();
        match instruction.name.as_str() {
            "ARG" if self.stages.is_empty() => self.declare(&instruction.rest),
            "FROM" => {
                let flag = words().find_map(|word| word.strip_prefix("--platform="));
                let platform = flag.and_then(|flag| self.filled(flag));
                let mut plain = words().filter(|word| !word.starts_with("--"));
                let image = plain.next().and_then(|image| self.filled(image));
                let name = plain.nth(1).map(str::to_lowercase);
                if let Some(image) = image {
                    self.outside(image, platform, instruction);
                }
                self.stages.push(name.unwrap_or_default());
            }
            "COPY" | "RUN" => {
                let flags = words().take_while(|word| word.starts_with("--"));
                let images: Vec<String> = flags.filter_map(from).map(str::to_owned).collect();
                for image in images {
                    self.outside(image, None, instruction);
                }
            }
            _ => {}
        }
    }

    fn declare(&mut self, rest: &str) {
        for word in rest.split_whitespace() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, self.filled(value.trim_matches(['"', '\'']))),
                None => (word, None),
            };
            // The platform's variables need no value of their own.
            if value.is_some() || !self.variables.contains_key(name) {
                self.variables.insert(name.to_owned(), value);
            }
        }
    }

    fn outside(&mut self, image: String, platform: Option<String>, by: &Instruction) {
        let lower = image.to_lowercase();
        let stage = self.stages.contains(&lower) || image.parse::<usize>().is_ok();
        let known = self
            .bases
            .iter()
            .any(|b| b.image == image && b.platform == platform);
        if !stage && !known && lower != "scratch" && !image.is_empty() && !image.contains('$') {
            self.bases.push(Base {
                image,
                platform,
                line: by.line,
                says: format!("{} {}", by.name, by.rest),
            });
        }
    }

    /// With `$NAME`, `${NAME}`, `${NAME:-else}` and `${NAME:+then}` filled in; none if a value is not known.
    fn filled(&self, text: &str) -> Option<String> {
        let mut said = String::new();
        let mut rest = text.trim_matches(['"', '\'']);
        while let Some((before, after)) = rest.split_once('$') {
            said.push_str(before);
            let (inner, left) = match after.strip_prefix('{') {
                Some(braced) => braced.split_once('}')?,
                None => {
                    let plain = |c: char| !c.is_ascii_alphanumeric() && c != '_';
                    after.split_at(after.find(plain).unwrap_or(after.len()))
                }
            };
            let value = |name: &str| self.variables.get(name).cloned().flatten();
            said.push_str(&match inner.split_once(":-") {
                Some((name, other)) => value(name).unwrap_or_else(|| other.to_owned()),
                None => match inner.split_once(":+") {
                    Some((name, then)) => value(name).map(|_| then.to_owned()).unwrap_or_default(),
                    None => value(inner)?,
                },
            });
            rest = left;
        }
        said.push_str(rest);
        Some(said)
    }
}

/// The image or stage that a flag of `COPY` or `RUN` names.
fn from(flag: &str) -> Option<&str> {
    match flag.strip_prefix("--from=") {
        Some(image) => Some(image),
        None => (flag.strip_prefix("--mount=")?)
            .split(',')
            .find_map(|part| part.strip_prefix("from=")),
    }
}

fn platform_variables(platform: &str) -> BTreeMap<String, Option<String>> {
    let (os, arch) = platform.split_once('/').unwrap_or((platform, ""));
    ["BUILD", "TARGET"]
        .into_iter()
        .flat_map(|side| [("PLATFORM", platform), ("OS", os), ("ARCH", arch)].map(|p| (side, p)))
        .map(|(side, (name, value))| (format!("{side}{name}"), Some(value.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images(text: &str) -> Vec<String> {
        let found = bases(text, "linux/amd64").into_iter();
        found
            .map(|b| match b.platform {
                Some(platform) => format!("{} {platform} {}", b.image, b.line),
                None => format!("{} {}", b.image, b.line),
            })
            .collect()
    }

    #[test]
    fn images_from_outside_are_found() {
        let table: &[(&str, &[&str])] = &[
            ("FROM python:3.12", &["python:3.12 1"]),
            ("# c\n\nfrom a\nfrom b as x\nFROM a", &["a 3", "b 4"]),
            (
                "FROM a AS build\nFROM scratch\nCOPY --from=build /x /x",
                &["a 1"],
            ),
            ("FROM a AS Build\nFROM build\nCOPY --from=0 /x /x", &["a 1"]),
            (
                "FROM a\nCOPY --chown=1 --from=img:2 /x /x",
                &["a 1", "img:2 2"],
            ),
            (
                "FROM a\nRUN --mount=type=bind,from=img,target=/x ls",
                &["a 1", "img 2"],
            ),
            (
                "ARG V=3\nARG W=py${V}\nFROM $W:${V}-slim",
                &["py3:3-slim 3"],
            ),
            ("ARG V\nFROM a:${V:-9}\nFROM b:$V", &["a:9 2"]),
            ("FROM a\nARG V=1\nFROM b:$V", &["a 1"]),
            ("FROM --platform=$BUILDPLATFORM a", &["a linux/amd64 1"]),
            ("ARG TARGETARCH\nFROM a-$TARGETARCH", &["a-amd64 2"]),
            ("FROM --platform=linux/arm64 a AS b", &["a linux/arm64 1"]),
            (
                "FROM \\\n  # why\n\n  a \\\n  AS b\nFROM c",
                &["a 1", "c 6"],
            ),
            ("# escape=`\nFROM a\nRUN x `\nFROM y", &["a 2"]),
            (
                "FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY <<-'X' /x\nFROM d\n\tX\nFROM c",
                &["a 1", "c 8"],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(images(text), *expected, "{text}");
        }
    }

    #[test]
    fn the_reader_asked_for_is_found_and_taken_out() {
        let text = "# syntax=docker/dockerfile:1\n# escape=`\nFROM a";
        assert_eq!(syntax(text), Some("docker/dockerfile:1"));
        assert_eq!(syntax("FROM a\n# syntax=x"), None);
        assert_eq!(syntax("# said = 1\n#syntax = x/y"), Some("x/y"));
        let without = without_syntax(text);
        assert_eq!(syntax(&without), None);
        assert_eq!(without.lines().count(), 3);
        assert_eq!(without, "# escape=`\n#\nFROM a");
    }
}
