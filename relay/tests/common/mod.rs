//! A relay in this process, and a caller who speaks HTTP to it.

#![allow(missing_docs, unreachable_pub, reason = "a test's own helpers")]
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use relay::Relay;
use relay::auth::jwt::{AUDIENCE, Claims, ISSUER};
use relay::config::Config;
use relay::order::Role;
use relay::service::SharedApp;
use relay::store::Outlet;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Longest that a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A relay that serves the outlets `demo` and `other`.
pub struct Served {
    pub addr: SocketAddr,
    pub app: SharedApp,
    pub dir: TempDir,
    stop: CancellationToken,
    serving: tokio_util::task::TaskTracker,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Served {
    /// With tokens and the default settings.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Without tokens.
    pub async fn insecure() -> Self {
        Self::with(|config| config.insecure_no_auth = true).await
    }

    pub async fn with(settings: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::new(dir.path());
        settings(&mut config);
        let relay = Relay::bind(config).await.unwrap();
        let app = relay.app().clone();
        for id in ["demo", "other"] {
            let outlet = Outlet {
                id: id.into(),
                name: id.into(),
                timezone: "UTC".into(),
            };
            app.store.add_outlet(outlet).await.unwrap();
        }
        let addr = relay.addr();
        let stop = CancellationToken::new();
        let serving = tokio_util::task::TaskTracker::new();
        serving.spawn(relay.serve(stop.clone()));
        Self {
            addr,
            app,
            dir,
            stop,
            serving,
        }
    }

    /// Stops it and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        self.serving.close();
        self.serving.wait().await;
    }

    pub fn stopper(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// A token of outlet `demo`.
    pub fn token(&self, role: Role) -> String {
        self.token_of("demo", role)
    }

    pub fn token_of(&self, outlet: &str, role: Role) -> String {
        self.app.auth.sign(&claims(outlet, role)).unwrap()
    }

    /// A request with a token of that role.
    pub async fn call(&self, role: Role, method: &str, path: &str, body: &Value) -> Answer {
        let token = self.token(role);
        self.call_with(&token, method, path, body).await
    }

    pub async fn call_with(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("authorization", format!("Bearer {token}"))];
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        self.send(method, path, &headers, body).await
    }

    /// A request without a body.
    pub async fn get(&self, role: Role, path: &str) -> Answer {
        self.call(role, "GET", path, &Value::Null).await
    }

    /// A manager's request that must be answered so.
    pub async fn manage(&self, method: &str, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.call(Role::Manager, method, path, body).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.text);
        if answer.text.is_empty() {
            Value::Null
        } else {
            answer.json()
        }
    }

    /// Redeems a new pairing code of `demo` for these stations: `{deviceId, token, …}`.
    pub async fn pair(&self, stations: &Value, name: &str) -> Value {
        let code = self
            .manage("POST", "/api/enrolments", &json!({ "stations": stations }), 201)
            .await;
        let body = json!({"code": code["code"], "name": name}).to_string();
        let device = self.send("POST", "/api/enrol", &[], body).await;
        assert_eq!(device.status, 200, "{}", device.text);
        device.json()
    }

    /// A device token of outlet `demo`, for the kitchen.
    pub async fn agent(&self) -> String {
        let device = self.pair(&json!([{"name": "kitchen"}]), "KITCHEN-PC").await;
        device["token"].as_str().unwrap().to_owned()
    }

    /// A request as it stands.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: impl Into<Bytes>,
    ) -> Answer {
        request(self.addr, method, path, headers, body).await
    }

    /// An order of `demo`, taken; its answer.
    pub async fn order(&self, body: &Value) -> Value {
        let answer = self.call(Role::Pos, "POST", "/api/orders", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }
}

/// What a good token of the relay's own says.
pub fn claims(outlet: &str, role: Role) -> Claims {
    let now = Timestamp::now().as_second();
    Claims {
        iss: ISSUER.into(),
        aud: AUDIENCE.into(),
        sub: "tester".into(),
        outlet: outlet.into(),
        role,
        table: None,
        iat: now,
        exp: now + 600,
        jti: "1".into(),
        operator: false,
    }
}

/// A cash order of one dish.
pub fn margherita() -> Value {
    json!({
        "tableNumber": "C4", "paymentMethod": "cash",
        "items": [{"name": "Margherita", "quantity": 1, "unitPrice": 12.50, "workstation": "kitchen"}],
    })
}

/// A request as it stands to whoever listens there.
pub async fn request(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: impl Into<Bytes>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", addr.to_string());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    tokio::time::timeout(PATIENCE, exchange(addr, request))
        .await
        .expect("an answer in time")
}

async fn exchange(addr: SocketAddr, request: Request<Full<Bytes>>) -> Answer {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    let answer = async {
        let response = sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            text: String::from_utf8(body.to_vec()).unwrap_or_else(|error| format!("{:?}", error.as_bytes())),
        }
    };
    tokio::pin!(connection);
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}

/// Lines of the audit of `demo` that pass this filter: who, what.
pub async fn audit(relay: &Served, filter: &str) -> Vec<(String, String)> {
    let lines = relay
        .manage("GET", &format!("/api/audit?{filter}"), &Value::Null, 200)
        .await;
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let lines = lines["items"].as_array().unwrap().clone();
    lines
        .iter()
        .map(|line| (text(line, "who"), text(line, "what")))
        .collect()
}

/// An answer's status, code and field.
pub fn refused(answer: &Answer) -> (u16, String, String) {
    let field = answer.json()["field"].as_str().unwrap_or_default().to_owned();
    (answer.status, answer.code(), field)
}
