//! How a computer comes in: by a code, or by a phrase that a manager types.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;

use common::{FakeRelay, Home};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Answers one enrolment and gives what was asked.
async fn enrol(relay: &FakeRelay, status: &str, body: &str) -> String {
    let mut stream = relay.stream().await.unwrap();
    let mut asked = Vec::new();
    while !String::from_utf8_lossy(&asked).contains("\"name\"") {
        assert_ne!(stream.read_buf(&mut asked).await.unwrap(), 0);
    }
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    String::from_utf8(asked).unwrap()
}

#[tokio::test]
async fn pairing_keeps_the_token_in_a_private_file_and_never_shows_it() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen("ws://127.0.0.1:1");
    fs::remove_file(home.path().join("agent.toml")).unwrap();
    let body =
        r#"{"deviceId":"dev-7","token":"t0ps3cret","outlet":"bistro","stations":[{"name":"kitchen"}]}"#;
    let url = relay.url();
    let args = ["pair", "--relay", &url, "ABCD-1234", "--name", "KITCHEN-PC"];
    let (asked, output) = tokio::join!(enrol(&relay, "200 OK", body), home.call_beside(&args));
    assert!(asked.starts_with("POST /api/enrol HTTP/1.1"), "{asked}");
    assert!(
        asked.contains(r#"{"code":"ABCD-1234","name":"KITCHEN-PC"}"#),
        "{asked}"
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("t0ps3cret") && output.stdout.is_empty());
    let token = home.path().join("agent.token");
    assert_eq!(fs::read_to_string(&token).unwrap(), "t0ps3cret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&token).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let config = fs::read_to_string(home.path().join("agent.toml")).unwrap();
    assert!(
        config.contains(&relay.url()) && config.contains("#name = \"kitchen\""),
        "{config}"
    );
    assert!(
        fs::read_to_string(home.path().join("device.json"))
            .unwrap()
            .contains("dev-7")
    );
}

#[tokio::test]
async fn without_a_code_a_phrase_is_shown_until_a_manager_takes_the_computer_in() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    let given = r#"{"deviceId":"dev-8","token":"t0ps3cret","outlet":"bistro","stations":[]}"#;
    let unknown = r#"{"code":"CODE_UNKNOWN","detail":"this pairing code is wrong"}"#;
    let args = ["pair", "--wait", "--name", "GRILL-PC"];
    let questions = async {
        let first = enrol(&relay, "403 Forbidden", unknown).await;
        (first, enrol(&relay, "200 OK", given).await)
    };
    let ((first, second), output) = tokio::join!(questions, home.call_beside(&args));
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let body = |asked: &str| -> serde_json::Value {
        serde_json::from_str(asked.split("\r\n\r\n").last().unwrap()).unwrap()
    };
    let (first, second) = (body(&first), body(&second));
    assert_eq!(first, second, "it asks with the same phrase");
    assert_eq!(first["name"], "GRILL-PC");
    let phrase = first["code"].as_str().unwrap();
    assert_eq!(phrase.split('-').count(), 5, "{phrase}");
    assert!(said.contains(phrase) && said.contains("Add a computer"), "{said}");
    assert!(!said.contains("t0ps3cret") && !said.contains('\u{1b}'), "{said}");
    let token = fs::read_to_string(home.path().join("agent.token")).unwrap();
    assert_eq!(token, "t0ps3cret");
    let expired = r#"{"code":"CODE_EXPIRED","detail":"too late"}"#;
    let (_, late) = tokio::join!(enrol(&relay, "410 Gone", expired), home.call_beside(&args));
    assert_eq!(late.status.code(), Some(5), "{}", stderr(&late));
}

#[tokio::test]
async fn a_code_that_is_of_no_use_exits_5_and_without_one_2() {
    let relay = FakeRelay::start().await;
    let home = Home::kitchen(&relay.url());
    assert_eq!(home.call(&["pair"]).status.code(), Some(2));
    let body = r#"{"code":"UNAUTHORIZED","detail":"this code is not known"}"#;
    let (_, output) = tokio::join!(
        enrol(&relay, "401 Unauthorized", body),
        home.call_beside(&["pair", "WRONG"])
    );
    assert_eq!(output.status.code(), Some(5));
    assert!(
        stderr(&output).contains("printrail-relay enrol"),
        "{}",
        stderr(&output)
    );
    drop(relay);
    assert_eq!(home.call(&["pair", "ANY"]).status.code(), Some(6));
}
