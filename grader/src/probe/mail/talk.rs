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
        let answer = session.process(&line);
        write.write_all(&answer.buffer()?).await?;
        // After a letter that is refused the session still waits for its text.
        if answer.action == Action::Close || [TOO_LONG, NO_ROOM].contains(&answer.code) {
            return Ok(());
        }
    }
}
