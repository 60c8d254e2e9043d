//! A printer of the Windows spooler, raw: it works on the printer's stock driver, and nothing has to be
//! installed (winspool.h: `OpenPrinter`, `StartDocPrinter`, `WritePrinter`, `GetJob`).

#![expect(unsafe_code, reason = "Windows' spooler has no other interface")]

use std::ffi::c_void;
use std::io;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_INVALID_PRINTER_NAME,
    ERROR_SUCCESS, SetLastError,
};
use windows_sys::Win32::Graphics::Printing::{
    ClosePrinter, DOC_INFO_1W, EndDocPrinter, EnumPrintersW, GetJobW, JOB_INFO_1W, JOB_STATUS_BLOCKED_DEVQ,
    JOB_STATUS_COMPLETE, JOB_STATUS_DELETED, JOB_STATUS_ERROR, JOB_STATUS_PRINTED, OpenPrinterW,
    PRINTER_ENUM_CONNECTIONS, PRINTER_ENUM_LOCAL, PRINTER_HANDLE, PRINTER_INFO_4W, StartDocPrinterW,
    WritePrinter,
};

use super::document::{Documents, Progress, Queue};
use super::{OpenError, Port};

/// The most room that Windows may ask for a description: thousands of printers.
const ROOM_MAX: u32 = 4 * 1024 * 1024;

pub(super) fn open(name: &str) -> Result<Box<dyn Port>, OpenError> {
    let named = format!("the Windows printer \"{name}\"");
    let handle = Handle::open(name).map_err(|error| {
        match error.raw_os_error().and_then(|code| u32::try_from(code).ok()) {
            Some(ERROR_INVALID_PRINTER_NAME) => OpenError::Missing(named.clone()),
            Some(ERROR_ACCESS_DENIED) => OpenError::Denied(named.clone()),
            Some(_) | None => OpenError::Other(error),
        }
    })?;
    Ok(Box::new(Documents::new(handle)))
}

/// The printers that Windows shows to this account.
///
/// # Errors
/// Where the spooler service does not run.
pub(crate) fn printers() -> io::Result<Vec<String>> {
    let (mut needed, mut count) = (0, 0);
    let kinds = PRINTER_ENUM_LOCAL | PRINTER_ENUM_CONNECTIONS;
    // SAFETY: no room is given, so that nothing is written but the two numbers.
    unsafe { EnumPrintersW(kinds, null(), 4, null_mut(), 0, &mut needed, &mut count) };
    if needed == 0 {
        return Ok(Vec::new());
    }
    let mut room = room(needed)?;
    let size = bytes(&room);
    // SAFETY: `room` has `size` bytes, aligned for the structures that are written into it.
    let done = unsafe {
        EnumPrintersW(
            kinds,
            null(),
            4,
            room.as_mut_ptr().cast(),
            size,
            &mut needed,
            &mut count,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: Windows wrote `count` structures, whose names point into `room`, which lives until the end.
    let infos = unsafe { std::slice::from_raw_parts(room.as_ptr().cast::<PRINTER_INFO_4W>(), count) };
    // SAFETY: each name is a text with a zero at its end.
    Ok(infos
        .iter()
        .map(|info| unsafe { text(info.pPrinterName) })
        .collect())
}

/// An open printer.
struct Handle(PRINTER_HANDLE);

// SAFETY: a printer's handle belongs to the process, not to a thread, and one thread at a time uses it.
unsafe impl Send for Handle {}

impl Handle {
    fn open(name: &str) -> io::Result<Self> {
        let name = wide(name);
        let mut handle = PRINTER_HANDLE::default();
        // SAFETY: the name ends with a zero, and the handle is written where it is opened.
        match unsafe { OpenPrinterW(name.as_ptr(), &mut handle, null()) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(Self(handle)),
        }
    }

    /// All of it, or an error.
    fn write(&self, document: &[u8]) -> io::Result<()> {
        let mut rest = document;
        while !rest.is_empty() {
            let size = u32::try_from(rest.len()).unwrap_or(u32::MAX);
            let mut taken = 0;
            // SAFETY: `rest` has at least `size` bytes.
            let done = unsafe { WritePrinter(self.0, rest.as_ptr().cast::<c_void>(), size, &mut taken) };
            if done == 0 || taken == 0 {
                return Err(io::Error::last_os_error());
            }
            rest = rest
                .get(usize::try_from(taken).unwrap_or(usize::MAX)..)
                .unwrap_or_default();
        }
        Ok(())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it is open, and closed this once.
        unsafe { ClosePrinter(self.0) };
    }
}

impl Queue for Handle {
    fn submit(&mut self, document: &[u8]) -> io::Result<u32> {
        let (mut title, mut kind) = (wide("Printrail ticket"), wide("RAW"));
        let info = DOC_INFO_1W {
            pDocName: title.as_mut_ptr(),
            pOutputFile: null_mut(),
            pDatatype: kind.as_mut_ptr(),
        };
        // SAFETY: both texts end with a zero and live until the call is over.
        let number = unsafe { StartDocPrinterW(self.0, 1, &info) };
        let number = u32::try_from(number).ok().filter(|number| *number > 0);
        let number = number.ok_or_else(io::Error::last_os_error)?;
        let written = self.write(document);
        // SAFETY: a document is open.
        let ended = unsafe { EndDocPrinter(self.0) };
        written?;
        if ended == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(number)
    }

    fn progress(&mut self, number: u32) -> io::Result<Progress> {
        let mut needed = 0;
        // SAFETY: no room is given, so that nothing is written but the number.
        unsafe {
            SetLastError(ERROR_SUCCESS);
            GetJobW(self.0, number, 1, null_mut(), 0, &mut needed)
        };
        let error = io::Error::last_os_error()
            .raw_os_error()
            .and_then(|code| u32::try_from(code).ok());
        match error {
            // The spooler forgets a job when all of it is at the printer; Wine's then says nothing at all.
            Some(ERROR_INVALID_PARAMETER | ERROR_SUCCESS) => return Ok(Progress::Done),
            Some(ERROR_INSUFFICIENT_BUFFER) => {}
            Some(_) | None => return Ok(Progress::Pending),
        }
        let mut room = room(needed)?;
        let size = bytes(&room);
        // SAFETY: `room` has `size` bytes, aligned for the structure.
        if unsafe { GetJobW(self.0, number, 1, room.as_mut_ptr().cast(), size, &mut needed) } == 0 {
            return Ok(Progress::Pending);
        }
        // SAFETY: Windows wrote one structure at the beginning of `room`.
        let status = unsafe { (*room.as_ptr().cast::<JOB_INFO_1W>()).Status };
        Ok(of_status(status))
    }
}

/// What the bits of a job's state mean for the ticket.
fn of_status(status: u32) -> Progress {
    let has = |bit: u32| status & bit != 0;
    if has(JOB_STATUS_PRINTED) || has(JOB_STATUS_COMPLETE) {
        Progress::Done
    } else if has(JOB_STATUS_DELETED) {
        Progress::Failed("the ticket was deleted in the Windows spooler".to_owned())
    } else if has(JOB_STATUS_ERROR) || has(JOB_STATUS_BLOCKED_DEVQ) {
        Progress::Failed("the Windows spooler reports an error for the ticket".to_owned())
    } else {
        // Paused, spooling, printing, offline, out of paper: it is in the spooler and prints after that.
        Progress::Pending
    }
}

fn wide(text: &str) -> Vec<u16> {
    // A zero inside would end it early: such a name is nobody's.
    text.encode_utf16().filter(|unit| *unit != 0).chain([0]).collect()
}

/// Room for what Windows writes, aligned for every structure.
fn room(needed: u32) -> io::Result<Vec<u64>> {
    if needed > ROOM_MAX {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    Ok(vec![
        0;
        usize::try_from(needed).unwrap_or(0) / size_of::<u64>() + 1
    ])
}

fn bytes(room: &[u64]) -> u32 {
    u32::try_from(size_of_val(room)).unwrap_or(0)
}

/// # Safety
/// `text` is null or ends with a zero.
unsafe fn text(text: *const u16) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller says that there is a zero.
    let length = (0..).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: so many units were just looked at.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u5_a_job_is_done_when_printed_and_waits_through_trouble() {
        assert_eq!(of_status(JOB_STATUS_PRINTED), Progress::Done);
        assert_eq!(of_status(0), Progress::Pending);
        assert!(matches!(of_status(JOB_STATUS_DELETED), Progress::Failed(_)));
    }
}
