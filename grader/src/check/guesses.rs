//! Secrets that somebody would guess: those of tutorials and documentation, and whatever stands in the files that were
//! handed in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::probe::auth::{Jwt, Key};

/// A secret to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guess {
    /// The secret.
    pub(crate) text: String,
    /// Where it stands: `src/tokens.js:12`; none where everybody knows it.
    pub(crate) place: Option<String>,
    /// How likely it is one, by the words of its line: the less, the likelier; none for a line about something else.
    pub(crate) rank: Option<usize>,
}

impl Guess {
    /// What may be shown of it: its first four characters, and of a short one less than half.
    pub(crate) fn shown(&self) -> String {
        let all = self.text.chars().count();
        let head: String = self.text.chars().take((all / 2).min(4)).collect();
        format!("`{head}…`")
    }
}

/// What is tried first, wherever somebody tries: the secrets of tutorials, of documentation, and of keyboards.
const KNOWN: &str = "secret Secret SECRET secretkey secret_key secret-key SECRET_KEY mysecret my-secret my_secret \
    mysecretkey my-secret-key my_secret_key supersecret super-secret super_secret supersecretkey super-secret-key \
    super_secret_key topsecret top-secret verysecret very-secret your-secret your_secret your-secret-key \
    your_secret_key your-256-bit-secret your-384-bit-secret your-512-bit-secret your_jwt_secret your-jwt-secret jwt \
    jwtsecret jwt-secret jwt_secret JWT_SECRET jwt-secret-key jwt_secret_key jwtkey jwt-key jwt_key changeme \
    change-me change_me ChangeMe changeit changethis change-this replaceme replace-me dev development dev-secret \
    dev_secret devsecret dev-key dev_key local debug test tests testing test-secret test_secret testsecret test-key \
    prod production password Password password1 password123 passw0rd passphrase pass 1234 12345 123456 1234567 \
    12345678 123456789 1234567890 0123456789 qwerty qwertyuiop asdf asdfgh letmein admin administrator root user \
    guest default example sample demo key mykey my-key privatekey private-key private_key signingkey signing-key \
    signing_key token mytoken accesstoken access-token access_token accesssecret access-secret refreshtoken \
    refresh-token refresh_token refreshsecret refresh-secret shhh shhhh shhhhh shhhhhhared-secret shared-secret \
    s3cr3t s3cret hello helloworld hello-world foo bar foobar baz abc abc123 abcd abcdef abcdefgh abcdefghijkl xxx \
    none null nil undefined None true false app application backend server service api session node express flask \
    django fastapi spring laravel rails ninja cat keyboardcat you-will-never-guess a-string-secret-at-least-256-bits-long \
    secret-at-least-32-characters-long this-is-a-secret thisisasecret this_is_a_secret thisismysecret \
    09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7 \
    192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf";
/// The same with spaces in them, and such as hardly are any.
const ODD: [&str; 10] = [
    "keyboard cat",
    "hard to guess string",
    "my secret",
    "my secret key",
    "super secret",
    "super secret key",
    "this is a secret",
    "\0",
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    "",
];

/// The largest file that is read, bytes, and how much of all.
const FILE: u64 = 256 * 1024;
const ALL: u64 = 8 * 1024 * 1024;
/// How many texts of files are tried.
const MOST: usize = 40_000;
/// The longest text that is taken for a secret, bytes.
const LONGEST: usize = 256;
/// The words of a line that is about secrets, the most telling first.
const NEAR: [&str; 7] = ["secret", "jwt", "hmac", "sign", "pepper", "key", "token"];

/// Everything that somebody would try who has these files, in this folder.
pub(crate) fn guesses(handed_in: Option<(PathBuf, Vec<PathBuf>)>) -> Vec<Guess> {
    let known = KNOWN.split_whitespace().chain(ODD);
    let mut all: Vec<Guess> = known.map(everybodys).collect();
    if let Some((root, files)) = handed_in {
        all.extend(in_files(&root, &files));
    }
    all
}

/// The first guess with which this token is signed; none under an algorithm without a shared secret.
pub(crate) fn cracked(token: &Jwt, guesses: &[Guess]) -> Option<Guess> {
    let alg = token.alg();
    let fits = |g: &&Guess| token.is_by(alg, &Key::secret(g.text.as_str()));
    guesses.iter().find(fits).cloned()
}

fn everybodys(text: &str) -> Guess {
    Guess {
        text: text.to_owned(),
        place: None,
        rank: None,
    }
}

fn in_files(root: &Path, files: &[PathBuf]) -> Vec<Guess> {
    let (mut all, mut seen, mut read) = (Vec::new(), BTreeSet::new(), 0);
    for path in files {
        let file = root.join(path);
        let size = file.metadata().map_or(u64::MAX, |about| about.len());
        if size > FILE || read + size > ALL {
            continue;
        }
        // What is no text holds no text that somebody wrote.
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        read += size;
        for (number, line) in text.lines().enumerate() {
            for found in in_line(line) {
                if all.len() < MOST && seen.insert(found.to_owned()) {
                    all.push(Guess {
                        text: found.to_owned(),
                        place: Some(format!("{}:{}", path.display(), number + 1)),
                        rank: rank(line),
                    });
                }
            }
        }
    }
    all
}

fn rank(line: &str) -> Option<usize> {
    let line = line.to_lowercase();
    NEAR.iter().position(|word| line.contains(word))
}

/// What a line assigns: each text in quotes, and what stands after its first `=` or `:` and after its last space.
fn in_line(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for quote in ['"', '\'', '`'] {
        // With a quote of another kind inside, pairs may be counted from the wrong one: so every piece between two.
        let mut pieces = line.split(quote).skip(1).peekable();
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_some() {
                found.push(piece);
            }
        }
    }
    found.extend(line.split_once(['=', ':']).map(|(_, value)| value.trim()));
    found.extend(line.split_whitespace().next_back());
    found.retain(|text| !text.is_empty() && text.len() <= LONGEST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(secret: &str) -> Jwt {
        let plain = Jwt::read("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln").unwrap();
        let text = plain.forge().signed("HS256", &Key::secret(secret)).unwrap();
        Jwt::read(&text).unwrap()
    }

    #[test]
    fn what_everybody_knows_is_found_and_what_nobody_knows_is_not() {
        let known: Vec<Guess> = KNOWN
            .split_whitespace()
            .chain(ODD)
            .map(everybodys)
            .collect();
        assert_eq!(
            cracked(&token("changeme"), &known).unwrap().text,
            "changeme"
        );
        assert_eq!(
            cracked(&token("keyboard cat"), &known).unwrap().text,
            "keyboard cat"
        );
        assert_eq!(cracked(&token("zq7-kestrel-over-the-river"), &known), None);
    }

    #[test]
    fn what_a_line_assigns_is_found_however_it_is_written() {
        for (line, secret) in [
            ("SECRET = \"s p a c e\"", "s p a c e"),
            ("const it = 'a' + \"it's\" + 'zq7-kestrel';", "zq7-kestrel"),
            ("JWT_SECRET=zq7=kestrel", "zq7=kestrel"),
            ("  secret: zq7-kestrel", "zq7-kestrel"),
            ("ENV JWT_SECRET zq7-kestrel", "zq7-kestrel"),
            ("sign(claims, `zq7-kestrel`)", "zq7-kestrel"),
        ] {
            assert!(
                in_line(line).contains(&secret),
                "{line}: {:?}",
                in_line(line)
            );
        }
        assert!(in_line("").is_empty());
    }

    #[test]
    fn a_secret_in_a_file_is_found_with_its_place_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = PathBuf::from("tokens.py");
        std::fs::write(
            folder.path().join(&path),
            "import jwt\nSECRET = 'zq7-kestrel'\n",
        )
        .unwrap();
        let found = in_files(folder.path(), &[path, PathBuf::from("missing")]);
        let guess = cracked(&token("zq7-kestrel"), &found).unwrap();
        assert_eq!(guess.place.as_deref(), Some("tokens.py:2"));
        assert_eq!(guess.rank, Some(0));
        assert_eq!(guess.shown(), "`zq7-…`");
        assert_eq!(everybodys("dev").shown(), "`d…`");
    }
}
