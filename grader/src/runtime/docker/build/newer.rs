//! What a Dockerfile may ask of a builder that is newer than the engine's.

use super::instructions::instructions;

/// Flags that came after the builder of engine 20.10; where one is refused, the engine is old, not the file wrong.
const FLAGS: [&str; 9] = [
    "--link",
    "--chmod",
    "--parents",
    "--exclude",
    "--checksum",
    "--keep-git-dir",
    "--unpack",
    "--start-interval",
    "--device",
];

/// Whether the file asks for such a thing: a reader of its own, a here-document, a flag.
pub(super) fn asks_for_newer(text: &str) -> bool {
    let asks = instructions(text).iter().any(|instruction| {
        let name = instruction.name.as_str();
        let mut words = instruction.rest.split_whitespace();
        words.any(|word| {
            let flag = word.split('=').next().unwrap_or(word);
            FLAGS.contains(&flag) || (["RUN", "COPY", "ADD"].contains(&name) && word.contains("<<"))
        })
    });
    asks || super::dockerfile::syntax(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::asks_for_newer;

    #[test]
    fn newer_ways_are_seen() {
        for text in [
            "# syntax=docker/dockerfile:1\nFROM a",
            "FROM a\nRUN <<EOF\nls\nEOF",
            "FROM a\nCOPY --link x /x",
            "FROM a\nCOPY --chown=1 --chmod=755 x /x",
            "FROM a\nHEALTHCHECK --start-interval=1s CMD x",
        ] {
            assert!(asks_for_newer(text), "{text}");
        }
        for text in ["FROM a\nRUN ls", "FROM a\nCOPY --chown=1 x /x", "FORM a"] {
            assert!(!asks_for_newer(text), "{text}");
        }
    }
}
