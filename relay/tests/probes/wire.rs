//! A client of plain sockets and of Socket.IO, as far as a probe needs one.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::common::{PATIENCE, Served};

pub(crate) struct Wire {
    stream: WebSocketStream<TcpStream>,
    /// All that was heard since this was last emptied.
    pub(crate) heard: Vec<String>,
    asked: u64,
}

impl Wire {
    /// Opens a socket; the status where it is refused.
    pub(crate) async fn open(relay: &Served, path: &str, token: Option<&str>) -> Result<Self, u16> {
        let mut request = format!("ws://{}{path}", relay.addr)
            .into_client_request()
            .unwrap();
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert("authorization", value);
        }
        let stream = TcpStream::connect(relay.addr).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                heard: Vec::new(),
                asked: 0,
            }),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{path}: {other}"),
        }
    }

    /// A client of Socket.IO; the refusal where it is not let in.
    pub(crate) async fn socketio(relay: &Served, path: &str, token: Option<&str>) -> Result<Self, String> {
        let mut wire = Self::open(relay, &format!("{path}/?EIO=4&transport=websocket"), None)
            .await
            .unwrap();
        wire.until(|text| text.starts_with('0')).await;
        let auth = token.map_or(String::new(), |token| json!({ "token": token }).to_string());
        wire.send(&format!("40{auth}")).await;
        let answer = wire
            .until(|text| text.starts_with("40") || text.starts_with("44"))
            .await;
        if answer.starts_with("44") {
            Err(answer)
        } else {
            Ok(wire)
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The first text for which that holds.
    pub(crate) async fn until(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        let wait = async {
            loop {
                let message = self.stream.next().await.expect("an open socket").unwrap();
                let Message::Text(text) = message else { continue };
                if text.as_str() == "2" {
                    self.stream.send(Message::text("3")).await.unwrap();
                    continue;
                }
                self.heard.push(text.to_string());
                if is_it(&text) {
                    return text.to_string();
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("an answer in time")
    }

    /// A frame of D1, answered: the answer's event and data.
    pub(crate) async fn say(&mut self, frame: &Value) -> (String, Value) {
        self.send(&frame.to_string()).await;
        let answers = ["room_joined", "room_left", "error"];
        let own = frame["data"]["device_id"].clone();
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let text = self
            .until(|text| {
                let heard = read(text);
                let event = heard["event"].as_str().unwrap_or_default();
                answers.contains(&event)
                    || event == "device_registered" && !own.is_null() && heard["data"]["device_id"] == own
            })
            .await;
        let heard = read(&text);
        (heard["event"].as_str().unwrap().to_owned(), heard["data"].clone())
    }

    /// An event of Socket.IO with an acknowledgement: what that says.
    pub(crate) async fn emit(&mut self, verb: &str, argument: &str) -> Value {
        self.asked += 1;
        let event = if argument.is_empty() {
            json!([verb])
        } else {
            json!([verb, argument])
        };
        let id = self.asked;
        self.send(&format!("42{id}{event}")).await;
        let head = format!("43{id}[");
        let text = self.until(|text| text.starts_with(&head)).await;
        let said: Value = serde_json::from_str(&text[head.len() - 1..]).unwrap();
        said[0].clone()
    }
}
