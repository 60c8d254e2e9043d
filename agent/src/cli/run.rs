//! `run`: the agent in the foreground.

use std::convert::Infallible;
use std::future::pending;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

use super::args::{Color, Common, RunArgs};
use super::logfile::LogFile;
use super::signals::watch_signals;
use super::{Exit, Failure, env, output};
use crate::config::{Config, Flags, load};
use crate::daemon::{Agent, RunError};
use crate::link::{LinkState, LinkStatus};
use crate::service;
use crate::spool::SpoolError;
use crate::update::Place;

/// Threads for calls that block: the spool, name look-ups, the control endpoint.
const BLOCKING_THREADS: usize = 8;

/// A version that has answered for so long without a relay stays: one that dies does so at its start.
const PROVED_AFTER: Duration = Duration::from_secs(60);

/// These threads call the spool and wait; the default of 2 MiB would be for nothing.
const STACK: usize = 512 * 1024;

/// Where Windows' service manager starts it, as a service of its own process; elsewhere a service is nothing special.
#[cfg(windows)]
pub(super) fn run(flags: Flags, common: Common, args: &RunArgs) -> Result<Exit, Failure> {
    if !args.service {
        return foreground(&flags, &common);
    }
    let hosted = service::host(move || match foreground(&flags, &common) {
        Ok(exit) => exit as u32,
        Err(failure) => {
            service::say(tracing::Level::ERROR, &format!("The agent cannot run: {failure}"));
            failure.exit as u32
        }
    });
    hosted.map(|()| Exit::Ok).map_err(|error| {
        let text = "--service is for Windows' service manager: `printrail-agent service start`";
        Failure::new(Exit::Usage, format!("{text} ({})", crate::chain(&error)))
    })
}

#[cfg(not(windows))]
pub(super) fn run(flags: Flags, common: Common, _: &RunArgs) -> Result<Exit, Failure> {
    foreground(&flags, &common)
}

fn foreground(flags: &Flags, common: &Common) -> Result<Exit, Failure> {
    let loaded = load(flags, &env)?;
    log(common, &loaded.config.data);
    let runtime = runtime().map_err(|error| Failure::new(Exit::Failed, format!("no runtime: {error}")))?;
    let data = loaded.config.data.clone();
    let ended = runtime.block_on(serve(flags.clone(), loaded.config));
    match ended {
        Err(RunError::Spool(SpoolError::AlreadyRunning)) => {
            let text = format!(
                "an agent is already running on {}: `printrail-agent status` shows it, and a second one needs \
                 a folder of its own (--data)",
                data.display()
            );
            Err(Failure::new(Exit::Failed, text))
        }
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Exit::Ok),
    }
}

/// A runtime as small as an agent needs it.
pub(super) fn runtime() -> io::Result<runtime::Runtime> {
    runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(STACK)
        .build()
}

async fn serve(flags: Flags, config: Config) -> Result<(), RunError> {
    let stop = CancellationToken::new();
    let data = config.data.clone();
    let agent = Agent::open(config).await?;
    let signals = watch_signals(flags, stop.clone(), agent.reloads());
    let proved = prove(Place::new(Path::new(""), &data), agent.link());
    let manager = service::accompany(agent.link(), agent.pulse());
    tokio::select! {
        ended = agent.run(stop) => ended,
        never = signals => never,
        never = manager => match never {},
        never = proved => match never {},
    }
}

/// A version on trial that is connected, or has run for a while where the relay is away, has come up.
async fn prove(place: Place, mut link: watch::Receiver<LinkStatus>) -> Infallible {
    if place.on_trial().is_some() {
        let live = link.wait_for(|link| link.state == LinkState::Live);
        let _ = timeout(PROVED_AFTER, live).await;
        match place.settle() {
            Ok(()) => info!("version {} has come up and stays", env!("CARGO_PKG_VERSION")),
            Err(error) => warn!("this version stays on trial: {}", crate::chain(&error)),
        }
    }
    pending().await
}

/// To stderr, and to a file of bounded size for `logs` and `bundle`.
fn log(common: &Common, data: &Path) {
    let default = match (common.quiet, common.verbose) {
        (true, _) => "warn",
        (false, 0) => "info",
        (false, 1) => "info,agent=debug,protocol=debug",
        (false, _) => "trace",
    };
    let wanted = env("PRINTRAIL_AGENT_LOG").unwrap_or_else(|| default.to_owned());
    // `EnvFilter` would understand more, with 1 MB of regular expressions in the program.
    let filter: Targets = wanted.parse().unwrap_or_else(|error| {
        output::message(&format!(
            "PRINTRAIL_AGENT_LOG is not understood ({error}): {default} is used"
        ));
        default.parse().unwrap_or_default()
    });
    let colours = match common.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal() && env("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let screen = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(colours)
        .with_target(false);
    let file = LogFile::open(data).map(|file| {
        fmt::layer()
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .with_target(false)
    });
    let all = registry().with(filter).with(screen).with(file);
    // Where a log is set up already, that one is used.
    let _ = all.with(service::system_log()).try_init();
}
