//! The socket-level sender.

use std::time::Duration;

use grader::model::Outcome;
use grader::probe::{Http, Journal, raw};

use super::rude::{Manner, serve};

async fn ask(manner: Manner, bytes: &[u8]) -> Outcome {
    let base = serve(manner).await;
    let http = Http::new(&base, Journal::default()).unwrap();
    raw::send(&http, ("GET", "/%ZZ"), bytes, Duration::from_millis(700))
        .await
        .outcome
}

#[tokio::test]
async fn reads_one_answer_by_its_length_without_waiting_for_the_close() {
    let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno";
    let outcome = ask(
        Manner::Says(answer),
        b"GET /%ZZ HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    .await;
    let Outcome::Answered { status, body, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((status, body.text.as_str()), (400, "no"));
}

#[tokio::test]
async fn an_answer_without_a_length_ends_with_the_connection() {
    let outcome = ask(
        Manner::Says(b"HTTP/1.0 200 OK\r\n\r\nall of it"),
        b"GET / HTTP/1.0\r\n\r\n",
    )
    .await;
    let Outcome::Answered { body, .. } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(body.text, "all of it");
}

#[tokio::test]
async fn silence_garbage_and_half_answers_are_told_apart() {
    let request = b"GET / HTTP/1.1\r\n\r\n";
    assert_eq!(
        ask(Manner::Silent, request).await,
        Outcome::TimedOut { after_millis: 700 }
    );
    assert!(matches!(
        ask(Manner::Says(b"hello\r\n"), request).await,
        Outcome::Garbled { .. }
    ));
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    assert!(matches!(
        ask(Manner::Says(half), request).await,
        Outcome::CutShort { .. }
    ));
    assert!(matches!(
        ask(Manner::Says(b""), request).await,
        Outcome::Refused { .. }
    ));
}
