//! A relay that does what a test tells it, and the real program in a folder of its own.

#![allow(dead_code, reason = "every test file uses its own part")]
#![allow(unreachable_pub, reason = "shared between test files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use protocol::frames::{Registered, Registration};
use protocol::{AgentFrame, JobHeader, JobId, JobKind, Offer, RelayFrame};
use serde_json::{Value, json, value::to_raw_value};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;

/// What fails a test that waits in vain.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A relay for one agent.
pub struct FakeRelay {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// One connection of the agent.
pub struct Peer {
    socket: WebSocketStream<Box<dyn Stream>>,
    pub authorization: Option<String>,
    pub path: String,
}

impl FakeRelay {
    pub async fn start() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            tls: None,
        }
    }

    pub async fn start_tls(config: rustls::ServerConfig) -> Self {
        Self {
            tls: Some(TlsAcceptor::from(Arc::new(config))),
            ..Self::start().await
        }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub fn url(&self) -> String {
        match self.tls {
            Some(_) => format!("wss://localhost:{}", self.port()),
            None => format!("ws://127.0.0.1:{}", self.port()),
        }
    }

    /// The next TCP connection, with TLS where this relay has it; none where the handshake fails.
    pub async fn stream(&self) -> Option<Box<dyn Stream>> {
        let (stream, _) = timeout(PATIENCE, self.listener.accept())
            .await
            .expect("no agent came")
            .unwrap();
        match &self.tls {
            Some(tls) => tls.accept(stream).await.ok().map(|stream| Box::new(stream) as _),
            None => Some(Box::new(stream)),
        }
    }

    /// The next WebSocket.
    pub async fn accept(&self) -> Peer {
        let stream = self.stream().await.expect("the TLS handshake failed");
        upgrade(stream).await.expect("no WebSocket")
    }

    /// Accepts and confirms one registration; connections of agents that were killed meanwhile are
    /// passed over.
    pub async fn live_at_last(&self) -> Peer {
        loop {
            let Some(stream) = self.stream().await else {
                continue;
            };
            let Some(mut peer) = upgrade(stream).await else {
                continue;
            };
            while let Some(frame) = peer.next().await {
                if let AgentFrame::Register(registration) = frame {
                    peer.confirm(&registration).await;
                    return peer;
                }
            }
        }
    }

    /// Answers the next attempt with a refusal.
    #[expect(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
    pub async fn refuse(&self, status: u16) {
        let stream = self.stream().await.unwrap();
        let no = |_: &Request, _: Response| -> Result<Response, ErrorResponse> {
            let mut response = ErrorResponse::new(None);
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Err(response)
        };
        assert!(tokio_tungstenite::accept_hdr_async(stream, no).await.is_err());
    }

    /// Accepts and confirms `stations` registrations.
    pub async fn live(&self, stations: usize) -> (Peer, Vec<Registration>) {
        let mut peer = self.accept().await;
        let mut registrations = Vec::new();
        for _ in 0..stations {
            registrations.push(peer.confirm_registration().await);
        }
        (peer, registrations)
    }
}

#[expect(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
async fn upgrade(stream: Box<dyn Stream>) -> Option<Peer> {
    let (mut authorization, mut path) = (None, String::new());
    let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let header = request.headers().get("authorization");
        authorization = header.map(|value| value.to_str().unwrap().to_owned());
        path = request.uri().path().to_owned();
        Ok(response)
    };
    let socket = tokio_tungstenite::accept_hdr_async(stream, look).await.ok()?;
    Some(Peer {
        socket,
        authorization,
        path,
    })
}

impl Peer {
    /// Sends a frame. An agent that has gone away is noticed at the next reading.
    pub async fn send(&mut self, frame: &RelayFrame) {
        let _ = self.socket.send(Message::text(frame.encode())).await;
    }

    /// The next frame; none once the agent has closed.
    pub async fn next(&mut self) -> Option<AgentFrame> {
        loop {
            match timeout(PATIENCE, self.socket.next())
                .await
                .expect("the agent says nothing")?
            {
                Ok(Message::Text(text)) => return Some(AgentFrame::decode(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame that the test is about.
    pub async fn wait_for<T>(&mut self, what: impl Fn(AgentFrame) -> Option<T>) -> T {
        loop {
            let frame = self.next().await.expect("the agent went away");
            if let Some(found) = what(frame) {
                return found;
            }
        }
    }

    /// Waits until this job is acknowledged.
    pub async fn acknowledged(&mut self, id: &str) {
        self.wait_for(|frame| match frame {
            AgentFrame::JobAck { job_id } if job_id.as_str() == id => Some(()),
            _ => None,
        })
        .await;
    }

    pub async fn confirm_registration(&mut self) -> Registration {
        let registration = self
            .wait_for(|frame| match frame {
                AgentFrame::Register(registration) => Some(registration),
                _ => None,
            })
            .await;
        self.confirm(&registration).await;
        registration
    }

    async fn confirm(&mut self, registration: &Registration) {
        let station = match &registration.location {
            Some(location) => format!("{}_{location}", registration.role),
            None => registration.role.clone(),
        };
        let registered = RelayFrame::Registered(Registered {
            device_id: registration.device_id.clone(),
            role: registration.role.clone(),
            location: registration.location.clone(),
            outlet_id: "demo".to_owned(),
            station: Some(station),
        });
        self.send(&registered).await;
    }

    pub async fn offer(&mut self, id: &str, seq: u64, station: &str) {
        self.send(&RelayFrame::Offer(Box::new(offer(id, seq, station))))
            .await;
    }

    /// Drops the connection without a word.
    pub fn cut(self) {}
}

/// A kitchen ticket.
pub fn offer(id: &str, seq: u64, station: &str) -> Offer {
    let now = Timestamp::now();
    let job = JobHeader {
        id: JobId::new(id),
        seq,
        station: station.to_owned(),
        number: seq,
        kind: JobKind::Order,
        copies: 1,
        due: now,
        expires: now + jiff::SignedDuration::from_hours(12),
        attempt: 0,
        age_ms: 0,
        banners: Vec::new(),
        via: None,
        hops: 0,
    };
    let data = json!({
        "order_id": format!("order-{id}"),
        "order_number": format!("ORD-{seq}"),
        "station": station,
        "table_number": "C4",
        "area_code": "C",
        "order_items": [{ "name": "Nasi Goreng", "quantity": 2, "notes": "no chilli" }],
        "source": "web",
        "order_type": "dine-in",
        "timestamp": now,
        "print_trigger": "immediate",
        "job": job,
    });
    Offer {
        event: "kitchen_immediate_print".to_owned(),
        data: to_raw_value(&data).unwrap(),
        job,
        seq: None,
    }
}

/// The program's folder: configuration, data, and paper in a file.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// A kitchen whose printer is a file.
    pub fn kitchen(url: &str) -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        home.configure(&format!(
            "[relay]\nurl = \"{url}\"\n[[station]]\nname = \"kitchen\"\nprinter = \"grill\"\n\
             [[printer]]\nname = \"grill\"\naddress = \"file:{}\"\n",
            home.paper().display()
        ));
        fs::write(home.paper(), "").unwrap();
        home
    }

    pub fn configure(&self, text: &str) {
        fs::write(self.path().join("agent.toml"), text).unwrap();
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn paper(&self) -> PathBuf {
        self.path().join("paper.bin")
    }

    /// Starts `printrail-agent run`.
    pub fn run(&self, more: &[&str]) -> Running {
        let log = fs::File::create(self.path().join("log")).unwrap();
        let child = self
            .command(&["run"])
            .args(more)
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Running {
            child,
            log: self.path().join("log"),
        }
    }

    /// Runs a command to its end.
    pub fn call(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// As [`Self::call`], while the test does something else.
    pub async fn call_beside(&self, args: &[&str]) -> Output {
        let mut command = self.command(args);
        command.stdin(Stdio::null());
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    /// Runs a command with `--json` to its end.
    pub fn json(&self, args: &[&str]) -> (Option<i32>, Value) {
        let output = self.call(&[args, &["--json"]].concat());
        (
            output.status.code(),
            serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        )
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_printrail-agent"));
        command
            .args(args)
            .arg("--data")
            .arg(self.path())
            .env_remove("PRINTRAIL_AGENT_LOG");
        command
    }
}

/// The running program; killed with the test.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub fn kill_9(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end and gives the exit code.
    pub async fn ended(mut self) -> Option<i32> {
        until("the agent ends", || self.child.try_wait().unwrap())
            .await
            .code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is there.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let waited = timeout(PATIENCE, async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("in vain: {what}"))
}
