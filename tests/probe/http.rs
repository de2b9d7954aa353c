//! The recorded client: whatever a service does becomes an exchange, and costs bounded time and memory.

use std::time::Duration;

use grader::model::{Exchange, Outcome};
use grader::probe::{Http, Journal};
use tokio::net::TcpListener;

use super::rude::{Manner, serve};

async fn get(base: &str, path: &str) -> Exchange {
    let http = Http::new(base, Journal::default())
        .unwrap()
        .patient(Duration::from_millis(700));
    http.request("GET", path).send().await.unwrap()
}

#[tokio::test]
async fn an_orderly_answer_is_kept_whole() {
    let base = serve(Manner::Says(
        b"HTTP/1.1 201 Created\r\nLocation: /venues/7\r\nContent-Length: 8\r\n\r\n{\"id\":7}",
    ))
    .await;
    let exchange = get(&base, "/venues?city=a%20b").await;
    assert_eq!(exchange.status(), Some(201));
    assert_eq!(exchange.header("location"), Some("/venues/7"));
    assert_eq!(exchange.json(), Some(serde_json::json!({"id": 7})));
    assert_eq!(exchange.sent.path, "/venues?city=a%20b");
}

#[tokio::test]
async fn a_redirect_is_reported_not_followed() {
    let base = serve(Manner::Says(
        b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    assert_eq!(get(&base, "/").await.status(), Some(302));
}

#[tokio::test]
async fn nobody_there_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(
        get(&base, "/").await.outcome,
        Outcome::Refused { .. }
    ));
}

#[tokio::test]
async fn silence_ends_at_the_limit() {
    let base = serve(Manner::Silent).await;
    let exchange = get(&base, "/").await;
    assert_eq!(exchange.outcome, Outcome::TimedOut { after_millis: 700 });
}

#[tokio::test]
async fn something_else_than_http_is_garbled() {
    let base = serve(Manner::Says(b"220 mail.example ESMTP ready\r\n")).await;
    let outcome = get(&base, "/").await.outcome;
    assert!(matches!(outcome, Outcome::Garbled { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_cut_short() {
    let base = serve(Manner::Says(
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    ))
    .await;
    let outcome = get(&base, "/").await.outcome;
    assert!(matches!(outcome, Outcome::CutShort { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_by_size() {
    static CHUNK: [u8; 65_536] = [b'x'; 65_536];
    let base = serve(Manner::Endless(b"HTTP/1.1 200 OK\r\n\r\n", &CHUNK)).await;
    let http = Http::new(&base, Journal::default()).unwrap();
    let exchange = http.request("GET", "/").send().await.unwrap();
    assert_eq!(
        exchange.outcome,
        Outcome::TooLarge {
            limit: 4 * 1024 * 1024
        }
    );
}

#[tokio::test]
async fn endless_headers_are_garbled_not_collected() {
    let base = serve(Manner::Endless(
        b"HTTP/1.1 200 OK\r\n",
        b"X-More: and more and more\r\n",
    ))
    .await;
    let http = Http::new(&base, Journal::default()).unwrap();
    let outcome = http.request("GET", "/").send().await.unwrap().outcome;
    assert!(matches!(outcome, Outcome::Garbled { .. }), "{outcome:?}");
}

/// A compressed body that was not asked for stays compressed: a bomb is as small as it was sent.
#[tokio::test]
async fn a_compressed_bomb_is_not_unpacked() {
    let base = serve(Manner::Says(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
    ))
    .await;
    let exchange = get(&base, "/").await;
    let Outcome::Answered { body, .. } = exchange.outcome else {
        panic!("answered")
    };
    assert_eq!(body.bytes, 4);
}
