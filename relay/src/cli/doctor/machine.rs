//! What lies on this machine: folder, keys, vendors, store, disk.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Check;
use crate::auth::issuer::Issuer;
use crate::auth::keys::Keys;
use crate::config::Config;
use crate::store::copy;

/// Below it people are told; a full disk refuses orders (D2).
const FREE_SHARE: u64 = 10;

/// An order waits for it at least once.
const SLOW_FSYNC: Duration = Duration::from_millis(50);

/// The checks, in the order in which they are told.
pub(super) fn look(config: &Config) -> Vec<Check> {
    let mut checks = vec![folder(&config.data)];
    if config.data.is_dir() {
        checks.push(keys(config));
        checks.push(store(config));
        checks.push(disk(&config.data));
        checks.push(fsync(&config.data));
    }
    checks.extend(
        config
            .issuers
            .iter()
            .map(|issuer| match Issuer::load(issuer, crate::auth::jwt::ISSUER) {
                Ok(_) => Check::ok("vendor", format!("the keys of {} can be used", issuer.iss)),
                Err(what) => Check::fail(
                    "vendor",
                    what,
                    "mend [[issuer]] in relay.toml, then: printrail-relay config check",
                ),
            }),
    );
    checks
}

fn folder(data: &Path) -> Check {
    let shown = data.display();
    match std::fs::metadata(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Check::fail(
            "data",
            format!("{shown} does not exist"),
            "printrail-relay init --outlet ID --name NAME --timezone TZ",
        ),
        Err(error) => Check::fail(
            "data",
            format!("{shown} cannot be read: {error}"),
            "run this with sudo",
        ),
        Ok(found) if !is_private(&found) => Check::warn(
            "data",
            format!("{shown} may be read by others; it holds names and telephone numbers"),
            format!("chmod 700 {shown}"),
        ),
        Ok(_) => Check::ok("data", format!("{shown} is its owner's alone")),
    }
}

#[cfg(unix)]
fn is_private(found: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(found) & 0o077 == 0
}

#[cfg(not(unix))]
fn is_private(_: &std::fs::Metadata) -> bool {
    true
}

fn keys(config: &Config) -> Check {
    match Keys::open(&config.data) {
        Ok(_) => Check::ok("keys", "the signing keys can be used"),
        Err(error) => Check::fail(
            "keys",
            error.to_string(),
            "printrail-relay restore FILE, from the newest backup",
        ),
    }
}

fn store(config: &Config) -> Check {
    if config.store.is_some() {
        return Check::skip("store", "PostgreSQL looks after its own files");
    }
    let file = config.store_path();
    if !file.exists() {
        return Check::skip("store", "there is none yet; `serve` makes it");
    }
    let restore = "stop the relay, then: printrail-relay restore FILE, from the newest backup";
    match copy::problems(&file) {
        Ok(found) if found.is_empty() => {
            let size = std::fs::metadata(&file).map_or(0, |meta| meta.len()) / (1024 * 1024);
            Check::ok("store", format!("relay.db is sound, {size} MiB"))
        }
        Ok(found) => Check::fail(
            "store",
            format!("relay.db is damaged: {}", found.join("; ")),
            restore,
        ),
        Err(error) => Check::fail("store", format!("relay.db cannot be read: {error}"), restore),
    }
}

#[cfg(unix)]
fn disk(data: &Path) -> Check {
    let Ok(found) = rustix::fs::statvfs(data) else {
        return Check::skip("disk", "the free space is not known");
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize) / (1024 * 1024);
    let share = found.f_bavail.saturating_mul(100) / found.f_blocks.max(1);
    let text = format!("{free} MiB free, {share} %");
    if share < FREE_SHARE {
        return Check::warn(
            "disk",
            text,
            "make room; a full disk refuses orders (keep_jobs_days and keep_events_days in the routing settings shorten history)",
        );
    }
    Check::ok("disk", text)
}

#[cfg(not(unix))]
fn disk(_: &Path) -> Check {
    Check::skip("disk", "the free space is not looked at on this system")
}

fn fsync(data: &Path) -> Check {
    let probe = data.join(format!(".doctor-{}", std::process::id()));
    let timed = std::fs::File::create(&probe).and_then(|mut file| {
        let begun = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_all()?;
        Ok(begun.elapsed())
    });
    let _ = std::fs::remove_file(&probe);
    match timed {
        Ok(took) if took > SLOW_FSYNC => Check::warn(
            "disk speed",
            format!(
                "a durable write took {} ms; every order waits for one",
                took.as_millis()
            ),
            "move the data folder to an SSD (data in relay.toml)",
        ),
        Ok(took) => Check::ok(
            "disk speed",
            format!("a durable write takes {:.1} ms", took.as_secs_f64() * 1000.0),
        ),
        Err(error) => Check::fail(
            "disk speed",
            format!("nothing can be written: {error}"),
            "make room or rights in the data folder",
        ),
    }
}
