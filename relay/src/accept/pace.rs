//! How long a connection may take over what it is doing (X1).
//!
//! A request's head must come within [`HEAD_WITHIN`]; between two requests a connection may rest
//! for [`IDLE_FOR`]; an answer must be taken bit by bit, never pausing for [`IDLE_FOR`]. A request's
//! body has its own limit where it is read, and sockets theirs.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::stream::Stream;

/// From a request's first byte to its head's last. With `LOOK_EVERY` it stays below the 10 s of
/// X1.
pub const HEAD_WITHIN: Duration = Duration::from_secs(8);

/// How long a connection may rest. Longer than the 60 s after which load balancers let go, so that
/// they, and not we, close first.
pub const IDLE_FOR: Duration = Duration::from_secs(75);

/// How often a connection's time is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1_500);

/// How long the other side may take nothing of what is written to it. Who reads nothing for so long
/// is gone, and holds memory.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);

const RESTING: u8 = 0;
const READING_HEAD: u8 = 1;
const BUSY: u8 = 2;

/// What a connection is doing, and until when. Moved by its reads and writes, watched by its task.
#[derive(Debug)]
pub struct Pace {
    start: Instant,
    doing: AtomicU8,
    until_ms: AtomicU64,
}

impl Pace {
    /// A connection that was just taken: its first head is awaited.
    #[must_use]
    pub fn start() -> Self {
        let pace = Self {
            start: Instant::now(),
            doing: AtomicU8::new(READING_HEAD),
            until_ms: AtomicU64::new(0),
        };
        pace.allow(HEAD_WITHIN);
        pace
    }

    /// A head is complete; whoever answers limits the rest.
    pub fn busy(&self) {
        self.doing.store(BUSY, Ordering::Relaxed);
        self.until_ms.store(u64::MAX, Ordering::Relaxed);
    }

    /// An answer is ready; it has to be taken, and then a new request may come.
    pub fn answered(&self) {
        self.doing.store(RESTING, Ordering::Relaxed);
        self.allow(IDLE_FOR);
    }

    /// Waits until the connection has been too slow.
    pub async fn expired(&self) {
        loop {
            let until = Duration::from_millis(self.until_ms.load(Ordering::Relaxed));
            let left = until.saturating_sub(self.start.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_EVERY)).await;
        }
    }

    fn read(&self) {
        if self.doing.load(Ordering::Relaxed) == RESTING {
            self.doing.store(READING_HEAD, Ordering::Relaxed);
            self.allow(HEAD_WITHIN);
        }
    }

    fn written(&self) {
        if self.doing.load(Ordering::Relaxed) == RESTING {
            self.allow(IDLE_FOR);
        }
    }

    fn allow(&self, time: Duration) {
        let until = self.start.elapsed().saturating_add(time).as_millis();
        self.until_ms
            .store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// A stream whose reads and writes move its [`Pace`].
#[derive(Debug)]
pub struct Paced {
    stream: Stream,
    pace: Arc<Pace>,
    /// Since a write has to wait.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    /// Watches a stream.
    #[must_use]
    pub fn new(stream: Stream, pace: Arc<Pace>) -> Self {
        Self {
            stream,
            pace,
            stalled: None,
        }
    }

    /// A write goes on, or has waited for too long.
    fn written<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            self.pace.written();
            return polled;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(TAKEN_WITHIN)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// The stream alone, for a socket that keeps its own time.
    #[must_use]
    pub fn into_inner(self) -> Stream {
        self.stream
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.pace.read();
        }
        polled
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(cx, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(pace: &Pace) -> Duration {
        Duration::from_millis(pace.until_ms.load(Ordering::Relaxed)).saturating_sub(pace.start.elapsed())
    }

    #[test]
    fn bytes_of_a_head_do_not_buy_it_more_time() {
        let pace = Pace::start();
        pace.until_ms.store(500, Ordering::Relaxed);
        pace.read();
        pace.written();
        assert!(left(&pace) <= Duration::from_millis(500));
    }

    #[test]
    fn a_request_after_a_rest_has_a_heads_time_again() {
        let pace = Pace::start();
        pace.busy();
        pace.read();
        assert!(left(&pace) > IDLE_FOR);
        pace.answered();
        assert!(left(&pace) > HEAD_WITHIN && left(&pace) <= IDLE_FOR);
        pace.read();
        assert!(left(&pace) <= HEAD_WITHIN);
    }

    #[test]
    fn an_answer_that_is_being_taken_goes_on() {
        let pace = Pace::start();
        pace.answered();
        pace.until_ms.store(500, Ordering::Relaxed);
        pace.written();
        assert!(left(&pace) > HEAD_WITHIN);
    }
}
