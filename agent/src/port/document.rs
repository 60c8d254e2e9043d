//! A printer behind a spooler: a ticket becomes one document, and its last byte is taken once the spooler
//! says that the document is done.
//!
//! The press writes what is left from where the port stopped taking. So the port holds the last byte of every
//! write back: a write of one byte alone is the end of a ticket. Until the spooler is done with it that byte
//! is not taken, which is how a stopped queue looks like a printer that takes no data.

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use super::{Port, WRITE};

/// Between two looks at a document.
const LOOK: Duration = Duration::from_millis(500);

/// The largest ticket; a long one of pictures has 1 MB.
const DOCUMENT_MAX: usize = 16 * 1024 * 1024;

/// How a document stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// It waits, or is being printed.
    Pending,
    /// The spooler has handed all of it to the printer.
    Done,
    /// It will not be printed, and why.
    Failed(String),
}

/// A spooler's queue.
pub(super) trait Queue: Send {
    /// Hands a document over; its number comes back. It is either taken whole or not at all.
    fn submit(&mut self, document: &[u8]) -> io::Result<u32>;

    /// How the document stands.
    fn progress(&mut self, number: u32) -> io::Result<Progress>;
}

/// A [`Port`] that makes documents.
pub(super) struct Documents<Q> {
    queue: Q,
    ticket: Vec<u8>,
    submitted: Option<u32>,
    looked: Option<Instant>,
}

impl<Q: Queue> Documents<Q> {
    pub(super) fn new(queue: Q) -> Self {
        Self {
            queue,
            ticket: Vec::new(),
            submitted: None,
            looked: None,
        }
    }

    /// Whether the spooler is done with the ticket that ends in `last`.
    fn finish(&mut self, last: u8) -> io::Result<()> {
        let number = match self.submitted {
            Some(number) => number,
            None => {
                let document = [self.ticket.as_slice(), &[last]].concat();
                let number = self.queue.submit(&document)?;
                self.ticket = Vec::new();
                *self.submitted.insert(number)
            }
        };
        let end = Instant::now() + WRITE;
        while self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            if Instant::now() >= end {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(WRITE / 10);
        }
        self.looked = Some(Instant::now());
        match self.queue.progress(number)? {
            Progress::Pending => Err(io::ErrorKind::TimedOut.into()),
            Progress::Done => {
                (self.submitted, self.looked) = (None, None);
                Ok(())
            }
            Progress::Failed(why) => Err(io::Error::other(why)),
        }
    }
}

impl<Q: Queue> Read for Documents<Q> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<Q: Queue> Write for Documents<Q> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match bytes {
            [] => Ok(0),
            [last] => self.finish(*last).map(|()| 1),
            [first @ .., _] if self.ticket.len() + first.len() < DOCUMENT_MAX => {
                self.ticket.extend(first);
                Ok(first.len())
            }
            [..] => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<Q: Queue> Port for Documents<Q> {
    fn set_read_timeout(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn is_readable(&self) -> bool {
        false
    }

    fn close(self: Box<Self>) {}
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Fake {
        documents: Arc<Mutex<Vec<Vec<u8>>>>,
        says: Arc<Mutex<Vec<Progress>>>,
    }

    impl Queue for Fake {
        fn submit(&mut self, document: &[u8]) -> io::Result<u32> {
            self.documents.lock().unwrap().push(document.to_vec());
            Ok(7)
        }

        fn progress(&mut self, number: u32) -> io::Result<Progress> {
            assert_eq!(number, 7);
            Ok(self.says.lock().unwrap().pop().unwrap_or(Progress::Done))
        }
    }

    /// As the press writes: chunks, each from where the port stopped, again where it ran out of time.
    fn print(port: &mut Documents<Fake>, ticket: &[u8]) -> io::Result<()> {
        let mut at = 0;
        while at < ticket.len() {
            let rest = &ticket[at..];
            match port.write(&rest[..rest.len().min(8)]) {
                Ok(taken) => at += taken,
                Err(error) if super::super::is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    #[test]
    fn each_ticket_is_one_document_of_the_same_bytes() {
        let fake = Fake::default();
        let mut port = Documents::new(fake.clone());
        let long: Vec<u8> = (0..=200).collect();
        for ticket in [b"first ticket".as_slice(), b"second", &long] {
            print(&mut port, ticket).unwrap();
        }
        assert_eq!(
            *fake.documents.lock().unwrap(),
            [b"first ticket".to_vec(), b"second".to_vec(), long]
        );
    }

    #[test]
    fn a_ticket_is_taken_once_the_spooler_is_done_and_submitted_once() {
        let fake = Fake::default();
        fake.says
            .lock()
            .unwrap()
            .extend([Progress::Done, Progress::Pending]);
        let mut port = Documents::new(fake.clone());
        print(&mut port, b"ticket").unwrap();
        assert!(fake.says.lock().unwrap().is_empty(), "asked until it was done");
        assert_eq!(fake.documents.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_document_that_the_spooler_drops_fails_the_write() {
        let fake = Fake::default();
        fake.says
            .lock()
            .unwrap()
            .push(Progress::Failed("cancelled in CUPS".to_owned()));
        let error = print(&mut Documents::new(fake), b"ticket").unwrap_err();
        assert_eq!(error.to_string(), "cancelled in CUPS");
    }
}
