//! A program of its own that can be killed, paused, and started again as it was.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result};

/// A program with its arguments, running or not.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    args: Vec<String>,
    log: PathBuf,
    child: Option<Child>,
}

/// What may be done to a process from outside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signal {
    Stop,
    Continue,
}

impl Program {
    /// Describes a program; its messages go to the end of `log`.
    pub(super) fn new(path: &Path, args: &[&str], log: PathBuf) -> Self {
        Self {
            path: path.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            log,
            child: None,
        }
    }

    /// Starts it and gives what it says on stdout.
    pub(super) fn start(&mut self) -> Result<BufReader<ChildStdout>> {
        let mut child = self.spawn(Stdio::piped())?;
        let said = child.stdout.take().context("it has no stdout");
        self.child = Some(child);
        Ok(BufReader::new(said?))
    }

    /// Starts it; all that it says goes into its log.
    pub(super) fn start_alone(&mut self) -> Result<()> {
        let log = self.open_log()?;
        self.child = Some(self.spawn(log.into())?);
        Ok(())
    }

    fn spawn(&self, stdout: Stdio) -> Result<Child> {
        let mut command = Command::new(&self.path);
        command
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(self.open_log()?);
        command
            .spawn()
            .with_context(|| format!("{} cannot be started", self.path.display()))
    }

    fn open_log(&self) -> Result<File> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        log.with_context(|| format!("{} cannot be written", self.log.display()))
    }

    /// Starts it and waits for its first line, which begins with `prefix`; returns the rest.
    pub(super) fn start_and_hear(&mut self, prefix: &str) -> Result<String> {
        let mut line = String::new();
        self.start()?.read_line(&mut line)?;
        let rest = line.trim().strip_prefix(prefix).map(str::to_owned);
        let log = self.log.display();
        rest.with_context(|| format!("{} said {line:?}; look at {log}", self.path.display()))
    }

    /// kill -9, and waits until it is gone.
    pub(super) fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Sends a signal where it runs.
    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        let Some(id) = self.id() else { return Ok(()) };
        let name = match signal {
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        };
        let sent = Command::new("kill").args([name, &id.to_string()]).status();
        sent.context("`kill` cannot be run").map(drop)
    }

    /// Its process.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Runs it to its end and gives what it said on stdout.
    pub(super) fn finish(path: &Path, args: &[&str]) -> Result<String> {
        let done = Command::new(path).args(args).stdin(Stdio::null()).output();
        let done = done.with_context(|| format!("{} cannot be started", path.display()))?;
        let said = String::from_utf8_lossy(&done.stderr);
        anyhow::ensure!(
            done.status.success(),
            "{} failed: {}",
            path.display(),
            said.trim()
        );
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A program of ours: the one that was named, the one beside this one, or whatever the PATH has.
pub(super) fn find(named: Option<&Path>, name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    if let Some(named) = named {
        return named.to_owned();
    }
    let beside = std::env::current_exe()
        .ok()
        .map(|here| here.with_file_name(&file));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| file.into())
}
