//! One request to the CUPS server, over its socket or over TCP, as HTTP/1.1 with a closed connection after it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Where CUPS listens beside its port.
const SOCKETS: [&str; 2] = ["/run/cups/cups.sock", "/var/run/cupsd"];

/// IPP's port.
const PORT: u16 = 631;

/// A local server answers at once; one under load needs some seconds.
const WITHIN: Duration = Duration::from_secs(10);

/// The longest answer: some hundred queues.
const ANSWER_MAX: u64 = 4 * 1024 * 1024;

/// The longest line of a head.
const LINE_MAX: u64 = 8 * 1024;

/// Lines of a head.
const LINES_MAX: usize = 100;

/// Where the CUPS server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Server {
    /// A socket in the file system.
    Socket(PathBuf),
    /// Host and port.
    Tcp(String, u16),
}

impl Server {
    /// As `CUPS_SERVER` says (a path, `HOST` or `HOST:PORT`), else the usual socket, else this computer's port.
    pub(super) fn find(named: Option<&str>) -> Self {
        match named.filter(|name| !name.is_empty()) {
            Some(path) if path.starts_with('/') => Self::Socket(path.into()),
            Some(host) => match host.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
                Some((host, Ok(port))) => Self::Tcp(host.to_owned(), port),
                Some((_, Err(_))) | None => Self::Tcp(host.to_owned(), PORT),
            },
            None => {
                let there = SOCKETS.into_iter().map(PathBuf::from).find(|path| path.exists());
                there.map_or_else(|| Self::Tcp("localhost".to_owned(), PORT), Self::Socket)
            }
        }
    }

    /// Sends an IPP message and gives the body of the answer.
    pub(super) fn post(&self, path: &str, message: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Socket(socket) => {
                let stream = UnixStream::connect(socket)?;
                stream.set_read_timeout(Some(WITHIN))?;
                stream.set_write_timeout(Some(WITHIN))?;
                exchange(stream, "localhost", path, message)
            }
            Self::Tcp(host, port) => {
                let address = (host.as_str(), *port).to_socket_addrs()?.next();
                let address = address.ok_or(io::ErrorKind::NotFound)?;
                let stream = TcpStream::connect_timeout(&address, WITHIN)?;
                stream.set_read_timeout(Some(WITHIN))?;
                stream.set_write_timeout(Some(WITHIN))?;
                exchange(stream, host, path, message)
            }
        }
    }
}

fn exchange(mut stream: impl Read + Write, host: &str, path: &str, message: &[u8]) -> io::Result<Vec<u8>> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        message.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(message)?;
    stream.flush()?;
    body(BufReader::new(stream.take(ANSWER_MAX)))
}

/// The body of an answer with status 200, whatever came before it.
fn body(mut answer: impl BufRead) -> io::Result<Vec<u8>> {
    loop {
        let status = line(&mut answer)?;
        let status = status.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut chunked, mut length) = (false, None);
        for _ in 0..LINES_MAX {
            let head = line(&mut answer)?;
            if head.is_empty() {
                break;
            }
            let (name, value) = head.split_once(':').unwrap_or((&head, ""));
            match name.to_ascii_lowercase().as_str() {
                "transfer-encoding" => chunked = value.to_ascii_lowercase().contains("chunked"),
                "content-length" => length = value.trim().parse::<u64>().ok(),
                _ => {}
            }
        }
        match (status.as_str(), chunked, length) {
            ("100", ..) => {}
            ("200", true, _) => return chunks(&mut answer),
            ("200", false, length) => {
                let mut body = Vec::new();
                answer.take(length.unwrap_or(ANSWER_MAX)).read_to_end(&mut body)?;
                return Ok(body);
            }
            ("401" | "403", ..) => return Err(io::ErrorKind::PermissionDenied.into()),
            _ => return Err(io::Error::other(format!("CUPS answers with HTTP {status}"))),
        }
    }
}

fn chunks(answer: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = line(answer)?;
        let size = size.split(';').next().unwrap_or_default().trim().to_owned();
        let size = u64::from_str_radix(&size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            return Ok(body);
        }
        if answer.take(size).read_to_end(&mut body)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line(answer)?;
    }
}

fn line(answer: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if answer.take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &[u8]) -> io::Result<Vec<u8>> {
        body(BufReader::new(answer))
    }

    #[test]
    fn bodies_come_in_chunks_or_with_a_length_and_after_a_continue() {
        let chunked = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), b"abcde");
        assert_eq!(
            read(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nabc").unwrap(),
            b"ab"
        );
    }

    #[test]
    fn refusals_and_broken_answers_are_errors() {
        let kind = |answer| read(answer).unwrap_err().kind();
        assert_eq!(
            kind(b"HTTP/1.1 403 Forbidden\r\n\r\n"),
            io::ErrorKind::PermissionDenied
        );
        assert_eq!(kind(b""), io::ErrorKind::UnexpectedEof);
        assert_eq!(
            kind(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            io::ErrorKind::InvalidData
        );
        let cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n";
        assert_eq!(kind(cut), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn the_server_is_found_as_cups_own_programs_find_it() {
        assert_eq!(
            Server::find(Some("/tmp/c.sock")),
            Server::Socket("/tmp/c.sock".into())
        );
        assert_eq!(
            Server::find(Some("print.lan")),
            Server::Tcp("print.lan".into(), 631)
        );
        assert_eq!(
            Server::find(Some("127.0.0.1:6631")),
            Server::Tcp("127.0.0.1".into(), 6631)
        );
    }
}
