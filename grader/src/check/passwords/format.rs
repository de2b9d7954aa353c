//! What a kept password says of itself: the function, and what it costs.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::spelling::unbase64;

/// How well a function keeps passwords at the cost that it is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    /// So fast that guessing is no work.
    Fast,
    /// Made for passwords, and cheaper than it should be today.
    Cheap,
    /// Made for passwords, at a cost that will do.
    Good,
}

/// A function with its cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format {
    /// In words: `bcrypt with cost 12`.
    pub(crate) words: String,
    /// What that is worth.
    pub(crate) grade: Grade,
    /// The least that would do; empty where nothing would.
    pub(crate) floor: &'static str,
}

type Read = fn(&Captures<'_>) -> Option<Format>;

const BCRYPT: &str = "cost 10";
const ARGON2: &str = "Argon2id with 19 MiB and two passes";
const SCRYPT: &str = "N = 2^17, r = 8, p = 1";
const PBKDF2: &str = "600,000 rounds of SHA-256, or 210,000 of SHA-512";

/// The patterns, the first that fits. Other spellings of the same functions are wrapped in these.
static PATTERNS: LazyLock<Vec<(Regex, Read)>> = LazyLock::new(|| {
    let all: [(&str, Read); 15] = [
        (r"^\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}$", bcrypt),
        (
            r"^\$argon2(id|i|d)\$(?:v=\d+\$)?m=(\d+),t=(\d+),p=\d+[^$]*\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$",
            argon2,
        ),
        (
            r"^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$[A-Za-z0-9+/.]+=*\$[A-Za-z0-9+/.]+=*$",
            |c| scrypt(number(c, 1)?, number(c, 2)?, number(c, 3)?),
        ),
        // Werkzeug, then Django: N itself and not its logarithm.
        (r"^scrypt:(\d+):(\d+):(\d+)\$[^$]+\$[0-9a-f]{32,}$", |c| {
            scrypt(log2(number(c, 1)?)?, number(c, 2)?, number(c, 3)?)
        }),
        (
            r"^scrypt\$(\d+)\$[^$]+\$(\d+)\$(\d+)\$[A-Za-z0-9+/=]{32,}$",
            |c| scrypt(log2(number(c, 1)?)?, number(c, 2)?, number(c, 3)?),
        ),
        (r"^pbkdf2:sha(\d+):(\d+)\$[^$]+\$[0-9a-f]{32,}$", pbkdf2),
        (
            r"^pbkdf2_sha(\d+)\$(\d+)\$[^$]+\$[A-Za-z0-9+/=]{20,}$",
            pbkdf2,
        ),
        (
            r"^\$pbkdf2-?(?:sha(\d+))?\$(?:i=)?(\d+)[^$]*\$[./A-Za-z0-9+=]+\$[./A-Za-z0-9+=]{20,}$",
            pbkdf2,
        ),
        (
            r"^\$g?y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{43}$",
            |_| format("yescrypt", Grade::Good, ""),
        ),
        (r"^\$7\$[./A-Za-z0-9]{11,}[^$]*\$[./A-Za-z0-9]{43}$", |_| {
            format("scrypt", Grade::Good, "")
        }),
        (
            r"^\$[56]\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}$",
            |_| format("SHA-crypt", Grade::Cheap, "a function that costs memory"),
        ),
        (r"^\$[PH]\$[./A-Za-z0-9]{31}$", |_| {
            format(
                "phpass, some rounds of MD5",
                Grade::Cheap,
                "a function of today",
            )
        }),
        (
            r"^\$(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}$",
            |_| format("MD5-crypt", Grade::Fast, ""),
        ),
        (
            r"(?i)^\{(noop|md[45]|s?sha|s?sha\d+|smd5)(?:@[^}]*)?\}.+$",
            |c| format(&format!("`{{{}}}`", &c[1]), Grade::Fast, ""),
        ),
        (r"^AQAAAA[A-Za-z0-9+/]{60,}={0,2}$", aspnet),
    ];
    let ready = |(pattern, read): (&str, Read)| Some((Regex::new(pattern).ok()?, read));
    all.into_iter().filter_map(ready).collect()
});

/// Names in front of another spelling: Django's, and Spring's in braces.
static WRAPPED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = "argon2|bcrypt_sha256|bcrypt|scrypt|pbkdf2";
    Regex::new(&format!(
        r"^(?:(?:{names})\$|\{{(?:{names})(?:@[^}}]*)?\}})(.+)$"
    ))
    .ok()
});

/// What a text says of how it keeps a password; none where it says nothing.
pub(crate) fn recognise(text: &str) -> Option<Format> {
    let text = text.trim();
    let plain = PATTERNS
        .iter()
        .find_map(|(pattern, read)| pattern.captures(text).and_then(|c| read(&c)));
    plain.or_else(|| {
        let rest = WRAPPED.as_ref()?.captures(text)?.get(1)?.as_str();
        // Django's own `$` may be the first of what it wraps.
        let whole = format!("${rest}");
        recognise(rest).or_else(|| recognise(&whole))
    })
}

fn format(words: &str, grade: Grade, floor: &'static str) -> Option<Format> {
    Some(Format {
        words: words.to_owned(),
        grade,
        floor,
    })
}

fn bcrypt(c: &Captures<'_>) -> Option<Format> {
    let cost = number(c, 1)?;
    let grade = match cost {
        ..8 => Grade::Fast,
        8 | 9 => Grade::Cheap,
        _ => Grade::Good,
    };
    format(&format!("bcrypt with cost {cost}"), grade, BCRYPT)
}

fn argon2(c: &Captures<'_>) -> Option<Format> {
    let (kind, memory, passes) = (&c[1], number(c, 2)?, number(c, 3)?);
    // OWASP's pairs of memory in KiB and passes: each is as good as the others.
    let pairs = [
        (47_104, 1),
        (19_456, 2),
        (12_288, 3),
        (9_216, 4),
        (7_168, 5),
    ];
    let enough = pairs.iter().any(|(m, t)| memory >= *m && passes >= *t);
    let grade = if enough && kind != "d" {
        Grade::Good
    } else {
        Grade::Cheap
    };
    let words = format!("Argon2{kind} with {memory} KiB and t = {passes}");
    format(&words, grade, ARGON2)
}

/// `log_n` is the logarithm of N.
pub(super) fn scrypt(log_n: u64, r: u64, p: u64) -> Option<Format> {
    // OWASP's pairs of N and p, at r = 8.
    let pairs = [(17, 1), (16, 2), (15, 3), (14, 5), (13, 10)];
    let enough = r >= 8 && pairs.iter().any(|(n, par)| log_n >= *n && p >= *par);
    let grade = match (enough, log_n) {
        (true, _) => Grade::Good,
        (false, 10..) => Grade::Cheap,
        (false, _) => Grade::Fast,
    };
    let words = format!("scrypt with N = 2^{log_n}, r = {r}, p = {p}");
    format(&words, grade, SCRYPT)
}

fn pbkdf2(c: &Captures<'_>) -> Option<Format> {
    let bits = c.get(1).and_then(|b| b.as_str().parse().ok()).unwrap_or(1);
    rounds(bits, number(c, 2)?)
}

/// PBKDF2 over SHA-1 (1), SHA-256 or SHA-512.
pub(super) fn rounds(bits: u64, rounds: u64) -> Option<Format> {
    let least = match bits {
        1 => 1_300_000,
        384.. => 210_000,
        _ => 600_000,
    };
    let grade = match rounds {
        // Fewer than even the standard of the year 2000 asks for (RFC 2898 §4.2).
        ..1000 => Grade::Fast,
        _ if rounds < least => Grade::Cheap,
        _ => Grade::Good,
    };
    let words = format!("PBKDF2 with {rounds} rounds of SHA-{bits}");
    format(&words, grade, PBKDF2)
}

/// ASP.NET Core Identity, version 3: a 1, then PRF, rounds and the salt's length, four bytes each.
fn aspnet(c: &Captures<'_>) -> Option<Format> {
    let bytes = unbase64(&c[0])?;
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let bits = match word(1)? {
        0 => 1,
        1 => 256,
        _ => 512,
    };
    rounds(bits, word(5)?.into())
}

fn number(c: &Captures<'_>, group: usize) -> Option<u64> {
    c.get(group)?.as_str().parse().ok()
}

fn log2(n: u64) -> Option<u64> {
    n.is_power_of_two().then(|| n.trailing_zeros().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(text: &str) -> Option<Grade> {
        recognise(text).map(|f| f.grade)
    }

    const LONG: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const BCRYPTED: &str = "nOUIs5kJ7naTuTFkBy1veuK0kSxUFXfuaOKdOKf9xYT0KKIGSJwFa";

    #[test]
    fn functions_made_for_passwords_are_known_with_their_cost() {
        for text in [
            format!("$2b$12${BCRYPTED}"),
            format!("{{bcrypt}}$2a$10${BCRYPTED}"),
            format!("bcrypt_sha256$$2b$12${BCRYPTED}"),
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$4VcGYkdpo8VUJvDZ".to_owned(),
            "argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHQ$4VcGYkdpo8VUJvDZ".to_owned(),
            "$scrypt$ln=15,r=8,p=3$c29tZXNhbHQ$4VcGYkdpo8VUJvDZ".to_owned(),
            format!("scrypt:131072:8:1$salt${LONG}"),
            "pbkdf2_sha256$600000$salt$0fVBKGyBiEXsnoOPXmvKTdsnjBVFYJlSzHDOWSBWVqs=".to_owned(),
            format!("pbkdf2:sha512:210000$salt${LONG}"),
            "$pbkdf2-sha256$i=600000,l=32$c29tZXNhbHQ$4VcGYkdpo8VUJvDZ4VcGYkdp".to_owned(),
        ] {
            assert_eq!(grade(&text), Some(Grade::Good), "{text}");
        }
    }

    #[test]
    fn what_costs_too_little_is_told_from_what_costs_nothing() {
        for (text, is) in [
            (format!("$2b$09${BCRYPTED}"), Grade::Cheap),
            (format!("$2b$04${BCRYPTED}"), Grade::Fast),
            (format!("scrypt:32768:8:1$salt${LONG}"), Grade::Cheap),
            (format!("pbkdf2:sha256:260000$salt${LONG}"), Grade::Cheap),
            (format!("pbkdf2:sha256:1$salt${LONG}"), Grade::Fast),
            (
                "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$4VcGYkdpo8VUJvDZ".into(),
                Grade::Cheap,
            ),
            ("$1$abcdefgh$0123456789abcdefghijkl".into(), Grade::Fast),
            ("{noop}whatever".into(), Grade::Fast),
            ("{SSHA}MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=".into(), Grade::Fast),
        ] {
            assert_eq!(grade(&text), Some(is), "{text}");
        }
        let aspnet =
            "AQAAAAEAACcQAAAAEAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMA==";
        let known = recognise(aspnet).unwrap();
        assert_eq!(known.words, "PBKDF2 with 10000 rounds of SHA-256");
        assert_eq!(known.grade, Grade::Cheap);
    }

    #[test]
    fn what_says_nothing_is_not_known() {
        for text in ["", LONG, "plain text", "$2b$12$short", "scrypt", "{bcrypt}"] {
            assert_eq!(grade(text), None, "{text}");
        }
    }
}
