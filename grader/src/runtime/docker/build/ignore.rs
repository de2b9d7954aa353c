//! `.dockerignore`, by Docker's own rules.
//!
//! One pattern a line, applied in order, the last that matches wins; `!` takes a path back in. `*` and `?` stop at a
//! slash, `**` does not. A pattern that matches a folder matches all that lies in it. Patterns are relative to the
//! top of the folder, with or without a slash in front. Source: docs.docker.com/build/concepts/context, "Syntax".

use std::path::{Component, Path};

use regex::Regex;

/// What a `.dockerignore` says.
#[derive(Debug, Default)]
pub(super) struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: Regex,
    /// `!`: what matches is sent after all.
    back: bool,
}

impl Ignore {
    /// Reads the text.
    ///
    /// # Errors
    /// The first line that is no pattern, as one sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let mut rules = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            // Only a `#` in the first column begins a comment.
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let line = line.trim();
            let bad = || format!("line {number} is no pattern: `{line}`");
            let (back, wanted) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            if wanted.is_empty() {
                return Err(bad());
            }
            let expression = expression(&clean(wanted)).ok_or_else(bad)?;
            let pattern = Regex::new(&expression).map_err(|_| bad())?;
            rules.push(Rule { pattern, back });
        }
        Ok(Self { rules })
    }

    /// Whether this path, relative to the top of the folder, is left out.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        let mut prefixes = Vec::new();
        let mut prefix = String::new();
        for part in path.components() {
            if !prefix.is_empty() {
                prefix.push('/');
            }
            prefix.push_str(&part.as_os_str().to_string_lossy());
            prefixes.push(prefix.clone());
        }
        let mut out = false;
        for rule in &self.rules {
            // A rule that would change nothing need not be asked.
            if rule.back == out && prefixes.iter().any(|p| rule.pattern.is_match(p)) {
                out = !out;
            }
        }
        out
    }
}

/// The path without `.`, `..`, double slashes and slashes at either end, as far as that can be done.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in Path::new(pattern).components() {
        match part {
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            // Above the top there is nothing.
            Component::ParentDir if pattern.starts_with('/') => {}
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    parts.join("/")
}

/// The regular expression of a pattern; none if it has a bracket without an end.
fn expression(pattern: &str) -> Option<String> {
    // `**.log` is a plain end of a path when nothing but letters follows.
    if let Some(end) = pattern.strip_prefix("**")
        && !end.starts_with('/')
        && !end.contains(['*', '?', '[', '\\'])
    {
        return Some(format!("(?s)^.*{}$", regex::escape(end)));
    }
    let mut said = String::from("(?s)^");
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                said.push_str(match rest.peek() {
                    Some(_) => "(?:.*/)?",
                    None => ".*",
                });
            }
            '*' => said.push_str("[^/]*"),
            '?' => said.push_str("[^/]"),
            '[' => said.push_str(&class(&mut rest)?),
            '\\' => said.push_str(&regex::escape(&rest.next().unwrap_or('\\').to_string())),
            c => said.push_str(&regex::escape(&c.to_string())),
        }
    }
    said.push('$');
    Some(said)
}

/// `[a-z]` and `[^a-z]`, from behind the opening bracket; a backslash takes the next character as it is.
fn class(rest: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut rest = rest.peekable();
    let mut said = String::from("[");
    if rest.next_if_eq(&'^').is_some() {
        said.push('^');
    }
    let mut empty = true;
    loop {
        match rest.next()? {
            ']' if !empty => break,
            // Only between two others a range; at the ends Go refuses it.
            '-' => said.push('-'),
            '\\' => said.push_str(&literal(rest.next()?)),
            c => said.push_str(&literal(c)),
        }
        empty = false;
    }
    said.push(']');
    Some(said)
}

/// A character that means itself in a class.
fn literal(c: char) -> String {
    match c.is_alphanumeric() || c == '_' {
        true => c.to_string(),
        false => format!("\\x{{{:x}}}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sends(rules: &str, path: &str) -> bool {
        !Ignore::parse(rules).unwrap().excludes(Path::new(path))
    }

    /// Rules, what they leave out, what they send: each line after the documentation or a case of the engine's own.
    #[test]
    fn the_documented_rules_hold() {
        let table: &[(&str, &[&str], &[&str])] = &[
            (
                "# comment\n*/temp*",
                &["dir/temporary.txt", "dir/temp"],
                &["temp", "a/b/temp"],
            ),
            (
                "*/*/temp*",
                &["a/b/temporary.txt"],
                &["a/temp", "a/b/c/temp"],
            ),
            ("temp?", &["tempa", "tempb"], &["temp", "tempab", "a/tempa"]),
            ("*.md\n!README.md", &["a.md"], &["README.md", "b/a.md"]),
            (
                "*.md\n!README*.md\nREADME-secret.md",
                &["README-secret.md", "x.md"],
                &["README-a.md"],
            ),
            (
                "*.md\nREADME-secret.md\n!README*.md",
                &["x.md"],
                &["README-secret.md", "README.md"],
            ),
            ("**/*.go", &["a.go", "x/a.go", "x/y/a.go"], &["a.gox"]),
            ("**", &["a", "a/b", ".c"], &[]),
            ("*", &["a", "a/b"], &[]),
            ("*\n!src", &["a", "srcs"], &["src", "src/a", "src/b/c"]),
            ("**\n!src/**", &["a", "src"], &["src/a", "src/b/c"]),
            (
                "src\n!src/keep/*.rs",
                &["src", "src/a.rs", "src/keep"],
                &["src/keep/a.rs"],
            ),
            (
                "foo/bar",
                &["foo/bar", "foo/bar/x"],
                &["bar", "x/foo/bar", "foo/barx"],
            ),
            ("/foo/bar/", &["foo/bar", "foo/bar/x"], &["foo"]),
            ("./foo//bar/../baz", &["foo/baz"], &["foo/bar"]),
            ("../up", &[], &["up"]),
            ("/../up", &["up"], &[]),
            (".", &[], &["a"]),
            (
                "**/node_modules",
                &["node_modules/a", "x/y/node_modules/z"],
                &["node_modules2"],
            ),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "x/a/b"]),
            ("a/**", &["a/b", "a/b/c"], &["a", "ab"]),
            ("**/a/**", &["a/b", "x/a/b"], &["a"]),
            ("**.log", &["x.log", "a/x.log"], &["x.logs"]),
            ("[a-c].txt", &["a.txt", "c.txt"], &["d.txt", "x/a.txt"]),
            ("[^a-c].txt", &["d.txt"], &["a.txt"]),
            ("[&-)~].txt", &["~.txt"], &["a.txt"]),
            ("a\\*b", &["a*b"], &["axb"]),
            ("a+(b).{1}|$", &["a+(b).{1}|$"], &["aab"]),
            ("  spaced  \n ! spaced/a ", &["spaced/b"], &["spaced/a"]),
            (" #no-comment", &["#no-comment"], &[]),
            (
                "\u{feff}secret\r\nother\r\n",
                &["secret", "other"],
                &["third"],
            ),
            ("*.PY", &["a.PY"], &["a.py"]),
        ];
        for (rules, left_out, sent) in table {
            for path in *left_out {
                assert!(!sends(rules, path), "{rules:?} should leave out {path}");
            }
            for path in *sent {
                assert!(sends(rules, path), "{rules:?} should send {path}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        assert_eq!(
            Ignore::parse("a\n!").unwrap_err(),
            "line 2 is no pattern: `!`"
        );
        assert!(Ignore::parse("[a-").unwrap_err().contains("line 1"));
        assert!(Ignore::parse("[z-a]").unwrap_err().contains("line 1"));
    }

    #[test]
    fn an_empty_file_leaves_nothing_out() {
        assert!(sends("", "a") && sends("\n\n# x\n", "# x"));
    }
}
