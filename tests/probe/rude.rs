//! Services with bad manners, one connection after the other, on a port the kernel gives.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a rude service does once it has read a request.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    /// Answers with these bytes and closes.
    Says(&'static [u8]),
    /// Answers with these bytes, then repeats the second part for ever.
    Endless(&'static [u8], &'static [u8]),
    /// Never answers.
    Silent,
}

/// Its base address. The service ends with the test's runtime.
pub(super) async fn serve(manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, manner));
        }
    });
    base
}

async fn talk(mut stream: TcpStream, manner: Manner) {
    let mut buffer = [0; 4096];
    let _ = stream.read(&mut buffer).await;
    match manner {
        Manner::Says(bytes) => {
            let _ = stream.write_all(bytes).await;
        }
        Manner::Endless(head, chunk) => {
            let _ = stream.write_all(head).await;
            while stream.write_all(chunk).await.is_ok() {}
        }
        Manner::Silent => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
}
