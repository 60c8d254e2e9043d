//! How full the spool's disk is, so that somebody hears of it before it takes nothing more.

use std::path::Path;

/// From so many per cent on a person is told (DELIVERY.md, D2).
pub const ALARM_AT: u8 = 90;

/// Per cent of the disk with this folder that are used; none where the system does not say.
#[cfg(unix)]
#[must_use]
pub fn used(folder: &Path) -> Option<u8> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    per_cent(disk.f_blocks, disk.f_bavail)
}

/// Per cent of the disk with this folder that are used; none where the system does not say.
#[cfg(windows)]
#[must_use]
pub fn used(folder: &Path) -> Option<u8> {
    let (free, all) = room(folder)?;
    per_cent(all, free)
}

/// Free bytes for this user, and all bytes, of the disk with this folder.
#[cfg(windows)]
#[expect(unsafe_code, reason = "Windows tells free room in no other way")]
pub(crate) fn room(folder: &Path) -> Option<(u64, u64)> {
    use std::os::windows::ffi::OsStrExt as _;
    use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
    let name: Vec<u16> = folder.as_os_str().encode_wide().chain([0]).collect();
    let (mut free, mut size) = (0, 0);
    // SAFETY: the name ends with a zero, and both numbers are written where they are.
    let done = unsafe { GetDiskFreeSpaceExW(name.as_ptr(), &mut free, &mut size, std::ptr::null_mut()) };
    (done != 0).then_some((free, size))
}

/// Per cent of the disk with this folder that are used; none where the system does not say.
#[cfg(not(any(unix, windows)))]
#[must_use]
pub fn used(_: &Path) -> Option<u8> {
    None
}

/// Of all blocks so many are free for us; whoever is root has more, and we are not.
#[cfg(any(unix, windows))]
fn per_cent(all: u64, free: u64) -> Option<u8> {
    let used = u128::from(all.saturating_sub(free)) * 100;
    u8::try_from(used.div_ceil(u128::from(all.max(1)))).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_rounded_up_and_a_disk_of_this_computer_has_one() {
        assert_eq!(per_cent(1000, 1000), Some(0));
        assert_eq!(per_cent(1000, 100), Some(90));
        assert_eq!(per_cent(1000, 99), Some(91));
        assert_eq!(per_cent(1000, 0), Some(100));
        assert_eq!(per_cent(0, 0), Some(0));
        assert!(used(Path::new("/")).is_some_and(|share| share <= 100));
        assert_eq!(used(Path::new("/no/such/folder")), None);
    }
}
