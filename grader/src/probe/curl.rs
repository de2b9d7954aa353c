//! An exchange as the command a learner could type.

use crate::model::Sent;

/// `curl -i -X POST "$BASE/venues" -H 'content-type: application/json' -d '{…}'`.
///
/// The base stands as `$BASE`, because the port of a run is gone when the report is read; the report says
/// how to set it. Every text is quoted for a POSIX shell, so that nothing a service said can run.
pub fn curl(sent: &Sent) -> String {
    let mut line = String::from("curl -i");
    if sent.method != "GET" || sent.body.is_some() {
        line.push_str(&format!(" -X {}", quoted(&sent.method)));
    }
    line.push_str(&format!(" \"$BASE\"{}", quoted(&sent.path)));
    for (name, value) in &sent.headers {
        line.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
    }
    if let Some(body) = &sent.body {
        line.push_str(&format!(" --data-raw {}", quoted(&body.text)));
    }
    line
}

/// A word for a POSIX shell: bare if harmless, else in single quotes.
fn quoted(word: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "/-_.~=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(harmless) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;

    #[test]
    fn quotes_what_a_shell_would_read() {
        let sent = Sent {
            method: "POST".into(),
            base: "http://127.0.0.1:4000".into(),
            path: "/venues?city=O'Fallon&x=$(id)".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: Some(Body {
                text: "{\"name\":\"it's\"}".into(),
                bytes: 15,
                cut: false,
            }),
        };
        assert_eq!(
            curl(&sent),
            r#"curl -i -X POST "$BASE"'/venues?city=O'\''Fallon&x=$(id)' -H 'content-type: application/json' --data-raw '{"name":"it'\''s"}'"#
        );
    }

    #[test]
    fn a_plain_get_stays_plain() {
        let sent = Sent {
            method: "GET".into(),
            base: String::new(),
            path: "/venues/7".into(),
            headers: vec![],
            body: None,
        };
        assert_eq!(curl(&sent), r#"curl -i "$BASE"/venues/7"#);
    }
}
