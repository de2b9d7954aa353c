//! How a command of a Procfile is given to the shell.

/// Characters that make a command more than one program with its arguments.
const SYNTAX: [char; 9] = [';', '&', '|', '<', '>', '(', ')', '\n', '`'];
/// Words that are no programs.
const WORDS: [&str; 26] = [
    "exec", "cd", "if", "for", "while", "until", "case", "set", "export", "unset", "source", ".",
    ":", "!", "eval", "trap", "wait", "test", "[", "{", "umask", "ulimit", "alias", "time",
    "function", "command",
];

/// The command for `sh -c`: a single program takes the shell's place, so that signals arrive at it and its pid is
/// the one we know. Anything else stays as it is; the process group reaches all of it.
pub(crate) fn exec(command: &str) -> String {
    let command = command.trim();
    let first = command.split_whitespace().next().unwrap_or_default();
    let single = !command.contains(SYNTAX) && !WORDS.contains(&first) && !first.contains('=');
    match single {
        true => format!("exec {command}"),
        false => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::exec;

    #[test]
    fn a_single_program_takes_the_shells_place() {
        assert_eq!(
            exec("python3 app.py --port ${PORT:-80}"),
            "exec python3 app.py --port ${PORT:-80}"
        );
        assert_eq!(exec(" ./server "), "exec ./server");
    }

    #[test]
    fn what_needs_a_shell_keeps_it() {
        for command in [
            "cd api && node x.js",
            "A=1 node x.js",
            "a | b",
            "exec a",
            "node x.js &",
            "if true; then a; fi",
        ] {
            assert_eq!(exec(command), command);
        }
    }
}
