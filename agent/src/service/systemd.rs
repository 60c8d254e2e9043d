//! The service under systemd: the unit that a package brings, or one of our own beside it.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Action, Installed, ServiceError, ServiceState};

/// The unit's name.
const UNIT: &str = "printrail-agent.service";

/// Where a package puts it (`file-hierarchy(7)`).
const PACKAGED: &str = "/usr/lib/systemd/system/printrail-agent.service";

/// Where the program lies that our own unit starts: the service cannot see into anybody's home.
const PROGRAM: &str = "/usr/local/bin/printrail-agent";

/// The program from before the last `update`.
const PREVIOUS: &str = "/usr/local/bin/printrail-agent.previous";

/// What our own installation writes where no package did: what to write, and where.
const FILES: [(&str, &str); 4] = [
    (
        "/etc/systemd/system/printrail-agent.service",
        include_str!("../../../systemd/printrail-agent.service"),
    ),
    (
        "/etc/sysusers.d/printrail-agent.conf",
        include_str!("../../../systemd/printrail-agent.sysusers"),
    ),
    (
        "/etc/tmpfiles.d/printrail-agent.conf",
        include_str!("../../../systemd/printrail-agent.tmpfiles"),
    ),
    (
        "/etc/udev/rules.d/60-printrail-agent.rules",
        include_str!("../../../systemd/60-printrail-agent.rules"),
    ),
];

/// Installs the service without starting it: user, folders, rules for USB printers, unit.
///
/// # Errors
/// [`ServiceError`]; what was written until then stays, and doing it again completes it.
pub fn install() -> Result<Installed, ServiceError> {
    check()?;
    if Path::new(PACKAGED).exists() {
        return Ok(Installed {
            unit: PACKAGED.into(),
            packaged: true,
        });
    }
    let here = std::env::current_exe().map_err(|source| at("/proc/self/exe", source))?;
    if here != Path::new(PROGRAM) {
        copy_program(&here)?;
    }
    for (path, text) in FILES {
        write(Path::new(path), &own(text))?;
    }
    run("systemd-sysusers", &["/etc/sysusers.d/printrail-agent.conf"])?;
    run(
        "systemd-tmpfiles",
        &["--create", "/etc/tmpfiles.d/printrail-agent.conf"],
    )?;
    // Without udev there are no USB printers either, and tcp printers need none.
    let _ = run("udevadm", &["control", "--reload"]);
    let _ = run("udevadm", &["trigger", "--subsystem-match=usb"]);
    systemctl(&["daemon-reload"])?;
    Ok(Installed {
        unit: FILES[0].0.into(),
        packaged: false,
    })
}

/// Stops and removes what [`install`] wrote; configuration, token and spool stay.
///
/// # Errors
/// [`ServiceError::Packaged`] where a package brought it.
pub fn uninstall() -> Result<(), ServiceError> {
    check()?;
    if Path::new(PACKAGED).exists() {
        return Err(ServiceError::Packaged);
    }
    if !is_installed() {
        return Err(ServiceError::NotInstalled);
    }
    systemctl(&["disable", "--now", UNIT])?;
    for path in FILES.iter().map(|(path, _)| *path).chain([PROGRAM, PREVIOUS]) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(path, error)),
            _ => {}
        }
    }
    systemctl(&["daemon-reload"])
}

/// Starts, stops or restarts the service; a start also makes it start at boot.
///
/// # Errors
/// [`ServiceError`].
pub fn act(action: Action) -> Result<(), ServiceError> {
    check()?;
    if !is_installed() {
        return Err(ServiceError::NotInstalled);
    }
    match action {
        Action::Start => systemctl(&["enable", "--now", UNIT]),
        Action::Stop => systemctl(&["stop", UNIT]),
        Action::Restart => systemctl(&["restart", UNIT]),
    }
}

/// How the service is; everybody may ask.
///
/// # Errors
/// [`ServiceError::NoManager`] where systemd does not run.
pub fn state() -> Result<ServiceState, ServiceError> {
    running_systemd()?;
    let fields = "--property=ActiveState,SubState,StatusText,UnitFileState,NRestarts";
    let said = output("systemctl", &["show", UNIT, fields])?;
    Ok(parse(&said, is_installed()))
}

/// Starts it again without waiting until it is ready: a new version may never be.
///
/// # Errors
/// [`ServiceError`].
pub fn restart_soon() -> Result<(), ServiceError> {
    check()?;
    systemctl(&["--no-block", "restart", UNIT])
}

/// A file of the package as our own installation needs it: with the copied program, which `update` may replace. A new
/// version on trial is watched over by the one before it, also after a power cut in the middle of an update.
fn own(text: &str) -> String {
    let guard = format!(
        "ExecStartPre=-+{PREVIOUS} update --guard --config /etc/printrail/agent.toml \
         --data /var/lib/printrail-agent\nExecStart="
    );
    text.replace("ExecStart=", &guard)
        .replace("/usr/bin/printrail-agent", PROGRAM)
}

fn parse(said: &str, installed: bool) -> ServiceState {
    let field = |name: &str| {
        let found = said
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default().to_owned()
    };
    let mut detail = format!("{} ({})", field("ActiveState"), field("SubState"));
    match field("StatusText").as_str() {
        "" => {}
        status => detail += &format!(", {status}"),
    }
    match field("NRestarts").as_str() {
        "" | "0" => {}
        times => detail += &format!(", restarted {times} times since it was started"),
    }
    ServiceState {
        installed,
        enabled: field("UnitFileState") == "enabled",
        running: field("ActiveState") == "active",
        detail,
    }
}

fn is_installed() -> bool {
    [PACKAGED, FILES[0].0].iter().any(|path| Path::new(path).exists())
}

fn check() -> Result<(), ServiceError> {
    use std::os::unix::fs::MetadataExt as _;
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if is_root {
        running_systemd()
    } else {
        Err(ServiceError::NeedsAdmin)
    }
}

/// As `sd_booted(3)` looks.
fn running_systemd() -> Result<(), ServiceError> {
    match Path::new("/run/systemd/system").is_dir() {
        true => Ok(()),
        false => Err(ServiceError::NoManager("systemd does not run here".to_owned())),
    }
}

/// Beside the old one and then over it, since a program that runs cannot be written.
fn copy_program(from: &Path) -> Result<(), ServiceError> {
    let draft = PathBuf::from(format!("{PROGRAM}.new"));
    fs::copy(from, &draft)
        .and_then(|_| fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&draft, PROGRAM))
        .map_err(|source| at(PROGRAM, source))
}

fn write(path: &Path, text: &str) -> Result<(), ServiceError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|source| at(path, source))
}

fn at(path: impl Into<PathBuf>, source: io::Error) -> ServiceError {
    ServiceError::File {
        path: path.into(),
        source,
    }
}

fn systemctl(arguments: &[&str]) -> Result<(), ServiceError> {
    run("systemctl", arguments)
}

fn run(program: &str, arguments: &[&str]) -> Result<(), ServiceError> {
    output(program, arguments).map(drop)
}

fn output(program: &str, arguments: &[&str]) -> Result<String, ServiceError> {
    let command = || format!("{program} {}", arguments.join(" "));
    let failed = |said: String| ServiceError::Command {
        command: command(),
        said,
    };
    let done = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    Err(failed(if said.is_empty() {
        done.status.to_string()
    } else {
        said
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_says_becomes_one_line() {
        let said = "NRestarts=2\nActiveState=active\nSubState=running\nStatusText=connected for bar\n\
                    UnitFileState=enabled\n";
        let state = parse(said, true);
        assert!(state.running && state.enabled && state.installed);
        assert_eq!(
            state.detail,
            "active (running), connected for bar, restarted 2 times since it was started"
        );
        let state = parse("ActiveState=inactive\nSubState=dead\nStatusText=\n", false);
        assert!(!state.running && !state.enabled && !state.installed);
        assert_eq!(state.detail, "inactive (dead)");
    }

    #[test]
    fn our_own_unit_starts_the_copied_program() {
        let unit = own(FILES[0].1);
        assert!(unit.contains("ExecStart=/usr/local/bin/printrail-agent run "));
        assert!(unit.contains("\nExecStartPre=-+/usr/local/bin/printrail-agent.previous update --guard "));
        assert!(unit.contains("Type=notify") && unit.contains("WatchdogSec="));
    }
}
