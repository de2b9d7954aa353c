//! The instructions of a Dockerfile: continued lines joined, comments and here-documents passed over.

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instruction {
    /// In capitals: `FROM`.
    pub(super) name: String,
    /// All that follows, on one line.
    pub(super) rest: String,
    /// Where it begins, from 1.
    pub(super) line: usize,
}

/// Every instruction, in order.
pub(super) fn instructions(text: &str) -> Vec<Instruction> {
    let text = text.trim_start_matches('\u{feff}');
    let escape = escape(text);
    let mut lines = (1..).zip(text.lines());
    let mut all = Vec::new();
    while let Some((number, line)) = lines.next() {
        if passed_over(line) {
            continue;
        }
        let mut joined = String::new();
        let mut next = Some(line);
        while let Some(line) = next {
            let Some(begun) = line.trim_end().strip_suffix(escape) else {
                joined.push_str(line);
                break;
            };
            joined.push_str(begun);
            joined.push(' ');
            // Blank lines and comments may stand between continued lines.
            next = lines.find(|(_, line)| !passed_over(line)).map(|(_, l)| l);
        }
        let joined = joined.trim();
        let (name, rest) = joined
            .split_once(char::is_whitespace)
            .unwrap_or((joined, ""));
        let name = name.to_uppercase();
        if matches!(name.as_str(), "RUN" | "COPY" | "ADD") {
            for word in here_documents(rest) {
                lines.find(|(_, line)| line.trim_start_matches('\t') == word);
            }
        }
        all.push(Instruction {
            name,
            rest: rest.trim().to_owned(),
            line: number,
        });
    }
    all
}

fn passed_over(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// What continues a line: a backslash, or what `# escape=` at the top says.
fn escape(text: &str) -> char {
    let directives = text
        .lines()
        .map_while(|line| line.trim().strip_prefix('#'))
        .filter_map(|comment| comment.split_once('='));
    let mut said = directives.filter(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
    match said.next().map(|(_, value)| value.trim()) {
        Some("`") => '`',
        _ => '\\',
    }
}

/// The words that end the here-documents begun on this line: `<<EOF`, `<<-EOF`, `<<"EOF"`.
fn here_documents(rest: &str) -> Vec<String> {
    rest.split_whitespace()
        .filter_map(|word| word.split_once("<<"))
        .filter(|(before, after)| {
            before.chars().all(|c| c.is_ascii_digit()) && !after.starts_with('<')
        })
        .map(|(_, after)| after.trim_start_matches('-').trim_matches(['"', '\'']))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
