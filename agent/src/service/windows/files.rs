//! Where the service's program and data lie, and who may touch them.

#![expect(unsafe_code, reason = "rights over files have no other interface")]

use std::ffi::c_void;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1, SE_FILE_OBJECT,
    SetNamedSecurityInfoW,
};
use windows_sys::Win32::Security::{
    ACL, DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl, GetSecurityDescriptorOwner,
    OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
};
use windows_sys::Win32::Storage::FileSystem::{MOVEFILE_DELAY_UNTIL_REBOOT, MoveFileExW};

use super::wide;

/// SYSTEM and the administrators, in the folder and in all that comes to lie in it; nobody else, and nothing
/// from the folder above. The administrators own it, since an owner could change the rights
/// (`ConvertStringSecurityDescriptorToSecurityDescriptor`).
const PRIVATE: &str = "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

/// Where a program lies that only administrators can change: a service runs with all rights.
pub(super) fn program() -> PathBuf {
    let base = std::env::var_os("ProgramFiles").unwrap_or_else(|| r"C:\Program Files".into());
    Path::new(&base).join("Printrail").join("printrail-agent.exe")
}

/// The configuration's folder, with the data folder in it.
pub(super) fn data() -> PathBuf {
    let base = std::env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into());
    Path::new(&base).join("Printrail")
}

/// Copies this program to where the service runs it. One that runs cannot be written, but renamed.
pub(super) fn copy_program() -> io::Result<()> {
    let (here, there) = (std::env::current_exe()?, program());
    if is_same(&here, &there) {
        return Ok(());
    }
    fs::create_dir_all(there.parent().unwrap_or(&there))?;
    let (draft, old) = (there.with_extension("new"), there.with_extension("old"));
    fs::copy(&here, &draft)?;
    let _ = fs::remove_file(&old);
    if there.exists() {
        fs::rename(&there, &old)?;
    }
    fs::rename(&draft, &there)?;
    remove(&old);
    Ok(())
}

/// Removes the program that [`copy_program`] wrote; where it runs just now, at the next boot.
pub(super) fn remove_program() {
    let there = program();
    remove(&there.with_extension("old"));
    remove(&there);
    if let Some(folder) = there.parent() {
        let _ = fs::remove_dir(folder);
    }
}

fn remove(path: &Path) {
    if fs::remove_file(path).is_err() && path.exists() {
        let name = wide(path);
        // SAFETY: the name ends with a zero, and no second name means removal.
        unsafe { MoveFileExW(name.as_ptr(), null(), MOVEFILE_DELAY_UNTIL_REBOOT) };
    }
}

/// Names of files have no case here, and may be written in several ways.
fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Makes the folder where it is missing, and keeps everybody but SYSTEM and the administrators out of it.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let rights = Rights::parse(PRIVATE)?;
    let name = wide(folder);
    let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the name ends with a zero; owner and list live in `rights`.
    let error = unsafe {
        SetNamedSecurityInfoW(
            name.as_ptr(),
            SE_FILE_OBJECT,
            what,
            rights.owner()?,
            null_mut(),
            rights.list()?,
            null(),
        )
    };
    match error {
        ERROR_SUCCESS => Ok(()),
        error => Err(io::Error::from_raw_os_error(i32::try_from(error).unwrap_or(0))),
    }
}

/// Rights as Windows keeps them.
struct Rights(PSECURITY_DESCRIPTOR);

impl Rights {
    fn parse(text: &str) -> io::Result<Self> {
        let text = wide(text);
        let mut rights = null_mut();
        // SAFETY: the text ends with a zero, and the rights are written where they are.
        let done = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &mut rights,
                null_mut(),
            )
        };
        checked(done).map(|()| Self(rights))
    }

    fn owner(&self) -> io::Result<PSID> {
        let (mut owner, mut is_default) = (null_mut(), 0);
        // SAFETY: the rights are whole, and both are written where they are.
        checked(unsafe { GetSecurityDescriptorOwner(self.0, &mut owner, &mut is_default) })?;
        Ok(owner)
    }

    fn list(&self) -> io::Result<*mut ACL> {
        let (mut list, mut is_there, mut is_default) = (null_mut(), 0, 0);
        // SAFETY: the rights are whole, and all three are written where they are.
        checked(unsafe { GetSecurityDescriptorDacl(self.0, &mut is_there, &mut list, &mut is_default) })?;
        Ok(list)
    }
}

impl Drop for Rights {
    fn drop(&mut self) {
        // SAFETY: Windows gave them, and they are freed this once.
        unsafe { LocalFree(self.0.cast::<c_void>()) };
    }
}

fn checked(done: i32) -> io::Result<()> {
    match done {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
