//! What a command writes: the last lines in memory, the beginning in a file, both of bounded size.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::model::{Doing, Fault};

/// Lines kept in memory.
const LINES: usize = 400;
/// Bytes kept of one line.
const WIDTH: usize = 2000;

/// The output of a command, its two streams in the order they came.
#[derive(Debug)]
pub(crate) struct Log {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    lines: VecDeque<String>,
    file: Option<File>,
    room: u64,
    bytes: u64,
}

impl Log {
    /// A log that keeps `room` bytes in a new file.
    pub(crate) fn create(path: &Path, room: u64) -> Result<Self, Fault> {
        let file = File::options().create(true).append(true).open(path);
        let file = file.doing(format!("opening the log {}", path.display()))?;
        Ok(Self {
            inner: Mutex::new(Inner {
                lines: VecDeque::new(),
                file: Some(file),
                room,
                bytes: 0,
            }),
        })
    }

    /// The last `count` lines, oldest first.
    pub(crate) fn tail(&self, count: usize) -> Vec<String> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = inner.lines.len().saturating_sub(count);
        inner.lines.iter().skip(skipped).cloned().collect()
    }

    /// How many bytes came since the page was turned.
    pub(crate) fn bytes(&self) -> u64 {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.bytes
    }

    /// Forgets the lines in memory: a new process begins.
    pub(crate) fn turn_page(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.lines.clear();
        inner.bytes = 0;
    }

    /// Adds a line of our own.
    pub(crate) fn line(&self, text: &str) {
        for line in text.lines() {
            self.push(line.as_bytes());
        }
    }

    /// Reads a stream to its end, however much comes.
    pub(crate) async fn absorb(&self, mut stream: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 16 << 10];
        let mut line = Vec::new();
        // An error of a pipe means what its end means.
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            let bytes = buffer.get(..count).unwrap_or_default();
            self.keep(bytes);
            for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                let room = WIDTH.saturating_sub(line.len());
                line.extend(piece.iter().take(room).filter(|byte| **byte != b'\n'));
                if piece.ends_with(b"\n") {
                    self.push(&line);
                    line.clear();
                }
            }
        }
        if !line.is_empty() {
            self.push(&line);
        }
    }

    fn push(&self, line: &[u8]) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.lines.len() == LINES {
            inner.lines.pop_front();
        }
        inner.lines.push_back(
            String::from_utf8_lossy(line)
                .trim_end_matches('\r')
                .to_owned(),
        );
    }

    fn keep(&self, bytes: &[u8]) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.bytes = inner.bytes.saturating_add(bytes.len() as u64);
        let kept = bytes
            .len()
            .min(usize::try_from(inner.room).unwrap_or(usize::MAX));
        let kept = bytes.get(..kept).unwrap_or_default();
        if let Some(file) = &mut inner.file {
            // A full disk costs the file, never the run: the tail in memory is what reports show.
            match file.write_all(kept) {
                Ok(()) => inner.room -= kept.len() as u64,
                Err(_) => inner.file = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flood_is_read_to_its_end_and_kept_in_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = Log::create(&path, 1000).unwrap();
        let mut flood = vec![b'x'; 100_000];
        for n in 0..1000 {
            flood.extend(format!("\nline {n}").bytes());
        }
        log.absorb(flood.as_slice()).await;
        assert_eq!(log.tail(2), ["line 998", "line 999"]);
        assert_eq!(log.tail(9999).len(), LINES);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 1000);
    }

    #[tokio::test]
    async fn a_last_line_without_an_end_counts_and_bad_bytes_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::create(&folder.path().join("log"), 1000).unwrap();
        log.absorb(&b"one\r\n\xff two"[..]).await;
        assert_eq!(log.tail(9), ["one", "\u{fffd} two"]);
    }
}
