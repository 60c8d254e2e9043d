//! `backup` and `restore`: the store and the keys as one file.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tar::{Archive, Builder, EntryType, Header};

use super::args::{BackupArgs, RestoreArgs};
use super::{Exit, Failure, ask, owner, show};
use crate::auth::keys::Keys;
use crate::config::{Config, Flags};
use crate::store::{Store, StoreOptions, copy};

/// The first entry: what the file is.
const LABEL: &str = "printrail-backup.json";
const STORE: &str = "relay.db";
const KEYS: &str = "keys/";

/// A key is 119 bytes; the label a few hundred.
const SMALL_MAX: u64 = 64 * 1024;

/// What a damaged or strange file is; the library's own words would repeat its bytes.
const NO_ARCHIVE: &str = "it is no whole tar archive";

/// The version of this format.
const FORMAT: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Label {
    format: u32,
    version: String,
    created_at: Timestamp,
}

/// Writes FILE whole or not at all, readable for its owner alone.
pub(super) fn backup(flags: &Flags, args: &BackupArgs) -> Result<(), Failure> {
    let config = sqlite_only(Config::load(flags)?)?;
    let target = &args.file;
    if target.exists() && !args.force {
        let text = format!("{} exists: name another file, or add --force", target.display());
        return Err(Failure::new(Exit::Failed, text));
    }
    let draft = with_suffix(target, ".new");
    let snapshot = with_suffix(target, ".db.new");
    for leftover in [&draft, &snapshot] {
        let _ = fs::remove_file(leftover);
    }
    // Nobody else may read the copy either, not even while it grows.
    let made = private(&snapshot)
        .map_err(|error| cannot(&snapshot, &error))
        .and_then(|_| copy::copy(&config.store_path(), &snapshot).map_err(Failure::from))
        .and_then(|()| pack(&config, &snapshot, &draft).map_err(|error| cannot(&draft, &error)))
        .and_then(|()| fs::rename(&draft, target).map_err(|error| cannot(target, &error)));
    for leftover in [&draft, &snapshot] {
        let _ = fs::remove_file(leftover);
    }
    owner::hand_over(&config.data);
    made?;
    show::say(&format!(
        "wrote {}: the store and the keys; it holds names and telephone numbers, so keep it private",
        target.display()
    ));
    Ok(())
}

/// Puts a backup in the place of what the data folder holds; that is set aside.
pub(super) async fn restore(flags: &Flags, args: &RestoreArgs) -> Result<(), Failure> {
    let config = sqlite_only(Config::load(flags)?)?;
    if ask::running(&config).await.is_some() {
        let text = "the relay runs: stop it first (systemctl stop printrail-relay), then restore";
        return Err(Failure::new(Exit::Failed, text));
    }
    let data = &config.data;
    crate::make_folder(data).map_err(|error| cannot(data, &error))?;
    let fresh = data.join("restoring");
    let _ = fs::remove_dir_all(&fresh);
    crate::make_folder(&fresh).map_err(|error| cannot(&fresh, &error))?;
    let outcome = fill(&args.file, &fresh).and_then(|label| swap(data, &fresh).map(|aside| (label, aside)));
    let _ = fs::remove_dir_all(&fresh);
    let (label, aside) = outcome?;
    let (store, _committed) = Store::open(&config.store_path(), StoreOptions::default())?;
    // Positions that clients hold may lie beyond what the backup knows.
    let epoch = store.new_epoch().await;
    store.close().await;
    owner::hand_over(data);
    epoch?;
    let kept = match aside {
        Some(aside) => format!("; what was there lies in {}", aside.display()),
        None => String::new(),
    };
    show::say(&format!(
        "restored the backup of {}{kept}
Next: start the relay. Orders taken after the backup are not in it; `printrail-agent jobs list` shows what was printed since.",
        label.created_at
    ));
    Ok(())
}

fn sqlite_only(config: Config) -> Result<Config, Failure> {
    match &config.store {
        None => Ok(config),
        Some(_) => Err(Failure::new(
            Exit::Usage,
            "the store is PostgreSQL: use pg_dump and pg_restore for it, and copy the folder keys/",
        )),
    }
}

fn pack(config: &Config, snapshot: &Path, draft: &Path) -> io::Result<()> {
    let mut archive = Builder::new(private(draft)?);
    let label = Label {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: Timestamp::now(),
    };
    let text = serde_json::to_string_pretty(&label)?;
    add(&mut archive, LABEL, text.len() as u64, text.as_bytes())?;
    let store = File::open(snapshot)?;
    add(&mut archive, STORE, store.metadata()?.len(), store)?;
    let mut keys: Vec<_> = fs::read_dir(config.data.join("keys"))?.collect::<Result<_, _>>()?;
    keys.sort_by_key(fs::DirEntry::file_name);
    for key in keys {
        let file = File::open(key.path())?;
        let name = format!("{KEYS}{}", key.file_name().to_string_lossy());
        add(&mut archive, &name, file.metadata()?.len(), file)?;
    }
    let file = archive.into_inner()?;
    file.sync_all()
}

fn add(archive: &mut Builder<File>, name: &str, size: u64, from: impl Read) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_entry_type(EntryType::Regular);
    archive.append_data(&mut header, name, from)
}

/// Unpacks what is known by name alone, and looks whether it can be used.
fn fill(file: &Path, fresh: &Path) -> Result<Label, Failure> {
    let broken = |what: &str| {
        Failure::new(
            Exit::Failed,
            format!("{} is no backup that can be used: {what}", file.display()),
        )
    };
    let archive = File::open(file).map_err(|error| cannot(file, &error))?;
    let mut archive = Archive::new(archive);
    let mut label = None;
    let entries = archive.entries().map_err(|_| broken(NO_ARCHIVE))?;
    for entry in entries {
        let mut entry = entry.map_err(|_| broken(NO_ARCHIVE))?;
        let path = entry
            .path()
            .map_err(|error| broken(&error.to_string()))?
            .into_owned();
        let name = path.to_string_lossy().into_owned();
        let read = match (name.as_str(), name.strip_prefix(KEYS)) {
            (LABEL, _) => {
                let parsed = serde_json::from_reader::<_, Label>(entry.by_ref().take(SMALL_MAX));
                label = Some(parsed.map_err(|error| broken(&error.to_string()))?);
                Ok(0)
            }
            (STORE, _) => unpack(&mut entry, &fresh.join(STORE), u64::MAX),
            (_, Some(key)) if is_plain(key) => unpack(&mut entry, &fresh.join("keys").join(key), SMALL_MAX),
            _ => return Err(broken(&format!("it holds `{}`", name.escape_debug()))),
        };
        read.map_err(|error| broken(&error.to_string()))?;
    }
    let label = label.ok_or_else(|| broken("it does not say what it is"))?;
    if label.format > FORMAT {
        return Err(broken(&format!(
            "printrail-relay {} wrote it: use that version",
            label.version
        )));
    }
    let store = fresh.join(STORE);
    match copy::problems(&store) {
        Ok(found) if found.is_empty() => {}
        Ok(found) => return Err(broken(&format!("its store is damaged: {}", found.join("; ")))),
        Err(error) => return Err(broken(&error.to_string())),
    }
    Keys::open(fresh).map_err(|error| broken(&error.to_string()))?;
    Ok(label)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !name.starts_with('.')
}

fn unpack(from: &mut impl Read, to: &Path, most: u64) -> io::Result<u64> {
    if let Some(folder) = to.parent() {
        crate::make_folder(folder)?;
    }
    let mut file = private(to)?;
    let size = io::copy(&mut from.take(most), &mut file)?;
    file.flush()?;
    file.sync_all()?;
    Ok(size)
}

/// Sets aside what is there and moves in what was unpacked; returns where the old now lies.
fn swap(data: &Path, fresh: &Path) -> Result<Option<PathBuf>, Failure> {
    let aside = data.join(format!("before-restore-{}", Timestamp::now().as_second()));
    let mut kept = None;
    for name in ["relay.db", "relay.db-wal", "relay.db-shm", "keys"] {
        let old = data.join(name);
        if old.exists() {
            crate::make_folder(&aside).map_err(|error| cannot(&aside, &error))?;
            fs::rename(&old, aside.join(name)).map_err(|error| cannot(&old, &error))?;
            kept = Some(aside.clone());
        }
    }
    for name in ["keys", STORE] {
        let to = data.join(name);
        fs::rename(fresh.join(name), &to).map_err(|error| cannot(&to, &error))?;
    }
    Ok(kept)
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::PermissionDenied => Exit::NeedsAdministrator,
        _ => Exit::Failed,
    };
    Failure::new(exit, format!("{} cannot be used: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_come_out_of_an_archive() {
        for name in ["1.pem", "2026-11-20_a.pem"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["", "..", ".hidden", "a/b", "../relay.toml", "a\\b", "a\0"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
