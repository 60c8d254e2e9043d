//! Raw TCP, port 9100. An ACK means that the interface has the bytes, not that they are on paper.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use tracing::info;

use super::neighbours::{self, Neighbours};
use super::{CONNECT, OpenError, Port, WRITE};

/// How long a closing connection listens for the printer's own close; a reset would cost some printers a socket.
const FAREWELL: Duration = Duration::from_millis(200);

/// So long nothing of what was sent is acknowledged before the line counts as dead: a network that stumbles
/// comes back sooner, and the queue behind it goes to its backup in time.
const GONE_AFTER: Duration = Duration::from_secs(20);

pub(super) fn open(host: &str, port: u16, known: Option<&str>) -> Result<Box<dyn Port>, OpenError> {
    let addresses: Vec<_> = (host, port)
        .to_socket_addrs()
        .map_err(OpenError::Unreachable)?
        .collect();
    open_at(&addresses, known, &neighbours::system())
}

/// `known` is the hardware address of the printer that was here before: it is looked for where it moved to, and
/// nobody else is taken for it.
fn open_at(
    addresses: &[SocketAddr],
    known: Option<&str>,
    neighbours: &Neighbours<'_>,
) -> Result<Box<dyn Port>, OpenError> {
    let Some(known) = known else {
        return prepare(connect(addresses)?, neighbours).map(boxed);
    };
    // Hardware addresses are known of IPv4 alone.
    let home = addresses
        .iter()
        .find(|at| at.is_ipv4())
        .or(addresses.first())
        .copied();
    let seen = home.and_then(|home| moved(home, neighbours.elsewhere(known, home.ip())));
    let mut problem = None;
    for at in [seen, home].into_iter().flatten() {
        match connect(&[at]).and_then(|stream| prepare(stream, neighbours)) {
            Ok(found) => match &found.hardware {
                Some(hardware) if hardware != known => problem = Some(replaced(hardware, known)),
                Some(_) | None => return Ok(boxed(found)),
            },
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    let moved = home.and_then(|home| moved(home, neighbours.search(known, home.ip())));
    if let Some(at) = moved {
        info!(
            "the printer at {} answers at {at} now: write that into agent.toml",
            shown(home)
        );
        return prepare(connect(&[at])?, neighbours).map(boxed);
    }
    Err(problem.unwrap_or(OpenError::Refused))
}

fn boxed(port: Tcp) -> Box<dyn Port> {
    Box::new(port)
}

fn shown(at: Option<SocketAddr>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

fn moved(home: SocketAddr, to: Option<Ipv4Addr>) -> Option<SocketAddr> {
    to.map(|ip| SocketAddr::from((ip, home.port())))
}

fn replaced(found: &str, known: &str) -> OpenError {
    OpenError::Replaced {
        found: format!("the network card {found}"),
        known: known.to_owned(),
    }
}

fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, OpenError> {
    let end = Instant::now() + CONNECT;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(match last.kind() {
        io::ErrorKind::ConnectionRefused => OpenError::Refused,
        _ => OpenError::Unreachable(last),
    })
}

fn prepare(stream: TcpStream, neighbours: &Neighbours<'_>) -> Result<Tcp, OpenError> {
    let ready = stream
        .set_nodelay(true)
        .and_then(|()| stream.set_write_timeout(Some(WRITE)))
        .and_then(|()| notice_silence(&stream));
    ready.map_err(OpenError::Other)?;
    let peer = stream.peer_addr().ok();
    let hardware = peer.and_then(|peer| neighbours.hardware(peer.ip()));
    Ok(Tcp { stream, hardware })
}

/// A printer that vanishes without a word (switched off, cable out) is noticed: its questions stay without an
/// ACK, and an idle line is asked whether it is there.
fn notice_silence(stream: &TcpStream) -> io::Result<()> {
    let socket = socket2::SockRef::from(stream);
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(GONE_AFTER / 2)
        .with_interval(GONE_AFTER / 4);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(GONE_AFTER))?;
    Ok(())
}

/// A read or write that ran out of its own time is `WouldBlock` on Unix; `TimedOut` means that the line is dead.
fn dead_or_late(error: io::Error) -> io::Error {
    if cfg!(unix) && error.kind() == io::ErrorKind::TimedOut {
        return io::Error::new(io::ErrorKind::ConnectionAborted, "nothing answers there any more");
    }
    error
}

struct Tcp {
    stream: TcpStream,
    /// Its network card, where it is on the same network.
    hardware: Option<String>,
}

impl Read for Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer).map_err(dead_or_late)
    }
}

impl Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes).map_err(dead_or_late)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Port for Tcp {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        // Zero would mean for ever.
        self.stream
            .set_read_timeout(Some(timeout.max(Duration::from_millis(1))))
    }

    fn identity(&self) -> Option<String> {
        self.hardware.clone()
    }

    fn close(mut self: Box<Self>) {
        let end = Instant::now() + FAREWELL;
        if self.stream.shutdown(Shutdown::Write).is_err() || self.set_read_timeout(FAREWELL).is_err() {
            return;
        }
        let mut rest = [0; 256];
        while Instant::now() < end && matches!(self.stream.read(&mut rest), Ok(1..)) {}
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_connection_carries_bytes_both_ways_and_closes_cleanly() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut ours = open("localhost", port, None).unwrap();
        let (mut theirs, _) = listener.accept().unwrap();
        ours.write_all(b"ticket").unwrap();
        theirs.write_all(b"\x12\x12").unwrap();
        ours.set_read_timeout(Duration::from_secs(5)).unwrap();
        let mut answer = [0; 8];
        assert_eq!(ours.read(&mut answer).unwrap(), 2);
        theirs.write_all(b"\x14\x00\x00\x00").unwrap();
        ours.close();
        let mut all = Vec::new();
        theirs.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"ticket", "no reset although something was left unread");
    }

    #[test]
    fn nobody_there_is_told_from_nobody_listening() {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        assert!(matches!(open("127.0.0.1", port, None), Err(OpenError::Refused)));
        assert!(matches!(
            open("no.such.host.invalid", 9100, None),
            Err(OpenError::Unreachable(_))
        ));
    }

    #[test]
    fn a_line_that_died_in_silence_is_not_taken_for_one_that_is_only_late() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        notice_silence(&stream).unwrap();
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(GONE_AFTER));
        let dead = dead_or_late(io::ErrorKind::TimedOut.into());
        assert_eq!(super::super::is_timeout(&dead), cfg!(windows));
        assert!(super::super::is_timeout(&dead_or_late(
            io::ErrorKind::WouldBlock.into()
        )));
    }

    #[test]
    fn a_read_ends_when_its_time_is_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ours = open("127.0.0.1", listener.local_addr().unwrap().port(), None).unwrap();
        ours.set_read_timeout(Duration::ZERO).unwrap();
        assert!(super::super::is_timeout(&ours.read(&mut [0; 8]).unwrap_err()));
    }

    const OURS: &str = "02:fc:00:00:00:05";
    const THEIRS: &str = "02:fc:00:00:00:06";

    fn rows(rows: &[(&str, &str)]) -> String {
        let row = |(ip, mac): &(&str, &str)| format!("{ip} 0x1 0x2 {mac} * eth0\n");
        rows.iter().map(row).collect()
    }

    /// Opens 127.0.0.50, behind which `OURS` was before; the table is `before` and, once the network was asked, `after`.
    fn open_moved(port: u16, before: &str, after: &str) -> Result<Box<dyn Port>, OpenError> {
        let asked = std::cell::Cell::new(false);
        let table = || if asked.get() { after } else { before }.to_owned();
        let wake = |near: Ipv4Addr| {
            assert_eq!(near, Ipv4Addr::new(127, 0, 0, 50));
            asked.set(true);
        };
        let neighbours = Neighbours {
            table: &table,
            wake: &wake,
        };
        let home = SocketAddr::from(([127, 0, 0, 50], port));
        open_at(&[home], Some(OURS), &neighbours)
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn fault_n7_a_printer_whose_address_moved_is_found_by_its_network_card() {
        let listener = TcpListener::bind("127.0.0.51:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let moved = rows(&[("127.0.0.51", OURS)]);
        // Known to the system already, or only once the network was asked.
        for before in [moved.as_str(), ""] {
            let mut ours = open_moved(port, before, &moved).unwrap();
            assert_eq!(ours.identity().as_deref(), Some(OURS));
            let (mut theirs, _) = listener.accept().unwrap();
            ours.write_all(b"ticket").unwrap();
            ours.close();
            let mut all = Vec::new();
            theirs.read_to_end(&mut all).unwrap();
            assert_eq!(all, b"ticket");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn fault_n7_whoever_got_the_printers_old_address_is_sent_nothing() {
        let stranger = TcpListener::bind("127.0.0.50:0").unwrap();
        let port = stranger.local_addr().unwrap().port();
        let nobody = rows(&[("127.0.0.50", THEIRS)]);
        let refused = open_moved(port, &nobody, &nobody).map(drop).unwrap_err();
        assert!(matches!(refused, OpenError::Replaced { .. }), "{refused}");
        assert!(refused.to_string().contains("new printer?"));
        // Ours is at another address now, where it is taken.
        let listener = TcpListener::bind(("127.0.0.51", port)).unwrap();
        let both = rows(&[("127.0.0.50", THEIRS), ("127.0.0.51", OURS)]);
        let ours = open_moved(port, &nobody, &both).unwrap();
        assert_eq!(ours.identity().as_deref(), Some(OURS));
        drop((ours, listener));
        let mut bytes = Vec::new();
        stranger.accept().unwrap().0.read_to_end(&mut bytes).unwrap();
        assert!(bytes.is_empty(), "not one byte to a stranger");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn fault_n7_behind_a_router_no_card_is_known_and_the_address_alone_counts() {
        let listener = TcpListener::bind("127.0.0.50:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(open_moved(port, "", "").unwrap().identity(), None);
    }
}
