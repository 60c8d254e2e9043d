//! The relay and the agents as processes of their own, to be killed. They are this very program,
//! told by an environment variable whom to play, so that no other package need be built first.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context as _, Result};

/// The variable that makes the demo program play another: `relay` or `agent`.
pub const PLAY: &str = "RESTAURANT_PLAYS";

/// Plays the program that [`PLAY`] names; none where it names none.
#[must_use]
pub fn play() -> Option<ExitCode> {
    match std::env::var(PLAY).ok()?.as_str() {
        "relay" => Some(relay::cli::main()),
        "agent" => Some(agent::cli::main()),
        _ => None,
    }
}

/// A program that can be killed and started again as it was.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    plays: &'static str,
    args: Vec<String>,
    log: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Describes a process of `program` (the `restaurant` binary); [`Process::start`] starts it.
    #[must_use]
    pub fn new(program: &Path, plays: &'static str, args: Vec<String>, log: PathBuf) -> Self {
        Self {
            program: program.to_owned(),
            plays,
            args,
            log,
            child: None,
        }
    }

    /// Starts it. Its log goes on where it ended.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.program)
            .args(&self.args)
            .env(PLAY, self.plays)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} cannot be started", self.plays))?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits for a relay's first line and reads its address from it.
    ///
    /// # Errors
    /// Where the line says something else, or the process ended.
    pub fn listening(&mut self) -> Result<SocketAddr> {
        let child = self.child.as_mut().context("the relay was not started")?;
        let stdout = child
            .stdout
            .take()
            .context("the relay's output was read already")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://");
        address
            .with_context(|| format!("the relay said {line:?}"))?
            .parse()
            .context("an address")
    }

    /// kill -9, and waits until it is gone.
    ///
    /// # Errors
    /// Where it cannot be waited for.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Resident memory in KiB (Linux: `VmRSS`); none where it does not run or cannot be told.
    #[must_use]
    pub fn resident_kib(&self) -> Option<u64> {
        let id = self.child.as_ref()?.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").trim().parse().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
