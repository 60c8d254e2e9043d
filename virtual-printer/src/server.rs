//! The TCP shell: one client is served at a time, a second one is accepted by the system and waits, as at a real printer.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until};

use crate::device::Input;
use crate::shared::Shared;

/// Connections that wait for the one that is served; more are refused by the system.
const BACKLOG: u32 = 16;
/// Bytes read at once.
const READ: usize = 4096;
/// Replies that a client leaves unread; later ones are lost.
const MAX_UNREAD: usize = 64 << 10;
/// Between attempts to listen again after a power cut, while the system still holds the port.
const RETRY: Duration = Duration::from_millis(50);

/// Makes everything that can fail, and gives the thread's body.
pub(crate) fn prepare(listener: std::net::TcpListener) -> io::Result<impl FnOnce(&Shared) + Send> {
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let listener = {
        let _inside = runtime.enter();
        TcpListener::from_std(listener)?
    };
    Ok(move |shared: &Shared| runtime.block_on(serve(shared, listener, addr)))
}

async fn serve(shared: &Shared, mut listener: TcpListener, addr: SocketAddr) {
    while !stopped(shared) {
        if !powered(shared) {
            drop(listener);
            let Some(again) = wait_for_power(shared, addr).await else {
                return;
            };
            listener = again;
        }
        if let Some(stream) = next_client(shared, &listener).await {
            Client {
                shared,
                stream,
                unread: Vec::new(),
            }
            .serve()
            .await;
        }
    }
}

fn stopped(shared: &Shared) -> bool {
    shared.lock().stopped
}

fn powered(shared: &Shared) -> bool {
    shared.lock().device.is_powered()
}

/// Waits for a client; `None` when something else has changed.
async fn next_client(shared: &Shared, listener: &TcpListener) -> Option<TcpStream> {
    let busy = shared.lock().device.is_busy_elsewhere();
    tokio::select! {
        accepted = listener.accept(), if !busy => {
            let (stream, _) = accepted.ok()?;
            let mut state = shared.lock();
            // What was said to nobody is lost.
            state.replies.clear();
            state.connections += 1;
            Some(stream)
        }
        () = shared.wake.notified() => None,
        () = tick(shared) => None,
    }
}

/// Waits until the device is due, and ticks it.
async fn tick(shared: &Shared) {
    let due = shared.lock().device.poll_timeout();
    match due {
        Some(at) => {
            sleep_until(Instant::from_std(shared.instant(at))).await;
            shared.act(Input::Tick);
        }
        None => std::future::pending().await,
    }
}

/// While the power is off the port is kept but refuses; `None` when the printer stops.
async fn wait_for_power(shared: &Shared, addr: SocketAddr) -> Option<TcpListener> {
    let mut kept = bind(addr);
    loop {
        if stopped(shared) {
            return None;
        }
        if powered(shared) {
            match kept.and_then(|socket| socket.listen(BACKLOG)) {
                Ok(listener) => return Some(listener),
                Err(_) => tokio::time::sleep(RETRY).await,
            }
            kept = bind(addr);
        } else {
            shared.wake.notified().await;
        }
    }
}

fn bind(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    Ok(socket)
}

/// The connection that is served.
struct Client<'a> {
    shared: &'a Shared,
    stream: TcpStream,
    unread: Vec<u8>,
}

/// How a connection goes on.
enum Next {
    Stay,
    Close,
    Reset,
}

impl Client<'_> {
    async fn serve(mut self) {
        // Without it replies would wait for one another; where it fails they only come later.
        let _ = self.stream.set_nodelay(true);
        loop {
            match self.step().await {
                Next::Stay => {}
                Next::Close => return,
                Next::Reset => {
                    // Zero linger makes closing a reset; where it fails the client sees an ordinary end.
                    let _ = self.stream.set_zero_linger();
                    return;
                }
            }
        }
    }

    async fn step(&mut self) -> Next {
        let room = match self.collect() {
            Ok(room) => room,
            Err(next) => return next,
        };
        tokio::select! {
            // Replies first: a client may wait for them before it writes on.
            biased;
            ready = self.stream.writable(), if !self.unread.is_empty() => ready.map_or(Next::Close, |()| self.write()),
            ready = self.stream.readable(), if room > 0 => ready.map_or(Next::Close, |()| self.read(room)),
            () = self.shared.wake.notified() => Next::Stay,
            () = tick(self.shared) => Next::Stay,
        }
    }

    /// Takes the replies that are due; says how many bytes may be read, or that it is over.
    fn collect(&mut self) -> Result<usize, Next> {
        let mut state = self.shared.lock();
        while let Some(reply) = state.replies.pop_front() {
            let Some(bytes) = reply else {
                state.replies.clear();
                return Err(Next::Reset);
            };
            if self.unread.len() + bytes.len() <= MAX_UNREAD {
                self.unread.extend(bytes);
            }
        }
        if state.stopped || !state.device.is_powered() {
            return Err(Next::Reset);
        }
        Ok(state.device.room(self.shared.now()))
    }

    fn write(&mut self) -> Next {
        match self.stream.try_write(&self.unread) {
            Ok(written) => {
                self.unread.drain(..written);
                Next::Stay
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Next::Stay,
            Err(_) => Next::Close,
        }
    }

    fn read(&self, room: usize) -> Next {
        let mut buffer = [0; READ];
        let Some(space) = buffer.get_mut(..room.min(READ)) else {
            return Next::Close;
        };
        match self.stream.try_read(space) {
            Ok(0) => self.end(),
            Ok(count) => {
                self.shared
                    .act(Input::Bytes(buffer.get(..count).unwrap_or_default()));
                Next::Stay
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Next::Stay,
            Err(_) => Next::Close,
        }
    }

    /// The client has said all; it may still listen, so what was answered to its last bytes goes out.
    fn end(&self) -> Next {
        let last: Vec<u8> = self.shared.lock().replies.drain(..).flatten().flatten().collect();
        let _ = self.stream.try_write(&self.unread);
        let _ = self.stream.try_write(&last);
        Next::Close
    }
}
