//! Only one process may write to a store: whoever has locked the file beside it.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;

/// The lock, held for as long as the writing connection lives.
pub(super) struct Lock(File);

impl Lock {
    /// Locks the store of this file.
    ///
    /// # Errors
    /// [`StoreError::AlreadyRunning`] where somebody else has it, [`StoreError::Folder`].
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let file = File::create(store.with_extension("lock")).map_err(StoreError::Folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::AlreadyRunning),
            Err(TryLockError::Error(error)) => Err(StoreError::Folder(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would do, were it not for a child process that has it open until it starts.
        let _released = self.0.unlock();
    }
}
