//! The service as the service control manager keeps it: installed, started, stopped, removed, asked.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use windows_service::Error;
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceDependency, ServiceErrorControl,
    ServiceExitCode, ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo, ServiceStartType,
    ServiceState as State, ServiceStatus, ServiceType, UserEventCode,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::{DISPLAY_NAME, NAME, events, files, registry};
use crate::config::CONFIG_NAME;
use crate::service::{Action, Installed, ServiceError, ServiceState};

/// The service's own control code for a configuration that changed (128 to 255 are a service's to give).
pub(super) const RELOAD: u32 = 128;

/// What the package writes, and takes away again.
const PACKAGED: (&str, &str) = (r"Software\Printrail\Agent", "Package");

const DESCRIPTION: &str = "Carries the restaurant's tickets from the relay to this computer's printers.";

/// A crash is followed by a start after 5 s, twice, and then once a minute for as long as it takes.
const RESTARTS: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(5),
    Duration::from_secs(60),
];

/// After an hour without a crash the first restart is quick again.
const FORGIVEN_AFTER: Duration = Duration::from_secs(3600);

/// How long Windows waits with a shutdown: for the ticket that prints (8 s at most) and for what there is to write down.
const DRAIN: Duration = Duration::from_secs(30);

/// How long a start or a stop is waited for; a stop finishes what prints, which no printer needs longer for.
const WITHIN: Duration = Duration::from_secs(90);

/// ERROR_ACCESS_DENIED, ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_NOT_ACTIVE.
const DENIED: i32 = 5;
const UNKNOWN: i32 = 1060;
const RUNNING_ALREADY: i32 = 1056;
const NOT_ACTIVE: i32 = 1062;

/// ERROR_SERVICE_REQUEST_TIMEOUT: a virus scanner reads the program before it starts; it may still come.
const SLOW: i32 = 1053;

/// ERROR_SERVICE_DATABASE_LOCKED: another service is just being started.
const LOCKED: i32 = 1055;

/// ERROR_INVALID_LEVEL: this Windows has no such setting.
const NO_SUCH_SETTING: i32 = 124;

/// ERROR_SERVICE_NEVER_STARTED: stopped, since nobody has started it since the boot.
const NEVER_STARTED: u32 = 1077;

/// Installs the service without starting it, or brings an installed one up to date: program, folder for SYSTEM and
/// administrators alone, source of events, and what happens after a crash.
///
/// # Errors
/// [`ServiceError`]; what was done until then stays, and doing it again completes it.
pub fn install() -> Result<Installed, ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let packaged = registry::has(PACKAGED.0, PACKAGED.1);
    let program = files::program();
    if !packaged {
        files::copy_program().map_err(|source| at(&program, source))?;
    }
    make_folder()?;
    let service = match open(&manager, ServiceAccess::ALL_ACCESS) {
        Ok(service) => {
            service.change_config(&description()).map_err(failed)?;
            service
        }
        Err(ServiceError::NotInstalled) => manager
            .create_service(&description(), ServiceAccess::ALL_ACCESS)
            .map_err(failed)?,
        Err(error) => return Err(error),
    };
    configure(&service).map_err(failed)?;
    events::register().map_err(|source| at(Path::new("the Event Log's source"), source))?;
    Ok(Installed {
        unit: program,
        packaged,
    })
}

/// Stops and removes what [`install`] brought; configuration, token and spool stay.
///
/// # Errors
/// [`ServiceError::Packaged`] where a package brought it.
pub fn uninstall() -> Result<(), ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    if registry::has(PACKAGED.0, PACKAGED.1) {
        return Err(ServiceError::Packaged);
    }
    let service = open(&manager, ServiceAccess::ALL_ACCESS)?;
    stop(&service)?;
    service.delete().map_err(failed)?;
    drop(service);
    events::unregister().map_err(|source| at(Path::new("the Event Log's source"), source))?;
    files::remove_program();
    Ok(())
}

/// Starts, stops or restarts the service, and waits until it is so.
///
/// # Errors
/// [`ServiceError`].
pub fn act(action: Action) -> Result<(), ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let access = ServiceAccess::START | ServiceAccess::STOP | ServiceAccess::QUERY_STATUS;
    let service = open(&manager, access)?;
    match action {
        Action::Start => start(&service),
        Action::Stop => stop(&service),
        Action::Restart => stop(&service).and_then(|()| start(&service)),
    }
}

/// How the service is; everybody may ask.
///
/// # Errors
/// [`ServiceError`].
pub fn state() -> Result<ServiceState, ServiceError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let asked = open(
        &manager,
        ServiceAccess::QUERY_STATUS | ServiceAccess::QUERY_CONFIG,
    );
    let service = match asked {
        Ok(service) => service,
        Err(ServiceError::NotInstalled) => {
            return Ok(ServiceState {
                installed: false,
                enabled: false,
                running: false,
                detail: "not installed".to_owned(),
            });
        }
        Err(error) => return Err(error),
    };
    let status = service.query_status().map_err(failed)?;
    let config = service.query_config().map_err(failed)?;
    Ok(ServiceState {
        installed: true,
        enabled: config.start_type == ServiceStartType::AutoStart,
        running: status.current_state == State::Running,
        detail: sentence(&status),
    })
}

/// Lets the running service read its configuration again; false where `pid` is no service of this name.
#[must_use]
pub fn reload(pid: u64) -> bool {
    let asked = manager(ServiceManagerAccess::CONNECT).and_then(|manager| {
        let access = ServiceAccess::QUERY_STATUS | ServiceAccess::USER_DEFINED_CONTROL;
        let service = open(&manager, access)?;
        let status = service.query_status().map_err(failed)?;
        Ok((service, status.process_id))
    });
    match (asked, UserEventCode::from_raw(RELOAD)) {
        (Ok((service, Some(id))), Ok(code)) if u64::from(id) == pid => service.notify(code).is_ok(),
        _ => false,
    }
}

/// The folder, and a configuration in it: where there is one, every command uses it instead of a person's own.
fn make_folder() -> Result<(), ServiceError> {
    let folder = files::data();
    files::make_private(&folder).map_err(|source| at(&folder, source))?;
    let config = folder.join(CONFIG_NAME);
    if config.exists() {
        return Ok(());
    }
    let text = "# `printrail-agent pair CODE` and `printrail-agent printers add` fill this in.\r\n";
    fs::write(&config, text).map_err(|source| at(&config, source))
}

fn description() -> ServiceInfo {
    ServiceInfo {
        name: NAME.into(),
        display_name: DISPLAY_NAME.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: files::program(),
        // Said in full, since a service's environment need not be that of the person who installed it.
        launch_arguments: vec![
            "run".into(),
            "--service".into(),
            "--config".into(),
            files::data().join(CONFIG_NAME).into(),
            "--data".into(),
            files::data().join("agent").into(),
        ],
        dependencies: Vec::<ServiceDependency>::new(),
        // SYSTEM, which alone may use every printer and port without further settings.
        account_name: None,
        account_password: None,
    }
}

/// What SCM can do for the service beyond starting it. Every Windows since 7 knows all of it, Wine does not.
fn configure(service: &Service) -> Result<(), Error> {
    let restart = |delay| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay,
    };
    let restarts = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGIVEN_AFTER),
        reboot_msg: None,
        command: None,
        actions: Some(RESTARTS.map(restart).to_vec()),
    };
    let settings = [
        service.set_description(OsString::from(DESCRIPTION)),
        service.set_delayed_auto_start(true),
        service.set_preshutdown_timeout(DRAIN),
        service.update_failure_actions(restarts),
        // An end with an error counts as a crash.
        service.set_failure_actions_on_non_crash_failures(true),
    ];
    settings
        .into_iter()
        .filter(|set| !matches!(set, Err(error) if code(error) == Some(NO_SUCH_SETTING)))
        .collect()
}

fn start(service: &Service) -> Result<(), ServiceError> {
    let begun = Instant::now();
    loop {
        match service.start::<&str>(&[]) {
            Ok(()) => break,
            Err(error) => match code(&error) {
                Some(RUNNING_ALREADY | SLOW) => break,
                Some(LOCKED) if begun.elapsed() < WITHIN => sleep(Duration::from_millis(500)),
                _ => return Err(failed(error)),
            },
        }
    }
    let status = settle(service, State::Running, &[State::StartPending])?;
    match status.current_state {
        State::Running => Ok(()),
        _ => Err(command("start", sentence(&status) + "; the Event Log says why")),
    }
}

fn stop(service: &Service) -> Result<(), ServiceError> {
    match service.stop() {
        Err(error) if code(&error) != Some(NOT_ACTIVE) => return Err(failed(error)),
        _ => {}
    }
    let status = settle(service, State::Stopped, &[State::StopPending, State::Running])?;
    match status.current_state {
        State::Stopped => Ok(()),
        _ => Err(command(
            "stop",
            sentence(&status) + "; a ticket may still be printing",
        )),
    }
}

/// Waits until the service is `wanted`, or neither that nor on its way there.
fn settle(service: &Service, wanted: State, on_the_way: &[State]) -> Result<ServiceStatus, ServiceError> {
    let begun = Instant::now();
    loop {
        let status = service.query_status().map_err(failed)?;
        let goes_on = on_the_way.contains(&status.current_state) && begun.elapsed() < WITHIN;
        if status.current_state == wanted || !goes_on {
            return Ok(status);
        }
        sleep(Duration::from_millis(100));
    }
}

fn sentence(status: &ServiceStatus) -> String {
    let state = match status.current_state {
        State::Stopped => "stopped",
        State::StartPending => "starting",
        State::StopPending => "finishing what prints before it stops",
        State::Running => "running",
        State::ContinuePending | State::PausePending | State::Paused => "paused",
    };
    match (status.process_id, status.exit_code) {
        (Some(id), _) if id != 0 && status.current_state == State::Running => {
            format!("{state} (process {id})")
        }
        (_, ServiceExitCode::ServiceSpecific(code)) => format!("{state}, it ended with exit code {code}"),
        (_, ServiceExitCode::Win32(code)) if code != 0 && code != NEVER_STARTED => {
            format!("{state}, Windows' error {code}")
        }
        _ => state.to_owned(),
    }
}

fn manager(access: ServiceManagerAccess) -> Result<ServiceManager, ServiceError> {
    ServiceManager::local_computer(None::<&str>, access).map_err(failed)
}

fn open(manager: &ServiceManager, access: ServiceAccess) -> Result<Service, ServiceError> {
    manager.open_service(NAME, access).map_err(failed)
}

fn code(error: &Error) -> Option<i32> {
    match error {
        Error::Winapi(error) => error.raw_os_error(),
        _ => None,
    }
}

fn failed(error: Error) -> ServiceError {
    match code(&error) {
        Some(DENIED) => ServiceError::NeedsAdmin,
        Some(UNKNOWN) => ServiceError::NotInstalled,
        _ => command("service", crate::chain(&error)),
    }
}

fn command(verb: &str, said: String) -> ServiceError {
    ServiceError::Command {
        command: format!("printrail-agent {verb}"),
        said,
    }
}

fn at(path: &Path, source: io::Error) -> ServiceError {
    match source.kind() {
        io::ErrorKind::PermissionDenied => ServiceError::NeedsAdmin,
        _ => ServiceError::File {
            path: path.to_owned(),
            source,
        },
    }
}
