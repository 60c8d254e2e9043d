//! The few values of the registry that a service brings along, all of them below `HKEY_LOCAL_MACHINE`.

#![expect(unsafe_code, reason = "the registry has no other interface")]

use std::io;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_SUCCESS, WIN32_ERROR};
use windows_sys::Win32::System::Registry::{
    HKEY_LOCAL_MACHINE, REG_DWORD, REG_EXPAND_SZ, RRF_RT_ANY, RRF_SUBKEY_WOW6464KEY, RegDeleteTreeW,
    RegGetValueW, RegSetKeyValueW,
};

use super::wide;

/// Writes a text in which `%NAME%` stands for a variable of the environment; the key comes into being.
pub(super) fn set_text(key: &str, name: &str, text: &str) -> io::Result<()> {
    let text = wide(text);
    let bytes: Vec<u8> = text.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    set(key, name, REG_EXPAND_SZ, &bytes)
}

/// Writes a number; the key comes into being.
pub(super) fn set_number(key: &str, name: &str, number: u32) -> io::Result<()> {
    set(key, name, REG_DWORD, &number.to_le_bytes())
}

fn set(key: &str, name: &str, kind: u32, bytes: &[u8]) -> io::Result<()> {
    let (key, name) = (wide(key), wide(name));
    let size = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: both names end with a zero, and there are `size` bytes.
    outcome(unsafe {
        RegSetKeyValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            kind,
            bytes.as_ptr().cast(),
            size,
        )
    })
}

/// Whether there is such a value.
pub(super) fn has(key: &str, name: &str) -> bool {
    let (key, name) = (wide(key), wide(name));
    // SAFETY: both names end with a zero, and nothing is asked for but whether it is there.
    let error = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_ANY | RRF_SUBKEY_WOW6464KEY,
            null_mut(),
            null_mut(),
            null_mut(),
        )
    };
    error == ERROR_SUCCESS
}

/// Removes a key with all below it; one that is not there is removed already.
pub(super) fn remove(key: &str) -> io::Result<()> {
    let key = wide(key);
    debug_assert!(key.len() > 1, "without a name all of the registry would go");
    // SAFETY: the name ends with a zero.
    match unsafe { RegDeleteTreeW(HKEY_LOCAL_MACHINE, key.as_ptr()) } {
        ERROR_FILE_NOT_FOUND => Ok(()),
        error => outcome(error),
    }
}

fn outcome(error: WIN32_ERROR) -> io::Result<()> {
    match error {
        ERROR_SUCCESS => Ok(()),
        error => Err(io::Error::from_raw_os_error(i32::try_from(error).unwrap_or(0))),
    }
}
