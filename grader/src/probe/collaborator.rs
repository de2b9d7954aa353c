//! A server of the grader's that the service can reach: what is asked for there, the service was made to ask for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::{AbortHandle, JoinSet};

use crate::model::Fault;
use crate::runtime::{Door, Runtime, Trouble};

/// Callers that are served at once; others wait at the door.
const SERVED: usize = 16;
/// The longest request that is read, bytes.
const LONGEST: usize = 16 << 10;
/// How long a caller may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What stands at a path.
#[derive(Debug, Clone)]
pub enum Page {
    /// A document: its media type and its text.
    Document(&'static str, String),
    /// It stands at another path.
    Moved(String),
}

/// An HTTP server that shows what it is told to show, and keeps in mind what was asked for.
#[derive(Debug)]
pub struct Collaborator {
    address: String,
    shelf: Arc<Mutex<Shelf>>,
    keeper: AbortHandle,
}

#[derive(Debug, Default)]
struct Shelf {
    pages: BTreeMap<String, Page>,
    asked: Vec<String>,
}

impl Collaborator {
    /// Serves whoever calls at this door.
    pub fn behind(door: Door) -> Self {
        let address = door.address();
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let shows = Arc::clone(&shelf);
        let keeper = tokio::spawn(async move {
            let mut served = JoinSet::new();
            // Ends with the door, or with this.
            while let Ok(call) = door.accept().await {
                while served.len() >= SERVED && served.join_next().await.is_some() {}
                let served_one = serve(call, Arc::clone(&shows));
                served.spawn(tokio::time::timeout(PATIENCE, served_one));
                while served.try_join_next().is_some() {}
            }
        });
        Self {
            address,
            shelf,
            keeper: keeper.abort_handle(),
        }
    }

    /// Where the service finds it: `collaborator:80`, or `127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Shows a page at a path, which begins with `/`.
    pub fn show(&self, path: impl Into<String>, page: Page) {
        lock(&self.shelf).pages.insert(path.into(), page);
    }

    /// The paths below this one that were asked for so far, in order, each as often as it was.
    pub fn asked(&self, below: &str) -> Vec<String> {
        let shelf = lock(&self.shelf);
        let ours = shelf.asked.iter().filter(|path| path.starts_with(below));
        ours.cloned().collect()
    }
}

impl Drop for Collaborator {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

fn lock(shelf: &Mutex<Shelf>) -> std::sync::MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads one request (RFC 9112 §3), answers it, and hangs up. What is no request gets no answer.
async fn serve(mut call: TcpStream, shelf: Arc<Mutex<Shelf>>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let path = loop {
        if call.read_buf(&mut bytes).await? == 0 || bytes.len() > LONGEST {
            return Ok(());
        }
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&bytes) {
            Ok(status) if status.is_complete() => {
                break request.path.unwrap_or_default().to_owned();
            }
            Ok(_) => {}
            Err(_) => return Ok(()),
        }
    };
    let page = {
        let mut shelf = lock(&shelf);
        shelf.asked.push(path.clone());
        shelf.pages.get(&path).cloned()
    };
    let (status, header, text) = match page {
        Some(Page::Document(media, text)) => ("200 OK", format!("Content-Type: {media}"), text),
        Some(Page::Moved(to)) => ("302 Found", format!("Location: {to}"), String::new()),
        None => (
            "404 Not Found",
            "Content-Type: text/plain".to_owned(),
            String::new(),
        ),
    };
    let length = text.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
    call.write_all(answer.as_bytes()).await?;
    call.shutdown().await
}

/// The collaborator of a run, opened when the first check asks for it: in containers it takes a relay.
pub struct Neighbour {
    runtime: Arc<dyn Runtime>,
    opened: OnceCell<Result<Option<Arc<Collaborator>>, Fault>>,
}

impl std::fmt::Debug for Neighbour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Neighbour")
            .field(&self.opened.get())
            .finish()
    }
}

impl Neighbour {
    /// One that is not opened yet.
    pub fn new(runtime: Arc<dyn Runtime>) -> Self {
        let opened = OnceCell::new();
        Self { runtime, opened }
    }

    /// The collaborator; none where the service was there before us and may run anywhere.
    ///
    /// # Errors
    /// When the way to it cannot be opened.
    pub async fn get(&self) -> Result<Option<Arc<Collaborator>>, Fault> {
        let open = async || match self.runtime.door("collaborator", 80).await {
            Ok(door) => Ok(Some(Arc::new(Collaborator::behind(door)))),
            Err(Trouble::Fault(fault)) => Err(fault),
            Err(_) => Ok(None),
        };
        self.opened.get_or_init(open).await.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(collaborator: &Collaborator, path: &str) -> String {
        let mut call = TcpStream::connect(collaborator.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n");
        call.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        call.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn it_shows_what_it_is_told_to_and_remembers_what_was_asked_for() {
        let collaborator = Collaborator::behind(Door::here().await.unwrap());
        let document = Page::Document("application/json", "{}".to_owned());
        collaborator.show("/a/keys", document);
        collaborator.show("/a/old", Page::Moved("/a/keys".to_owned()));
        assert!(get(&collaborator, "/a/keys").await.ends_with("\r\n\r\n{}"));
        assert!(
            get(&collaborator, "/a/old")
                .await
                .contains("Location: /a/keys\r\n")
        );
        assert!(
            get(&collaborator, "/b/keys")
                .await
                .starts_with("HTTP/1.1 404 ")
        );
        assert_eq!(collaborator.asked("/a/"), ["/a/keys", "/a/old"]);
    }

    #[tokio::test]
    async fn what_is_no_request_is_not_counted() {
        let collaborator = Collaborator::behind(Door::here().await.unwrap());
        let mut call = TcpStream::connect(collaborator.address()).await.unwrap();
        call.write_all(b"\x16\x03\x01 a handshake\r\n\r\n")
            .await
            .unwrap();
        let mut answer = Vec::new();
        // Closed or reset: either way nothing is said.
        let _ = call.read_to_end(&mut answer).await;
        assert!(answer.is_empty() && collaborator.asked("/").is_empty());
    }
}
