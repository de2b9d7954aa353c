//! One caller at the mail server: lines in, replies out, letters kept.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use mailin::{Action, Handler, Response, SessionBuilder, response};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{KEPT, Letter};

/// The longest line that is read, bytes. The standard allows 1000; some programs write a whole page on one.
const LINE: u64 = 256 * 1024;

/// The longest letter that is taken, bytes.
const LETTER: usize = 2 * 1024 * 1024;

/// How long a caller may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// The replies to letters that are not kept (RFC 5321 §4.2.2).
const TOO_LONG: u16 = 552;
const NO_ROOM: u16 = 452;

/// One letter on its way.
struct Envelope {
    to: Vec<String>,
    data: Vec<u8>,
    keeps: watch::Sender<Vec<Letter>>,
}

impl Handler for Envelope {
    fn data_start(&mut self, _: &str, _: &str, _: bool, to: &[String]) -> Response {
        self.to = to.to_vec();
        self.data.clear();
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        // What is too long is read to its end all the same: the refusal comes where the client expects an answer.
        if self.data.len() <= LETTER {
            self.data.extend_from_slice(line);
        }
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        if self.data.len() > LETTER {
            return Response::custom(TOO_LONG, "the letter is too long".to_owned());
        }
        let letter = Letter::read(std::mem::take(&mut self.to), &self.data);
        let kept = self.keeps.send_if_modified(|letters| {
            let room = letters.len() < KEPT;
            if room {
                letters.push(letter);
            }
            room
        });
        if kept {
            response::OK
        } else {
            Response::custom(NO_ROOM, "there is no room for more letters".to_owned())
        }
    }
}

/// Serves a caller until either side is done.
pub(super) async fn served(call: TcpStream, keeps: watch::Sender<Vec<Letter>>) {
    // One that goes away in the middle has handed over nothing.
    let _ = talk(call, keeps).await;
}

async fn talk(call: TcpStream, keeps: watch::Sender<Vec<Letter>>) -> io::Result<()> {
    let (read, mut write) = call.into_split();
    let mut read = BufReader::new(read);
    let envelope = Envelope {
        to: Vec::new(),
        data: Vec::new(),
        keeps,
    };
    let mut session =
        SessionBuilder::new("grader").build(IpAddr::V4(Ipv4Addr::LOCALHOST), envelope);
    write.write_all(&session.greeting().buffer()?).await?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = (&mut read).take(LINE);
        timeout(SILENCE, bounded.read_until(b'\n', &mut line)).await??;
        if !line.ends_with(b"\n") {
            return Ok(());
        }
        if !line.ends_with(b"\r\n") {
            // A hand-written client; whom it cheats by that are other servers.
            line.truncate(line.len() - 1);
            line.extend_from_slice(b"\r\n");
        }
        let answer = session.process(&without_utf8(&line));
        write.write_all(&with_utf8(&answer.buffer()?)).await?;
        // After a letter that is refused the session still waits for its text.
        if answer.action == Action::Close || [TOO_LONG, NO_ROOM].contains(&answer.code) {
            return Ok(());
        }
    }
}

/// What the library announces in its answer to `EHLO`, and what we add: addresses may hold any letters (RFC 6531 §3.1).
/// It takes them; it only does not say so.
const ANNOUNCED: &str = "8BITMIME";
const ADDED: &str = "SMTPUTF8";

/// The answer, with our word after the library's.
fn with_utf8(answer: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let more = |sign: char| {
        (
            format!("250{sign}{ANNOUNCED}\r\n"),
            format!("250-{ANNOUNCED}\r\n250{sign}{ADDED}\r\n"),
        )
    };
    let [(middle, in_middle), (last, at_end)] = [more('-'), more(' ')];
    text.replace(&middle, &in_middle)
        .replace(&last, &at_end)
        .into_bytes()
}

/// The line, without the word that a client adds to `MAIL FROM` once it has heard ours (RFC 6531 §3.4).
fn without_utf8(line: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let begins = text.get(..10).unwrap_or_default();
    if !begins.eq_ignore_ascii_case("MAIL FROM:") {
        return line.to_vec();
    }
    let words = text.trim_end().split(' ');
    let left: Vec<_> = words.filter(|w| !w.eq_ignore_ascii_case(ADDED)).collect();
    format!("{}\r\n", left.join(" ")).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_word_stands_among_the_librarys() {
        let alone = with_utf8(b"250-grader offers extensions:\r\n250 8BITMIME\r\n");
        assert!(alone.ends_with(b"250-8BITMIME\r\n250 SMTPUTF8\r\n"));
        let more = with_utf8(b"250-8BITMIME\r\n250 AUTH PLAIN\r\n");
        assert_eq!(more, b"250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN\r\n");
        assert_eq!(with_utf8(b"250 OK\r\n"), b"250 OK\r\n");
    }

    #[test]
    fn the_word_is_taken_from_the_line_that_it_belongs_to() {
        for line in [
            "mail from:<a@b.c> body=8bitmime smtputf8\r\n",
            "mail from:<a@b.c> SMTPUTF8 body=8bitmime\r\n",
        ] {
            let left = without_utf8(line.as_bytes());
            assert_eq!(left, b"mail from:<a@b.c> body=8bitmime\r\n");
        }
        assert_eq!(without_utf8(b"I like SMTPUTF8\r\n"), b"I like SMTPUTF8\r\n");
    }
}
