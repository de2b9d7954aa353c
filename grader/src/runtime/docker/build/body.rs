//! The archive on its way to the engine: made as fast as it is taken, a piece at a time.

use std::io::{self, Write};

use futures::Stream;
use tokio::sync::mpsc::{self, Sender};

use super::context::Context;

/// Bytes of a piece.
const PIECE: usize = 64 << 10;
/// Pieces that may wait.
const WAITING: usize = 8;

/// The body of the request. The archive is written on a thread that ends when nobody takes it any more.
pub(super) fn body(context: Context) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    let (sender, receiver) = mpsc::channel::<io::Result<Vec<u8>>>(WAITING);
    tokio::task::spawn_blocking(move || {
        let pipe = io::BufWriter::with_capacity(PIECE, Pipe(sender.clone()));
        if let Err(error) = context.pack(pipe) {
            // The engine is gone, or hears of it.
            let _ = sender.blocking_send(Err(error));
        }
    });
    futures::stream::unfold(receiver, |mut receiver| async {
        Some((receiver.recv().await?, receiver))
    })
}

struct Pipe(Sender<io::Result<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.blocking_send(Ok(bytes.to_vec())) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
