//! USB printers by libusb: the printer-class interface, a packet at a time so that a stall leaves an exact offset.

use std::io::{self, Read, Write};
use std::time::Duration;

use rusb::{Context, Device, DeviceHandle, Direction, TransferType, UsbContext};

use super::{OpenError, Port, WRITE};

/// bInterfaceClass of printers (USB Printer Class 1.1).
const PRINTER_CLASS: u8 = 7;

/// For the strings of a device.
const STRINGS: Duration = Duration::from_millis(500);

pub(super) fn open(vendor: u16, product: u16, serial: Option<&str>) -> Result<Box<dyn Port>, OpenError> {
    let name = format!("the USB printer {vendor:04x}:{product:04x}");
    let wrong = |error| wrong(error, &name);
    // Fails where the system has no USB at all.
    let context = Context::new().map_err(|_| OpenError::Unsupported("USB"))?;
    let mut found = Vec::new();
    for device in context.devices().map_err(wrong)?.iter() {
        let ids = device.device_descriptor().map_err(wrong)?;
        if (ids.vendor_id(), ids.product_id()) == (vendor, product)
            && serial.is_none_or(|serial| has_serial(&device, serial))
        {
            found.push(device);
        }
    }
    match found.as_slice() {
        [] => Err(OpenError::Missing(match serial {
            Some(serial) => format!("{name} with serial number {serial}"),
            None => name,
        })),
        [device] => claim(device).map_err(wrong),
        // Taking either could print to the wrong one.
        _ => Err(OpenError::Ambiguous(name)),
    }
}

fn wrong(error: rusb::Error, name: &str) -> OpenError {
    match error {
        rusb::Error::Access => OpenError::Denied(name.to_owned()),
        rusb::Error::Busy => OpenError::Busy(name.to_owned()),
        rusb::Error::NoDevice | rusb::Error::NotFound => OpenError::Missing(name.to_owned()),
        error => OpenError::Other(io::Error::other(error)),
    }
}

fn has_serial(device: &Device<Context>, serial: &str) -> bool {
    let read = || -> rusb::Result<String> {
        let handle = device.open()?;
        let language = *handle
            .read_languages(STRINGS)?
            .first()
            .ok_or(rusb::Error::NotFound)?;
        handle.read_serial_number_string(language, &device.device_descriptor()?, STRINGS)
    };
    read().is_ok_and(|found| found == serial)
}

/// The printer interface and its pipes.
#[derive(Debug, Clone, Copy)]
struct Pipes {
    interface: u8,
    setting: u8,
    write: u8,
    packet: usize,
    read: Option<u8>,
}

fn claim(device: &Device<Context>) -> rusb::Result<Box<dyn Port>> {
    let pipes = pipes(device)?.ok_or(rusb::Error::NotFound)?;
    let handle = device.open()?;
    // The kernel's own driver gets the printer back when the interface is released.
    match handle.set_auto_detach_kernel_driver(true) {
        Ok(()) | Err(rusb::Error::NotSupported) => {}
        Err(error) => return Err(error),
    }
    handle.claim_interface(pipes.interface)?;
    if pipes.setting != 0 {
        handle.set_alternate_setting(pipes.interface, pipes.setting)?;
    }
    let timeout = WRITE;
    Ok(Box::new(Usb {
        handle,
        pipes,
        timeout,
    }))
}

fn pipes(device: &Device<Context>) -> rusb::Result<Option<Pipes>> {
    let config = device.active_config_descriptor()?;
    let settings = config.interfaces().flat_map(|interface| interface.descriptors());
    let found = settings
        .filter(|setting| setting.class_code() == PRINTER_CLASS)
        .find_map(|setting| {
            let bulk = |direction| {
                let mut ends = setting.endpoint_descriptors();
                ends.find(|end| end.transfer_type() == TransferType::Bulk && end.direction() == direction)
            };
            let out = bulk(Direction::Out)?;
            Some(Pipes {
                interface: setting.interface_number(),
                setting: setting.setting_number(),
                write: out.address(),
                packet: usize::from(out.max_packet_size()).max(1),
                read: bulk(Direction::In).map(|end| end.address()),
            })
        });
    Ok(found)
}

struct Usb {
    handle: DeviceHandle<Context>,
    pipes: Pipes,
    timeout: Duration,
}

impl Read for Usb {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(pipe) = self.pipes.read else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        // libusb loses what does not fit; a whole number of packets always does.
        match self.handle.read_bulk(pipe, buffer, self.timeout) {
            // An empty packet says nothing, and is no end.
            Ok(0) | Err(rusb::Error::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Ok(len) => Ok(len),
            Err(rusb::Error::Pipe) => self.unstall(pipe),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

impl Write for Usb {
    /// One packet: it was taken or it was not.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let packet = bytes.get(..self.pipes.packet).unwrap_or(bytes);
        match self.handle.write_bulk(self.pipes.write, packet, WRITE) {
            Ok(len) => Ok(len),
            Err(rusb::Error::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Err(rusb::Error::Pipe) => self.unstall(self.pipes.write),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Usb {
    /// Clears a stall; the same packet goes again, since a stalled one was not taken.
    fn unstall(&self, pipe: u8) -> io::Result<usize> {
        self.handle.clear_halt(pipe).map_err(io::Error::other)?;
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Port for Usb {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        // Zero would mean for ever.
        self.timeout = timeout.max(Duration::from_millis(1));
        Ok(())
    }

    fn is_readable(&self) -> bool {
        self.pipes.read.is_some()
    }

    /// Unplugged in the middle of a packet: nobody knows.
    fn fails_whole(&self) -> bool {
        false
    }

    fn close(self: Box<Self>) {
        let _ = self.handle.release_interface(self.pipes.interface);
    }
}
