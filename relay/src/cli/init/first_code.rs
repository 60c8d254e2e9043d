//! The first manager's sign-in code: made by `init`, taken by the relay that starts next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::ask::Backend;
use super::super::{Exit, Failure, show, token};
use crate::auth::codes::{Codes, Waiting};
use crate::auth::keys::write_private;
use crate::order::{Actor, Role};

/// How long the code may be typed, as every other.
const HOLDS: SignedDuration = SignedDuration::from_mins(15);

/// How long whoever typed it stays signed in on that browser, as with every other code.
const SIGNED_IN_SECONDS: i64 = 90 * 24 * 3600;

/// The code as it waits for a relay in `DIR/first-code.json` (0600, beside the signing keys).
#[derive(Debug, Serialize, Deserialize)]
struct FirstCode {
    random: [u8; 8],
    outlet: String,
    until: Timestamp,
}

/// Makes a code: the running relay's, or one that the next start takes over.
pub(super) async fn make(relay: &Backend, data: &Path, outlet: &str) -> Result<String, Failure> {
    if relay.is_running() {
        let body = json!({"role": "manager", "name": "first manager"});
        let made = relay.post(outlet, "/api/screen-codes", &body).await?;
        return Ok(show::cell(&made, "code"));
    }
    let now = Timestamp::now();
    let first = FirstCode {
        random: rand::random(),
        outlet: outlet.to_owned(),
        until: now.checked_add(HOLDS).unwrap_or(now),
    };
    let path = path(data);
    write_private(&path, json!(first).to_string().as_bytes()).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("{} cannot be written: {error}", path.display()),
        )
    })?;
    open(&Codes::default(), &first, now)
        .ok_or_else(|| Failure::new(Exit::Failed, "the code ended before it was made; set the clock"))
}

/// Takes over the code that waits, once: it is removed before it can be typed.
pub(in crate::cli) fn take_over(codes: &Codes, data: &Path, now: Timestamp) {
    let path = path(data);
    let text = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        read => read.unwrap_or_default(),
    };
    if let Err(error) = fs::remove_file(&path) {
        tracing::warn!("{} stays and is not used: {error}", path.display());
        return;
    }
    if let Ok(first) = serde_json::from_slice::<FirstCode>(&text)
        && first.until > now
    {
        let _ = open(codes, &first, now);
    }
}

fn open(codes: &Codes, first: &FirstCode, now: Timestamp) -> Option<String> {
    let subject = "first manager".to_owned();
    let waiting = Waiting {
        claims: token::claims(&first.outlet, Role::Manager, subject, SIGNED_IN_SECONDS),
        by: Actor {
            role: Role::Manager,
            subject: "init".to_owned(),
        },
        until: first.until,
    };
    codes.open(first.random, waiting, now)
}

fn path(data: &Path) -> PathBuf {
    data.join("first-code.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_taken_over_once_and_not_after_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let wait = |until| {
            let first = FirstCode {
                random: [7; 8],
                outlet: "bistro".to_owned(),
                until,
            };
            fs::write(path(folder.path()), json!(first).to_string()).unwrap();
        };
        let taken = || {
            let codes = Codes::default();
            take_over(&codes, folder.path(), now);
            codes.redeem("7777-7777", now)
        };
        wait(now + HOLDS);
        assert_eq!(taken().unwrap().claims.role, Role::Manager);
        assert!(taken().is_none(), "a restart does not bring it back");
        wait(now - HOLDS);
        assert!(taken().is_none());
        assert!(!path(folder.path()).exists());
    }
}
