//! `requirements.txt`, as far as a build must understand it.

/// Whether a list means the same wherever it lies: names and versions, and hashes of what they stand for.
pub(super) fn stands_alone(list: &str) -> bool {
    // pip-compile writes the hashes of a package on lines of their own.
    let list = list.replace("\\\r\n", " ").replace("\\\n", " ");
    list.lines().all(|line| {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let mut words = line.split_whitespace();
        line.is_empty()
            || line.starts_with('#')
            || line.starts_with(|c: char| c.is_ascii_alphanumeric())
                && words.all(|word| word.starts_with("--hash=") || !word.starts_with('-'))
                && !line.contains(['/', '@', '\\', '$'])
                && !names_a_file(line)
    })
}

/// pip takes a name for a file where one of that name lies there.
fn names_a_file(line: &str) -> bool {
    let name = line.to_ascii_lowercase();
    [".whl", ".zip", ".gz", ".bz2", ".xz", ".tgz", ".tar"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_names_and_versions_stands_alone() {
        for list in [
            "",
            "# pinned\nflask==3.1.3  # the web\npsycopg[binary]>=3.2,<4\n\nwaitress\n",
            "tzdata==2025.2; sys_platform == 'win32'",
            "flask==3.1.3 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n",
        ] {
            assert!(stands_alone(list), "{list}");
        }
    }

    #[test]
    fn a_list_that_points_elsewhere_does_not() {
        for list in [
            "-r more.txt",
            "-e .",
            ".",
            "./lib",
            "lib/",
            "--index-url https://example.org/simple\nflask",
            "lib @ file:///srv/lib",
            "lib@git+ssh://example.org/lib",
            "lib-1.0-py3-none-any.whl",
            "flask ${WITH}",
            "flask --config-settings x=y",
        ] {
            assert!(!stands_alone(list), "{list}");
        }
    }
}
