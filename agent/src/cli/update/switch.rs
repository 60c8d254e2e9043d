//! Changes the program under a running service, and sees whether the new one comes up.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::args::UpdateArgs;
use super::super::{Exit, Failure, env, output};
use crate::config::{Flags, locate};
use crate::daemon::ask::{Ask, ask};
use crate::service::{self, ServiceError};
use crate::update::{Attempt, Place, Version};

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// A new program that lives so long has come up; one that crashes later is the watchdog's and the note's.
const STEADY: Duration = Duration::from_secs(3);

/// How long a program may take to say its version.
const SAYS_WITHIN: Duration = Duration::from_secs(20);

/// One change of programs.
pub(super) struct Switch<'a> {
    args: &'a UpdateArgs,
    data: PathBuf,
    place: Place,
}

/// How the agent was before.
#[derive(Debug, Clone, Copy)]
struct Before {
    pid: Option<u64>,
    live: bool,
}

impl<'a> Switch<'a> {
    pub(super) fn new(flags: &Flags, args: &'a UpdateArgs, place: Place) -> Self {
        Self {
            args,
            data: locate(flags, &env).data,
            place,
        }
    }

    /// Installs a program that was checked, and keeps it where it comes up.
    pub(super) fn to(&self, program: &[u8], attempt: &Attempt) -> Result<Exit, Failure> {
        let draft = self.place.stage(program)?;
        if let Err(why) = says_its_version(&draft, &attempt.to) {
            self.place.unstage();
            let text = format!(
                "version {} does not run on this computer ({why}): nothing was changed",
                attempt.to
            );
            return Err(Failure::new(Exit::UpdateFailed, text));
        }
        let before = self.quiet_moment().inspect_err(|_| self.place.unstage())?;
        self.place.install(attempt)?;
        let Some(before) = before else {
            output::message(&format!("✓ {} is installed; the agent does not run", attempt.to));
            return self.told(attempt, Exit::Ok);
        };
        if !runs_as_service() {
            output::message(&format!(
                "✓ {} is installed: start the agent again to run it",
                attempt.to
            ));
            return self.told(attempt, Exit::Restart);
        }
        restart()?;
        match self.comes_up(before, || {
            std::fs::read(self.place.program()).is_ok_and(|now| now == program)
        }) {
            Ok(seconds) => {
                self.place.settle()?;
                output::message(&format!(
                    "✓ {} runs, and came up within {seconds:.0} s",
                    attempt.to
                ));
                self.told(attempt, Exit::Ok)
            }
            Err(why) => Err(self.went_back(attempt, before, &why)),
        }
    }

    /// The program from before the last update.
    pub(super) fn back(&self) -> Result<Exit, Failure> {
        let before = self.quiet_moment()?;
        self.place.go_back()?;
        match before {
            Some(before) if runs_as_service() => {
                restart()?;
                self.comes_up(before, || true).map_err(|why| {
                    Failure::new(
                        Exit::UpdateFailed,
                        format!("the program from before is in its place, and {why}"),
                    )
                })?;
                output::message("✓ the program from before the update runs");
                Ok(Exit::Ok)
            }
            Some(_) => {
                output::message(
                    "✓ the program from before the update is back: start the agent again to run it",
                );
                Ok(Exit::Restart)
            }
            None => {
                output::message("✓ the program from before the update is back; the agent does not run");
                Ok(Exit::Ok)
            }
        }
    }

    /// Waits until nothing prints; none where no agent runs. A ticket that begins after this is finished by the stop.
    fn quiet_moment(&self) -> Result<Option<Before>, Failure> {
        let begun = Instant::now();
        loop {
            let Ok(status) = ask(&self.data, Ask::Status) else {
                return Ok(None);
            };
            if number(&status, "/spool/printing") == Some(0) {
                return Ok(Some(Before {
                    pid: number(&status, "/pid"),
                    live: is_live(&status),
                }));
            }
            if begun.elapsed() >= Duration::from_secs(self.args.wait) {
                let text = format!(
                    "tickets have been printing for {} s: nothing was changed, try again later",
                    self.args.wait
                );
                return Err(Failure::new(Exit::UpdateFailed, text));
            }
            sleep(LOOK);
        }
    }

    /// Seconds until another process answers, connected where the one before was, and goes on for a while.
    fn comes_up(&self, before: Before, is_ours: impl Fn() -> bool) -> Result<f64, String> {
        let (begun, within) = (Instant::now(), Duration::from_secs(self.args.within));
        let mut steady: Option<(Option<u64>, Instant)> = None;
        let mut why = "it does not answer".to_owned();
        while begun.elapsed() < within {
            let status = ask(&self.data, Ask::Status);
            let up = status.ok().filter(|status| number(status, "/pid") != before.pid);
            match up {
                Some(status) if is_live(&status) || !before.live => {
                    let pid = number(&status, "/pid");
                    let since = steady
                        .filter(|(of, _)| *of == pid)
                        .map_or_else(Instant::now, |(_, since)| since);
                    steady = Some((pid, since));
                    if since.elapsed() >= STEADY {
                        let seconds = begun.elapsed().as_secs_f64();
                        return if is_ours() {
                            Ok(seconds)
                        } else {
                            Err("it fell at its start".to_owned())
                        };
                    }
                }
                Some(_) => "it does not reach the relay".clone_into(&mut why),
                None => steady = None,
            }
            sleep(LOOK);
        }
        Err(format!("{why} for {} s", self.args.within))
    }

    fn went_back(&self, attempt: &Attempt, before: Before, why: &str) -> Failure {
        let again = match self
            .place
            .go_back()
            .map_err(Failure::from)
            .and_then(|()| restart())
        {
            Ok(()) => match self.comes_up(before, || true) {
                Ok(_) => format!("{} runs again", Version::own()),
                Err(why) => format!(
                    "{} is back in its place, and {why}: see `printrail-agent status`",
                    Version::own()
                ),
            },
            Err(failure) => {
                format!("and it cannot be taken back ({failure}): `printrail-agent update --rollback`")
            }
        };
        let text = format!(
            "version {} did not come up ({why}): {again}; tickets wait in the spool",
            attempt.to
        );
        Failure::new(Exit::UpdateFailed, text)
    }

    fn told(&self, attempt: &Attempt, exit: Exit) -> Result<Exit, Failure> {
        if self.args.json.wanted() {
            output::json(
                &json!({ "schema": 1, "from": attempt.from, "to": attempt.to, "restart": exit == Exit::Restart }),
            );
        }
        Ok(exit)
    }
}

/// Whether it starts at all, and is what its signature says.
fn says_its_version(program: &Path, version: &str) -> Result<(), String> {
    let mut child = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if begun.elapsed() < SAYS_WITHIN => sleep(LOOK),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err("it does not end".to_owned());
            }
        }
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    match said.trim().rsplit(' ').next() {
        Some(last) if output.status.success() && last == version => Ok(()),
        _ if output.status.success() => Err(format!("it says `{}`", said.trim())),
        _ => Err(output.status.to_string()),
    }
}

fn is_live(status: &Value) -> bool {
    status.pointer("/link/state").and_then(Value::as_str) == Some("live")
}

fn number(status: &Value, pointer: &str) -> Option<u64> {
    status.pointer(pointer).and_then(Value::as_u64)
}

fn runs_as_service() -> bool {
    service::state().is_ok_and(|state| state.installed && state.running)
}

#[cfg(target_os = "linux")]
fn restart() -> Result<(), Failure> {
    service::restart_soon().map_err(|error: ServiceError| error.into())
}

#[cfg(not(target_os = "linux"))]
fn restart() -> Result<(), Failure> {
    service::act(service::Action::Restart).map_err(|error: ServiceError| error.into())
}
