//! This process as a service: what the service control manager asks of it and hears from it.

use std::convert::Infallible;
use std::ffi::OsString;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Level, error, warn};
use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState as State, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{
    self, ServiceControlHandlerResult as Handled, ServiceStatusHandle,
};
use windows_service::{define_windows_service, service_dispatcher};

use super::control::RELOAD;
use super::{NAME, events};
use crate::link::LinkStatus;

/// How long the agent's own parts may take to answer; a commit on a tired disk takes a second or two.
const PULSE_WITHIN: Duration = Duration::from_secs(8);

/// Between two looks at whether it still lives.
const BEAT: Duration = Duration::from_secs(10);

/// So many looks without a beat between them are a hang: 30 s, as under systemd.
const MISSED_MAX: u32 = 3;

/// How long Windows may wait for the next word while the spool opens or tickets are finished.
const NEXT_WORD: Duration = Duration::from_secs(30);

/// What the service control manager asks of a running service.
pub struct Orders {
    /// Finish what prints, then end.
    pub stop: CancellationToken,
    /// Read the configuration again.
    pub reload: mpsc::Receiver<()>,
}

type Work = Box<dyn FnOnce() -> u32 + Send>;

// Windows calls a bare function: what it needs waits here.
static WORK: Mutex<Option<Work>> = Mutex::new(None);
static ORDERS: Mutex<Option<Orders>> = Mutex::new(None);
static STATUS: OnceLock<ServiceStatusHandle> = OnceLock::new();
static BEATS: AtomicU64 = AtomicU64::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

/// Runs `work` as the service that Windows started, until it ends; its number is the service's exit code.
///
/// # Errors
/// Where Windows did not start this process as a service.
pub fn host(work: impl FnOnce() -> u32 + Send + 'static) -> Result<(), windows_service::Error> {
    *lock(&WORK) = Some(Box::new(work));
    service_dispatcher::start(NAME, called_by_windows)
}

/// Whether this process is a service.
pub(super) fn is_hosted() -> bool {
    STATUS.get().is_some()
}

/// What the service control manager asks for, once; none where this process is no service.
#[must_use]
pub fn orders() -> Option<Orders> {
    lock(&ORDERS).take()
}

/// Tells Windows that the service still finishes tickets; `step` grows from call to call.
pub fn draining(step: u32) {
    report(State::StopPending, step, ServiceExitCode::NO_ERROR);
}

/// Says that the service runs; where a part of it hangs, ends the process for Windows to start it again.
pub async fn accompany(_: watch::Receiver<LinkStatus>, pulse: impl AsyncFn() -> bool) -> Infallible {
    if !is_hosted() {
        return pending().await;
    }
    report(State::Running, 0, ServiceExitCode::NO_ERROR);
    events::say(Level::INFO, "The agent runs.");
    thread::spawn(watchdog);
    let mut beat = interval(BEAT / 2);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        match timeout(PULSE_WITHIN, pulse()).await {
            Ok(true) => _ = BEATS.fetch_add(1, Ordering::Relaxed),
            _ => warn!("a part of the agent does not answer"),
        }
    }
}

/// A thread of its own, since what hangs may be the runtime. It counts looks and not time, which a sleeping PC loses.
fn watchdog() {
    let (mut seen, mut missed) = (BEATS.load(Ordering::Relaxed), 0);
    while !OVER.load(Ordering::Relaxed) {
        thread::sleep(BEAT);
        let beats = BEATS.load(Ordering::Relaxed);
        missed = if beats == seen { missed + 1 } else { 0 };
        seen = beats;
        if missed == MISSED_MAX {
            error!("the agent hangs: it ends, and Windows starts it again");
            std::process::abort();
        }
    }
}

define_windows_service!(called_by_windows, service);

fn service(_: Vec<OsString>) {
    // One reload that waits stands for all that were asked for until then.
    let (again, reload) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let orders = Orders {
        stop: stop.clone(),
        reload,
    };
    let handler = move |control| handle(control, &stop, &again);
    let Ok(status) = service_control_handler::register(NAME, handler) else {
        return events::say(Level::ERROR, "Windows does not take the agent as a service.");
    };
    let _ = STATUS.set(status);
    *lock(&ORDERS) = Some(orders);
    report(State::StartPending, 1, ServiceExitCode::NO_ERROR);
    let work = lock(&WORK).take();
    let code = work.map_or(0, |work| work());
    OVER.store(true, Ordering::Relaxed);
    events::say(Level::INFO, "The agent has ended.");
    let exit = match code {
        0 => ServiceExitCode::NO_ERROR,
        code => ServiceExitCode::ServiceSpecific(code),
    };
    report(State::Stopped, 0, exit);
}

fn handle(control: ServiceControl, stop: &CancellationToken, again: &mpsc::Sender<()>) -> Handled {
    match control {
        ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => {
            draining(1);
            stop.cancel();
        }
        ServiceControl::ParamChange => _ = again.try_send(()),
        ServiceControl::UserEvent(code) if code.to_raw() == RELOAD => _ = again.try_send(()),
        ServiceControl::Interrogate => {}
        _ => return Handled::NotImplemented,
    }
    Handled::NoError
}

fn report(state: State, checkpoint: u32, exit_code: ServiceExitCode) {
    let controls_accepted = match state {
        State::Running => {
            ServiceControlAccept::STOP
                | ServiceControlAccept::PRESHUTDOWN
                | ServiceControlAccept::PARAM_CHANGE
        }
        _ => ServiceControlAccept::empty(),
    };
    let pending = matches!(state, State::StartPending | State::StopPending);
    let status = ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted,
        exit_code,
        checkpoint,
        wait_hint: if pending { NEXT_WORD } else { Duration::ZERO },
        process_id: None,
    };
    if let Some(handle) = STATUS.get()
        && let Err(error) = handle.set_service_status(status)
    {
        warn!("Windows cannot be told how the service is: {error}");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
