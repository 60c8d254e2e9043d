//! Root on a service's data folder goes on as the folder's owner, so that the service can use what is made.

use std::path::Path;

use super::{Exit, Failure};

/// Where root acts on another user's data folder, this runs the same command as that user instead.
///
/// # Errors
/// Where that cannot be done; it does not return where it can.
#[cfg(target_os = "linux")]
pub(super) fn step_down(data: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;

    let owner = |path: &Path| std::fs::metadata(path).map(|meta| (meta.uid(), meta.gid()));
    let (Ok((0, _)), Ok((user, group))) = (owner(Path::new("/proc/self")), owner(data)) else {
        return Ok(());
    };
    if user == 0 {
        return Ok(());
    }
    let failed = |error: std::io::Error| {
        let data = data.display();
        Failure::new(
            Exit::Failed,
            format!("{data} belongs to user {user}, and this cannot run as that user: {error}"),
        )
    };
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = std::process::Command::new(program);
    let error = command
        .args(std::env::args_os().skip(1))
        .uid(user)
        .gid(group)
        .exec();
    Err(failed(error))
}

/// Other systems know no such services yet.
#[cfg(not(target_os = "linux"))]
pub(super) fn step_down(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// What root made in another user's data folder becomes that user's. Where that fails the relay says so at its start.
#[cfg(target_os = "linux")]
pub(super) fn hand_over(data: &Path) {
    use std::os::unix::fs::{MetadataExt as _, lchown};
    fn give(folder: &Path, user: u32, group: u32) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.metadata()?.uid() != user {
                lchown(entry.path(), Some(user), Some(group))?;
            }
            if entry.file_type()?.is_dir() {
                give(&entry.path(), user, group)?;
            }
        }
        Ok(())
    }
    if let Ok(owner) = std::fs::metadata(data)
        && let Err(error) = give(data, owner.uid(), owner.gid())
    {
        tracing::warn!("some of {} keeps its owner: {error}", data.display());
    }
}

/// Other systems know no such services yet.
#[cfg(not(target_os = "linux"))]
pub(super) fn hand_over(_: &Path) {}
