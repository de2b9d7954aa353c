use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::*;

/// Says these lines, one after each reply, and gives the codes of the replies.
async fn says(post: &Post, lines: &[&str]) -> Vec<String> {
    let address = post.url().trim_start_matches("smtp://");
    let (read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    let mut replies = BufReader::new(read).lines();
    let mut codes = Vec::new();
    let mut said = lines.iter();
    while let Ok(Some(reply)) = replies.next_line().await {
        if reply.chars().nth(3) == Some('-') {
            continue;
        }
        codes.push(reply[..3].to_owned());
        let Some(line) = said.next() else { break };
        write.write_all(line.as_bytes()).await.unwrap();
    }
    codes
}

fn letter<'a>(to: &'a str, data: &'a str) -> [String; 6] {
    [
        "EHLO box-office\r\n".to_owned(),
        "MAIL FROM:<no-reply@box-office.example>\r\n".to_owned(),
        format!("RCPT TO:<{to}>\r\n"),
        "DATA\r\n".to_owned(),
        format!("{data}\r\n.\r\n"),
        "QUIT\r\n".to_owned(),
    ]
}

async fn sent(post: &Post, to: &str, data: &str) -> Vec<String> {
    let lines = letter(to, data);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    says(post, &lines).await
}

async fn open() -> Post {
    Post::behind(Door::here().await.unwrap())
}

#[tokio::test]
async fn a_letter_is_kept_for_whom_the_envelope_names() {
    let post = open().await;
    let codes = sent(
        &post,
        "ada@example.test",
        "To: bob@example.test\r\nSubject: A new password\r\n\r\ntoken=Zq7-kestrel\r\n..second",
    )
    .await;
    assert_eq!(codes, ["220", "250", "250", "250", "354", "250", "221"]);
    let moment = Duration::from_secs(5);
    let letter = post.letter_to("Ada@Example.test", 0, moment).await.unwrap();
    assert_eq!(letter.to, ["ada@example.test"]);
    assert!(letter.text.contains("A new password"), "{letter:?}");
    assert!(
        letter.text.contains("token=Zq7-kestrel\r\n.second"),
        "{letter:?}"
    );
    let nobodys = Duration::from_millis(1);
    assert_eq!(post.letter_to("bob@example.test", 0, nobodys).await, None);
    assert_eq!(post.letter_to("ada@example.test", 1, nobodys).await, None);
}

#[tokio::test]
async fn what_is_encoded_and_in_parts_is_read() {
    let post = open().await;
    let parts = "Subject: =?utf-8?q?Caf=C3=A9?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ntoken=3DZq7kestreloverthe=\r\nquietriver\r\n--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGEgaHJlZj0iaHR0cHM6Ly94L3I/dG9rZW49TElOSyI+aGVyZTwvYT4=\r\n--b--";
    sent(&post, "ada@example.test", parts).await;
    let text = &post.since(0)[0].text;
    for held in ["Café", "token=Zq7kestreloverthequietriver", "token=LINK"] {
        assert!(text.contains(held), "{text}");
    }
}

#[tokio::test]
async fn callers_do_not_wait_for_each_other_and_nonsense_ends_nobody() {
    let post = open().await;
    let address = post.url().trim_start_matches("smtp://").to_owned();
    let _silent = TcpStream::connect(&address).await.unwrap();
    assert_eq!(
        says(&post, &["\0\u{1}nonsense\r\n", "QUIT\r\n"]).await[0],
        "220"
    );
    let mut gone = TcpStream::connect(&address).await.unwrap();
    gone.write_all(b"EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\nhalf")
        .await
        .unwrap();
    drop(gone);
    let (one, two) = tokio::join!(
        sent(&post, "ada@example.test", "Subject: 1\r\n\r\none"),
        sent(&post, "bob@example.test", "Subject: 2\n\ntwo")
    );
    assert_eq!((one.len(), two.len()), (7, 7));
    assert_eq!((post.mark(), post.called()), (2, 5));
}

#[tokio::test]
async fn a_letter_that_is_too_long_is_refused() {
    let post = open().await;
    let long = "x".repeat(900).repeat(10);
    let data = format!("Subject: long\r\n\r\n{}", format!("{long}\r\n").repeat(240));
    let codes = sent(&post, "ada@example.test", &data).await;
    assert_eq!(codes[5], "552");
    assert_eq!(post.mark(), 0);
}

#[tokio::test]
async fn addresses_in_any_letters_are_taken() {
    let post = open().await;
    let lines = [
        "EHLO x\r\n",
        "MAIL FROM:<no-reply@box-office.example> BODY=8BITMIME SMTPUTF8\r\n",
        "RCPT TO:<mıke@example.test>\r\n",
        "DATA\r\n",
        "Subject: x\r\n\r\nhello\r\n.\r\n",
    ];
    let codes = says(&post, &lines).await;
    assert_eq!(codes, ["220", "250", "250", "250", "354", "250"]);
    let letters = post.since(0);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to, ["mıke@example.test"]);
}
