//! Which other program holds a device, for the person who has to close it. Linux tells; elsewhere nobody knows.

use std::path::Path;

use rusb::{Device, UsbContext};

/// The program that has a USB device open besides us, such as `cupsd (process 412)`.
pub(super) fn of_usb<T: UsbContext>(device: &Device<T>) -> Option<String> {
    let node = format!("/dev/bus/usb/{:03}/{:03}", device.bus_number(), device.address());
    of(Path::new(&node))
}

/// The program that has this device open besides us; none where nobody has or we may not see it.
pub(super) fn of(device: &Path) -> Option<String> {
    let device = device.canonicalize().unwrap_or_else(|_| device.to_owned());
    let ours = std::process::id().to_string();
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let id = process.file_name().to_string_lossy().into_owned();
        if id == ours || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let open = std::fs::read_dir(process.path().join("fd"))
            .into_iter()
            .flatten()
            .flatten();
        let mut files = open.filter_map(|file| std::fs::read_link(file.path()).ok());
        if files.any(|file| file == device) {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some(format!("`{}`, process {id}", name.trim()));
        }
    }
    None
}

/// The kernel's own device for this printer, where another program prints through it right now: it serves one at
/// a time.
#[cfg(target_os = "linux")]
pub(super) fn kernel_device_in_use(place: &str, interface: u8) -> Option<std::path::PathBuf> {
    use std::os::unix::fs::OpenOptionsExt as _;
    /// Without it the opening of a device that waits for something would not return.
    const O_NONBLOCK: i32 = 0o4000;
    let interfaces = std::fs::read_dir("/sys/bus/usb/devices")
        .into_iter()
        .flatten()
        .flatten();
    let ours = interfaces.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let rest = name.strip_prefix(place).and_then(|rest| rest.strip_prefix(':'));
        rest.and_then(|rest| rest.split_once('.'))
            .is_some_and(|(_, number)| number == interface.to_string())
    });
    let nodes = ours.flat_map(|entry| {
        std::fs::read_dir(entry.path().join("usbmisc"))
            .into_iter()
            .flatten()
            .flatten()
    });
    let mut nodes = nodes.map(|node| Path::new("/dev/usb").join(node.file_name()));
    nodes.find(|path| {
        let opened = std::fs::OpenOptions::new()
            .write(true)
            .custom_flags(O_NONBLOCK)
            .open(path);
        opened.is_err_and(|error| error.kind() == std::io::ErrorKind::ResourceBusy)
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn kernel_device_in_use(_: &str, _: u8) -> Option<std::path::PathBuf> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_program_that_holds_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lp0");
        let file = std::fs::File::create(&path).unwrap();
        assert_eq!(of(&path), None, "our own hands do not count");
        let mut other = std::process::Command::new("sleep")
            .arg("60")
            .stdin(file)
            .spawn()
            .unwrap();
        let named = of(&path);
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(named, Some(format!("`sleep`, process {}", other.id())));
    }
}
