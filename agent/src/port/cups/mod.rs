//! A raw queue of CUPS, by IPP: one document per ticket, and its state until CUPS is done with it.
//!
//! The ticket goes as `application/vnd.cups-raw`, so that no filter of the queue touches it. CUPS hears
//! nothing of the printer through most back ends: "completed" means that the bytes were taken, level C.

mod http;
mod ipp;

use std::io;

use super::document::{Documents, Progress};
use super::{OpenError, Port};
use http::Server;
use ipp::{Answer, Request};

/// What CUPS passes on as it stands.
const RAW: &str = "application/vnd.cups-raw";

/// job-state (RFC 8011, 5.3.7).
const JOB_CANCELLED: i32 = 7;
const JOB_ABORTED: i32 = 8;
const JOB_COMPLETED: i32 = 9;

/// printer-state (RFC 8011, 5.4.11).
const PRINTER_STOPPED: i32 = 5;

/// A queue, as a scan shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queue {
    /// Its name.
    pub(crate) name: String,
    /// Maker and model, or what its administrator calls it.
    pub(crate) model: Option<String>,
    /// Where it stands.
    pub(crate) place: Option<String>,
}

/// All queues of this computer's CUPS.
///
/// # Errors
/// Where there is no CUPS.
pub(crate) fn queues() -> io::Result<Vec<Queue>> {
    let wanted = ["printer-name", "printer-make-and-model", "printer-location"];
    let request = Request::new(ipp::GET_PRINTERS).keywords("requested-attributes", &wanted);
    let answer = ask("/", &request.with(&[]))?;
    let rows = answer.rows(wanted).into_iter();
    Ok(rows
        .filter_map(|[name, model, place]| {
            Some(Queue {
                name: name.filter(|name| is_name(name))?,
                model,
                place,
            })
        })
        .collect())
}

pub(super) fn open(name: &str) -> Result<Box<dyn Port>, OpenError> {
    let raw = Raw {
        name: name.to_owned(),
    };
    raw.look()?;
    Ok(Box::new(Documents::new(raw)))
}

/// CUPS itself refuses other names: no space, `/`, `#` or control character.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() < 128
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || "/#?".contains(c))
}

fn ask(path: &str, message: &[u8]) -> io::Result<Answer> {
    let server = Server::find(std::env::var("CUPS_SERVER").ok().as_deref());
    let body = server.post(path, message)?;
    Answer::read(&body).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

struct Raw {
    name: String,
}

impl Raw {
    fn path(&self) -> String {
        format!("/printers/{}", self.name)
    }

    fn request(&self, operation: u16) -> Request {
        Request::new(operation).uri("printer-uri", &format!("ipp://localhost{}", self.path()))
    }

    /// Whether the queue is there and takes documents.
    fn look(&self) -> Result<(), OpenError> {
        let named = format!("the CUPS queue {}", self.name);
        if !is_name(&self.name) {
            return Err(OpenError::Missing(named));
        }
        let wanted = [
            "printer-state",
            "printer-state-reasons",
            "printer-is-accepting-jobs",
        ];
        let request = self
            .request(ipp::GET_PRINTER)
            .keywords("requested-attributes", &wanted);
        let answer = ask(&self.path(), &request.with(&[])).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                OpenError::Missing("the CUPS server (`systemctl start cups`)".to_owned())
            }
            io::ErrorKind::PermissionDenied => OpenError::Denied(named.clone()),
            _ => OpenError::Unreachable(error),
        })?;
        if answer.status == ipp::NOT_FOUND {
            return Err(OpenError::Missing(named));
        }
        if answer.truth("printer-is-accepting-jobs") == Some(false) {
            return Err(OpenError::Stopped(format!(
                "{named} takes no jobs: `cupsaccept {}`",
                self.name
            )));
        }
        if answer.number("printer-state") == Some(PRINTER_STOPPED) {
            let why = reasons(&answer, "printer-state-reasons");
            return Err(OpenError::Stopped(format!(
                "{named} is stopped{why}: `cupsenable {}`",
                self.name
            )));
        }
        Ok(())
    }
}

impl super::document::Queue for Raw {
    fn submit(&mut self, document: &[u8]) -> io::Result<u32> {
        let request = self
            .request(ipp::PRINT_JOB)
            .named("requesting-user-name", "printrail")
            .named("job-name", "Printrail ticket")
            .mime("document-format", RAW);
        let answer = ask(&self.path(), &request.with(document))?;
        let number = answer
            .number("job-id")
            .and_then(|number| u32::try_from(number).ok());
        number.filter(|_| answer.is_ok()).ok_or_else(|| {
            let said = answer.texts("status-message").join(", ");
            io::Error::other(format!(
                "CUPS refuses the ticket (status {:04x}) {said}",
                answer.status
            ))
        })
    }

    fn progress(&mut self, number: u32) -> io::Result<Progress> {
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let wanted = ["job-state", "job-state-reasons"];
        let request = self
            .request(ipp::GET_JOB)
            .number("job-id", number)
            .named("requesting-user-name", "printrail")
            .keywords("requested-attributes", &wanted);
        let answer = ask(&self.path(), &request.with(&[]))?;
        Ok(match answer.number("job-state") {
            Some(JOB_COMPLETED) => Progress::Done,
            Some(JOB_CANCELLED) => Progress::Failed("the ticket was cancelled in CUPS".to_owned()),
            Some(JOB_ABORTED) => Progress::Failed(format!(
                "CUPS gave the ticket up{}",
                reasons(&answer, "job-state-reasons")
            )),
            // A history that CUPS does not keep: it is gone from the queue, so it went to the printer.
            None if answer.status == ipp::NOT_FOUND => Progress::Done,
            Some(_) | None => Progress::Pending,
        })
    }
}

fn reasons(answer: &Answer, name: &str) -> String {
    let reasons: Vec<_> = answer
        .texts(name)
        .into_iter()
        .filter(|reason| reason != "none")
        .take(8)
        .collect();
    if reasons.is_empty() {
        return String::new();
    }
    format!(" ({})", crate::discovery::plain(&reasons.join(", "), 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_queue_never_reaches_a_request() {
        for name in ["", "a b", "a/../b", "a\r\nX: y", "a#1"] {
            assert!(matches!(open(name), Err(OpenError::Missing(_))), "{name:?}");
        }
    }

    #[test]
    fn the_document_type_is_the_one_that_no_filter_touches() {
        let raw = Raw {
            name: "bar".to_owned(),
        };
        let bytes = raw
            .request(ipp::PRINT_JOB)
            .mime("document-format", RAW)
            .with(b"\x1b@");
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("ipp://localhost/printers/bar") && text.contains("application/vnd.cups-raw"));
        assert!(bytes.ends_with(b"\x03\x1b@"));
    }
}
