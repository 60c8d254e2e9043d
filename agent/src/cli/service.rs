//! `service`: the agent at every boot, paired and started by one command.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::args::{AsJson, PairArgs, ServiceArgs, ServiceCommand, ServiceInstall};
use super::exit::of_io;
use super::{Exit, Failure, env, output, pair};
use crate::config::{Flags, load, load_relay};
use crate::daemon::ask::{Ask, AskError, ask};
use crate::daemon::device::write_private;
use crate::service::{self, Action, ServiceError, ServiceState};

/// How long a start waits for the agent to say that it is connected; without it the service runs all the same.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// A device's token is well below this.
const TOKEN_MAX: u64 = 8 * 1024;

pub(super) fn service(flags: &Flags, args: &ServiceArgs) -> Result<Exit, Failure> {
    match &args.command {
        ServiceCommand::Install(install) => self::install(flags, install).inspect_err(tell_the_system),
        ServiceCommand::Uninstall => {
            service::uninstall()?;
            output::message(
                "✓ service stopped and removed; its configuration, token and spool stay where they are",
            );
            Ok(Exit::Ok)
        }
        ServiceCommand::Start => act(flags, Action::Start),
        ServiceCommand::Restart => act(flags, Action::Restart),
        ServiceCommand::Stop => {
            service::act(Action::Stop)?;
            output::message("✓ stopped; what waits stays in the spool, and it starts again at the next boot");
            Ok(Exit::Ok)
        }
        ServiceCommand::Status => status(args.json.wanted()),
    }
}

fn install(flags: &Flags, args: &ServiceInstall) -> Result<Exit, Failure> {
    let token = token(args)?;
    let installed = service::install()?;
    let known = load_relay(flags, &env)?;
    if let Some(token) = token {
        write_private(&known.relay.token_file, &token)
            .map_err(|error| cannot_write(&known.relay.token_file, &error))?;
    }
    if args.code.is_some() {
        let wanted = PairArgs {
            code: args.code.clone(),
            wait: false,
            name: args.name.clone(),
            json: AsJson::default(),
        };
        pair::pair(flags, &wanted, true)?;
    }
    // Written by root, read by the service's own user.
    pair::hand_over(&known.relay.token_file, &known.places.data)
        .map_err(|error| cannot_write(&known.relay.token_file, &error))?;
    output::message(&format!(
        "✓ service {} ({}): starts at boot, restarts when it fails",
        if installed.packaged {
            "enabled"
        } else {
            "installed"
        },
        installed.unit.display()
    ));
    if !known.relay.token_file.exists() && args.code.is_none() {
        output::message(
            "next: `printrail-agent service install CODE`, or `printrail-agent pair CODE` and `printrail-agent service start`",
        );
        return Ok(Exit::Ok);
    }
    // An agent without printers ends at once, which every service manager takes for a failed start.
    if let Err(incomplete) = load(flags, &env) {
        output::message(&format!(
            "it starts with its first printer: `printrail-agent printers scan`, then `printrail-agent printers add` \
             (now: {})",
            crate::chain(&incomplete)
        ));
        return Ok(Exit::Ok);
    }
    // It may run already, with the token of yesterday.
    act(flags, Action::Start)?;
    act(flags, Action::Restart)
}

/// A silent installation has nobody who reads its messages.
fn tell_the_system(failure: &Failure) {
    #[cfg(windows)]
    service::say(
        tracing::Level::ERROR,
        &format!("The installation failed: {failure}"),
    );
    #[cfg(not(windows))]
    let _ = failure;
}

fn act(flags: &Flags, action: Action) -> Result<Exit, Failure> {
    service::act(action)?;
    if action == Action::Restart {
        wait_until_connected(flags)?;
    } else {
        output::message("✓ started, now and at every boot");
    }
    Ok(Exit::Ok)
}

fn wait_until_connected(flags: &Flags) -> Result<(), Failure> {
    let known = load_relay(flags, &env)?;
    let begun = Instant::now();
    let mut problem = "it has not said anything yet".to_owned();
    while begun.elapsed() < CONNECTED_WITHIN {
        match ask(&known.places.data, Ask::Status) {
            Ok(status) if status.pointer("/link/state").and_then(Value::as_str) == Some("live") => {
                let stations = status
                    .pointer("/link/stations")
                    .map(Value::to_string)
                    .unwrap_or_default();
                output::message(&format!(
                    "✓ connected to {} in {:.1} s for {}",
                    known.relay.url,
                    begun.elapsed().as_secs_f64(),
                    stations.replace(['[', ']', '"'], "").replace(',', ", ")
                ));
                return Ok(());
            }
            Ok(status) => {
                let said = status.pointer("/link/problem").and_then(Value::as_str);
                problem = said.unwrap_or("it is still connecting").to_owned();
            }
            Err(AskError::NotRunning { .. }) => {
                problem = format!("it does not run; see {}", service::WHY);
            }
            Err(error) => problem = crate::chain(&error),
        }
        sleep(Duration::from_millis(200));
    }
    output::message(&format!(
        "! the service is started and not connected yet: {problem}; see `printrail-agent status` and `printrail-agent doctor`"
    ));
    Ok(())
}

fn status(json: bool) -> Result<Exit, Failure> {
    let ServiceState {
        installed,
        enabled,
        running,
        detail,
    } = service::state()?;
    if json {
        output::json(&json!({
            "schema": 1, "installed": installed, "enabled": enabled, "running": running, "detail": detail,
        }));
    } else if installed {
        let boot = if enabled {
            "starts at boot"
        } else {
            "does not start at boot"
        };
        output::line(&format!("printrail-agent: {detail}, {boot}"));
    }
    if !installed {
        return Err(ServiceError::NotInstalled.into());
    }
    Ok(if running { Exit::Ok } else { Exit::NotRunning })
}

/// A token that was issued already, for many computers at once; never as an argument, since those show in `ps`.
fn token(args: &ServiceInstall) -> Result<Option<String>, Failure> {
    let read = |mut from: Box<dyn std::io::Read>, name: &str| {
        let mut text = String::new();
        from.by_ref()
            .take(TOKEN_MAX)
            .read_to_string(&mut text)
            .map_err(|error| Failure::new(of_io(&error), format!("{name} cannot be read: {error}")))?;
        match text.trim() {
            "" => Err(Failure::new(Exit::Usage, format!("{name} holds no token"))),
            token => Ok(Some(token.to_owned())),
        }
    };
    match &args.token_file {
        _ if args.token_stdin => read(Box::new(std::io::stdin()), "standard input"),
        Some(path) => {
            let file = std::fs::File::open(path).map_err(|error| {
                Failure::new(
                    of_io(&error),
                    format!("{} cannot be read: {error}", path.display()),
                )
            })?;
            read(Box::new(file), &path.display().to_string())
        }
        None => Ok(None),
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    let path: PathBuf = path.into();
    Failure::new(
        of_io(error),
        format!("{} cannot be written: {error}", path.display()),
    )
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let exit = match &error {
            ServiceError::NeedsAdmin => Exit::NeedsAdmin,
            ServiceError::File { source, .. } => of_io(source),
            ServiceError::NotInstalled => Exit::NotRunning,
            _ => Exit::Failed,
        };
        Self::new(exit, crate::chain(&error))
    }
}
