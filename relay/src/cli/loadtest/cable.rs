//! The network between an agent and the relay: a little proxy whose connections can be cut or held up.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Bytes that are on their way at once.
const BUFFER: usize = 16 * 1024;

/// Connections that one agent may have at once: it needs one, and a second while it comes back.
const CONNECTIONS: usize = 64;

/// The state of the cable.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    cuts: u64,
    held: bool,
}

/// A cable, plugged in until it is dropped.
#[derive(Debug)]
pub(super) struct Cable {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Cable {
    /// Lays a cable to the relay as one of the tasks.
    pub(super) async fn lay(relay: SocketAddr, tasks: &mut JoinSet<()>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("no port for a cable")?;
        let address = listener.local_addr()?;
        let (state, seen) = watch::channel(State::default());
        tasks.spawn(carry_all(listener, relay, seen));
        Ok(Self { address, state })
    }

    /// Where the agent finds the relay.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection that there is.
    pub(super) fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// Lets nothing through, or everything again.
    pub(super) fn hold(&self, held: bool) {
        self.state.send_modify(|state| state.held = held);
    }
}

async fn carry_all(listener: TcpListener, relay: SocketAddr, state: watch::Receiver<State>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => {
                if let Ok((near, _)) = accepted {
                    connections.spawn(carry(near, relay, state.clone()));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn carry(near: TcpStream, relay: SocketAddr, mut state: watch::Receiver<State>) {
    let cuts = state.borrow().cuts;
    let Ok(far) = TcpStream::connect(relay).await else {
        return;
    };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let (there, back) = (state.clone(), state.clone());
    tokio::select! {
        _ = state.wait_for(|state| state.cuts != cuts) => {}
        () = pass(near_in, far_out, there) => {}
        () = pass(far_in, near_out, back) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut state: watch::Receiver<State>) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if state.wait_for(|state| !state.held).await.is_err() {
            return;
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
