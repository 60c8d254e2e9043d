//! Raw TCP, port 9100. An ACK means that the interface has the bytes, not that they are on paper.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::{CONNECT, OpenError, Port, WRITE};

/// How long a closing connection listens for the printer's own close; a reset would cost some printers a socket.
const FAREWELL: Duration = Duration::from_millis(200);

/// So long nothing of what was sent is acknowledged before the line counts as dead: a network that stumbles
/// comes back sooner, and the queue behind it goes to its backup in time.
const GONE_AFTER: Duration = Duration::from_secs(20);

pub(super) fn open(host: &str, port: u16) -> Result<Box<dyn Port>, OpenError> {
    let addresses = (host, port).to_socket_addrs().map_err(OpenError::Unreachable)?;
    let end = Instant::now() + CONNECT;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => return prepare(stream).map_err(OpenError::Other),
            Err(error) => last = error,
        }
    }
    Err(match last.kind() {
        io::ErrorKind::ConnectionRefused => OpenError::Refused,
        _ => OpenError::Unreachable(last),
    })
}

fn prepare(stream: TcpStream) -> io::Result<Box<dyn Port>> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE))?;
    notice_silence(&stream)?;
    Ok(Box::new(Tcp(stream)))
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

struct Tcp(TcpStream);

impl Read for Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(dead_or_late)
    }
}

impl Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(dead_or_late)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Port for Tcp {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        // Zero would mean for ever.
        self.0
            .set_read_timeout(Some(timeout.max(Duration::from_millis(1))))
    }

    fn close(mut self: Box<Self>) {
        let end = Instant::now() + FAREWELL;
        if self.0.shutdown(Shutdown::Write).is_err() || self.set_read_timeout(FAREWELL).is_err() {
            return;
        }
        let mut rest = [0; 256];
        while Instant::now() < end && matches!(self.0.read(&mut rest), Ok(1..)) {}
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
        let mut ours = open("localhost", port).unwrap();
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
        assert!(matches!(open("127.0.0.1", port), Err(OpenError::Refused)));
        assert!(matches!(
            open("no.such.host.invalid", 9100),
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
        let mut ours = open("127.0.0.1", listener.local_addr().unwrap().port()).unwrap();
        ours.set_read_timeout(Duration::ZERO).unwrap();
        assert!(super::super::is_timeout(&ours.read(&mut [0; 8]).unwrap_err()));
    }
}
