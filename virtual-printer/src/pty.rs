//! The pseudo-terminal shell: a printer on a serial cable with XON/XOFF.

use std::io::{self, ErrorKind, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use serialport::{SerialPort, TTYPort};

use crate::device::Input;
use crate::shared::Shared;

const XON: u8 = 0x11;
const XOFF: u8 = 0x13;
/// Says XOFF with less space than this (or a quarter of a small buffer): what a computer still sends until it obeys.
const LOW: usize = 256;
/// And XON again with at least this much (or half of a small buffer).
const HIGH: usize = 512;
/// Bytes read at once.
const READ: usize = 256;
/// How often replies and faults are looked for while nothing comes in.
const GLANCE: Duration = Duration::from_millis(5);

/// Both ends of a cable; the far one stays open, so that a client that closes it is no end of the cable.
pub(crate) struct Cable {
    near: TTYPort,
    far: TTYPort,
    stopped: bool,
}

impl Cable {
    /// A new pseudo-terminal.
    pub(crate) fn new() -> io::Result<Self> {
        let (mut near, far) = TTYPort::pair().map_err(io::Error::from)?;
        near.set_timeout(GLANCE).map_err(io::Error::from)?;
        Ok(Self {
            near,
            far,
            stopped: false,
        })
    }

    /// What a client opens.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.far.name().map(PathBuf::from)
    }

    /// Serves whoever opens the far end, until the printer stops.
    pub(crate) fn serve(mut self, shared: &Shared) {
        while !shared.lock().stopped {
            if self.step(shared).is_err() {
                return;
            }
        }
    }

    fn step(&mut self, shared: &Shared) -> io::Result<()> {
        shared.act(Input::Tick);
        let (replies, room, flow) = {
            let mut state = shared.lock();
            let room = state.device.room(shared.now());
            // A cable cannot be reset; it is only pulled.
            let replies: Vec<u8> = state.replies.drain(..).flatten().flatten().collect();
            let flow = state
                .device
                .is_powered()
                .then(|| (state.device.space(), state.device.capacity()));
            (replies, room, flow)
        };
        self.near.write_all(&replies)?;
        if let Some((space, capacity)) = flow {
            self.flow(space, capacity)?;
        }
        // Without power there is nobody to hold back what comes, so it is lost.
        let limit = if flow.is_some() { room } else { READ };
        if limit == 0 {
            std::thread::sleep(GLANCE);
            return Ok(());
        }
        self.read(limit, shared)
    }

    fn flow(&mut self, space: usize, capacity: usize) -> io::Result<()> {
        let say = match self.stopped {
            false if space < LOW.min(capacity / 4) => XOFF,
            true if space >= HIGH.min(capacity / 2) => XON,
            _ => return Ok(()),
        };
        self.stopped = say == XOFF;
        self.near.write_all(&[say])
    }

    fn read(&mut self, limit: usize, shared: &Shared) -> io::Result<()> {
        let mut buffer = [0; READ];
        let Some(space) = buffer.get_mut(..limit.min(READ)) else {
            return Ok(());
        };
        match self.near.read(space) {
            Ok(count) => {
                shared.act(Input::Bytes(buffer.get(..count).unwrap_or_default()));
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
