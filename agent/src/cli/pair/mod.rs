//! `pair`: a one-time code for this device's own token.

mod phrase;
mod wait;

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::args::PairArgs;
use super::exit::of_io;
use super::run::runtime;
use super::{Exit, Failure, env, output};
use crate::config::{Flags, RelayOnly, WriteError, load_relay, write_relay};
use crate::daemon::device::{Device, write_private};
use crate::net::{Reply, Tls, post_json};

/// The end of every message about a code that is of no use.
const NEW_CODE: &str = "get a new one with `printrail-relay enrol` or from the dashboard";

pub(super) fn pair(flags: &Flags, args: &PairArgs, no_input: bool) -> Result<Exit, Failure> {
    let known = load_relay(flags, &env)?;
    let waits = args.wait || (io::stderr().is_terminal() && !no_input);
    if args.code.is_none() && !waits {
        let text = format!(
            "no pairing code was given: `printrail-agent pair CODE`, and {NEW_CODE}; with --wait a manager takes this \
             computer in by a phrase"
        );
        return Err(Failure::new(Exit::Usage, text));
    }
    // A code works once: whatever else may fail is tried before it is spent.
    try_to_write(&known.relay.token_file)?;
    try_to_write(&known.places.data.join("device.json"))?;
    try_to_write(&known.places.config)?;
    let name = args.name.clone().unwrap_or_else(host_name);
    let enrolled = match &args.code {
        Some(code) => exchange(&known, code.trim(), &name).map_err(|refusal| refusal.failure)?,
        None => wait::adopted(&known, &name)?,
    };
    keep(&known, &enrolled)?;
    tell(&known, &enrolled, args.json.wanted());
    Ok(Exit::Ok)
}

/// What the relay gives for a code.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Enrolled {
    device_id: String,
    token: String,
    outlet: String,
    #[serde(default)]
    stations: Vec<EnrolledStation>,
}

#[derive(Deserialize)]
struct EnrolledStation {
    name: String,
    #[serde(default)]
    location: Option<String>,
}

/// Why a code was not taken.
#[derive(Debug)]
struct Refusal {
    status: Option<u16>,
    failure: Failure,
}

impl Refusal {
    /// The relay does not know the code; a phrase may become known.
    fn is_unknown(&self) -> bool {
        matches!(self.status, Some(401 | 403))
    }

    /// No later try can do better: it was taken, withdrawn or guessed at, or that is no relay.
    fn is_final(&self) -> bool {
        matches!(self.status, Some(400..=499)) && !self.is_unknown() && self.status != Some(429)
    }
}

fn exchange(known: &RelayOnly, code: &str, name: &str) -> Result<Enrolled, Refusal> {
    let unanswered = |failure: Failure| Refusal {
        status: None,
        failure,
    };
    let runtime = runtime().map_err(|error| unanswered(Failure::new(Exit::Failed, error.to_string())))?;
    let tls = Tls::new(known.relay.ca_file.clone());
    let body = json!({ "code": code, "name": name });
    let reply = runtime.block_on(post_json(&known.relay.url, &tls, "/api/enrol", &body));
    let reply = reply.map_err(|error| unanswered(error.into()))?;
    if !reply.status.is_success() {
        let status = Some(reply.status.as_u16());
        let failure = refusal(&reply, known);
        return Err(Refusal { status, failure });
    }
    let enrolled: Result<Enrolled, _> = serde_json::from_value(reply.body);
    let enrolled = enrolled
        .ok()
        .filter(|enrolled| !enrolled.token.is_empty() && !enrolled.device_id.is_empty());
    enrolled.ok_or_else(|| {
        let text = format!(
            "{} does not answer as a relay does: check the address",
            known.relay.url
        );
        unanswered(Failure::new(Exit::Failed, text))
    })
}

/// Wrong, expired and used codes each have their own words; what the relay says comes along.
fn refusal(reply: &Reply, known: &RelayOnly) -> Failure {
    let field = |name: &str| reply.body.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = field("code").to_uppercase();
    let detail = [field("detail"), field("title")]
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    // The stable code says it, or else the sentence beside it.
    let said = format!("{code} {}", detail.to_uppercase());
    let status = reply.status;
    let (exit, text) = match status.as_u16() {
        _ if said.contains("EXPIRED") => (Exit::Refused, format!("the pairing code has expired: {NEW_CODE}")),
        _ if said.contains("USED") => (
            Exit::Refused,
            format!("the pairing code has been used already: {NEW_CODE}"),
        ),
        410 => (
            Exit::Refused,
            format!("the pairing code has expired or been used: {NEW_CODE}"),
        ),
        429 => (
            Exit::Refused,
            "too many codes were tried: wait a minute and try again".to_owned(),
        ),
        404 if code.is_empty() => (
            Exit::Failed,
            format!(
                "no relay answers at {} (HTTP 404): check the address",
                known.relay.url
            ),
        ),
        400..=499 => (
            Exit::Refused,
            format!("the relay does not know this pairing code: check its spelling, or {NEW_CODE}"),
        ),
        _ => (
            Exit::Unreachable,
            format!("the relay cannot pair now (HTTP {status}): try again in a minute"),
        ),
    };
    let said = if detail.is_empty() {
        String::new()
    } else {
        format!(" (the relay says: {detail})")
    };
    Failure::new(exit, text + &said)
}

fn keep(known: &RelayOnly, enrolled: &Enrolled) -> Result<(), Failure> {
    let failed = |path: &Path, error: io::Error| {
        let text = format!(
            "{} cannot be written ({error}), and the code is spent: make room or rights, then {NEW_CODE}",
            path.display()
        );
        Failure::new(of_io(&error), text)
    };
    let device = Device {
        device_id: enrolled.device_id.clone(),
        outlet: Some(enrolled.outlet.clone()),
    };
    device
        .save(&known.places.data)
        .map_err(|error| failed(&known.places.data, error))?;
    let token_file = &known.relay.token_file;
    write_private(token_file, &enrolled.token).map_err(|error| failed(token_file, error))?;
    hand_over(token_file, &known.places.data).map_err(|error| failed(token_file, error))?;
    let stations: Vec<_> = enrolled
        .stations
        .iter()
        .map(|s| (s.name.clone(), s.location.clone()))
        .collect();
    match write_relay(&known.places, &known.relay, &stations) {
        Ok(()) => Ok(()),
        Err(error @ WriteError::Unusual { .. }) => {
            output::message(&format!("note: {error}"));
            Ok(())
        }
        Err(error) => Err(Failure::new(Exit::Failed, crate::chain(&error))),
    }
}

/// What an administrator writes belongs to the service's user afterwards: to whom the data folder belongs.
#[cfg(unix)]
pub(super) fn hand_over(token_file: &Path, data: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let owner = fs::metadata(data)?;
    for path in [token_file, &data.join("device.json")] {
        match fs::metadata(path) {
            Ok(file) if file.uid() != owner.uid() => chown(path, Some(owner.uid()), Some(owner.gid()))?,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn hand_over(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

fn tell(known: &RelayOnly, enrolled: &Enrolled, json: bool) {
    let stations: Vec<_> = enrolled
        .stations
        .iter()
        .map(|station| station.name.as_str())
        .collect();
    if json {
        output::json(&json!({
            "schema": 1,
            "deviceId": enrolled.device_id,
            "outlet": enrolled.outlet,
            "stations": stations,
            "tokenFile": known.relay.token_file,
            "config": known.places.config,
        }));
    }
    output::message(&format!(
        "paired with {} as {} of outlet {}; the token is in {}",
        known.relay.url,
        enrolled.device_id,
        enrolled.outlet,
        known.relay.token_file.display()
    ));
    output::message(&format!(
        "next: name the printers of {} in {}, then `printrail-agent run` (restart it where it runs already)",
        if stations.is_empty() {
            "your stations".to_owned()
        } else {
            stations.join(", ")
        },
        known.places.config.display()
    ));
}

fn try_to_write(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let probe = folder.join(format!(".printrail-{}", std::process::id()));
    let tried = fs::create_dir_all(folder).and_then(|()| fs::write(&probe, ""));
    let _ = fs::remove_file(&probe);
    tried.map_err(|error| {
        let text = format!(
            "{} cannot be written ({error}): run this as an administrator, or give --data a folder of your own",
            folder.display()
        );
        Failure::new(of_io(&error), text)
    })
}

fn host_name() -> String {
    let named = ["COMPUTERNAME", "HOSTNAME"].into_iter().find_map(env);
    let kept =
        || fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    let name = named.or_else(|| kept().ok()).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() {
        "agent".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(status: u16, body: Value) -> (Exit, String) {
        let flags = Flags {
            relay: Some("wss://a.example".into()),
            data: Some("/nowhere".into()),
            ..Flags::default()
        };
        let known = load_relay(&flags, &|_| None).unwrap();
        let failure = refusal(
            &Reply {
                status: status.try_into().unwrap(),
                body,
            },
            &known,
        );
        (failure.exit, failure.to_string())
    }

    #[test]
    fn wrong_expired_and_used_codes_have_their_own_words() {
        let (exit, text) = says(410, json!({ "code": "CODE_EXPIRED", "detail": "15 min" }));
        assert!(
            exit == Exit::Refused && text.contains("expired") && text.contains("15 min"),
            "{text}"
        );
        let (_, text) = says(
            422,
            json!({ "code": "VALIDATION_ERROR", "detail": "it was used already" }),
        );
        assert!(text.contains("used already"), "{text}");
        let (exit, text) = says(401, json!({ "code": "UNKNOWN_CODE" }));
        assert!(exit == Exit::Refused && text.contains("spelling"), "{text}");
        assert_eq!(says(503, Value::Null).0, Exit::Unreachable);
        assert_eq!(says(404, Value::Null).0, Exit::Failed);
    }
}
