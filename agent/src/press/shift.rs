//! One run of the machine with its connection and its spool.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use super::driver::{Command, Owner, PressReport};
use super::known::{self, Known};
use super::machine::{Input, Machine, Output};
use crate::port::{self, Port, Remembered};
use crate::spool::{SpoolError, Step};

/// A lost nudge costs so much, never a ticket.
const QUEUE_EVERY: Duration = Duration::from_secs(1);

/// With a connection open, nudges are looked for so often.
const SLICE: Duration = Duration::from_millis(5);

/// A stop waits so long for a ticket in progress; after that it is in doubt at the next start.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// What one read takes: more than any answer.
const READ: usize = 512;

/// One run of the machine with its connection.
pub(super) struct Shift<'a> {
    owner: &'a Owner,
    machine: Machine,
    port: Option<Box<dyn Port>>,
    inputs: VecDeque<Input>,
    queued_at: Instant,
    nudged: bool,
    stop_at: Option<Instant>,
}

impl<'a> Shift<'a> {
    pub(super) fn new(owner: &'a Owner, machine: Machine) -> Self {
        Self {
            owner,
            machine,
            port: None,
            inputs: VecDeque::new(),
            queued_at: Instant::now(),
            nudged: true,
            stop_at: None,
        }
    }

    /// Until a stop, or until the spool is broken.
    pub(super) fn serve(&mut self) -> Result<(), SpoolError> {
        loop {
            self.owner.beat();
            self.work()?;
            if self.stop_at.is_some_and(|at| Instant::now() >= at) {
                self.close();
                return Ok(());
            }
            if self.nudged || self.queued_at.elapsed() >= QUEUE_EVERY {
                // With no input left: the machine sees a queue that knows all of its steps.
                self.read_queue()?;
            } else if self.is_over() {
                self.close();
                return Ok(());
            } else {
                self.wait()?;
            }
        }
    }

    /// Every input, and after each every output.
    fn work(&mut self) -> Result<(), SpoolError> {
        while let Some(input) = self.inputs.pop_front() {
            self.owner.beat();
            if matches!(input, Input::Wrote(0)) && self.overheard()? {
                return Ok(());
            }
            self.machine
                .handle(input, self.owner.tick(), self.owner.clock.now());
            while let Some(output) = self.machine.poll_output() {
                self.perform(output)?;
            }
        }
        Ok(())
    }

    /// A printer that takes nothing is written to again and again; a stop is heard all the same. Returns
    /// whether its time is up.
    fn overheard(&mut self) -> Result<bool, SpoolError> {
        if let Ok(command) = self.owner.inbox.try_recv() {
            self.obey(&command)?;
        }
        Ok(self.stop_at.is_some_and(|at| Instant::now() >= at))
    }

    fn is_over(&self) -> bool {
        self.stop_at
            .is_some_and(|at| self.machine.is_finished() || Instant::now() >= at)
    }

    fn perform(&mut self, output: Output) -> Result<(), SpoolError> {
        match output {
            Output::Open => self.open()?,
            Output::Close => self.close(),
            Output::Write(bytes) => self.write(&bytes),
            Output::Record(step) => self.record(*step)?,
            Output::Render { job, banners } => {
                let known = self.machine.known();
                let ticket = self.owner.tickets.render(&job, &banners, known);
                self.inputs.push_back(Input::Rendered(ticket));
            }
            Output::Remember(known) => self.remember(known)?,
            Output::Status(status) => self.tell(PressReport::Printer(status)),
            Output::Alarm(text) => self.tell(PressReport::Alarm(text)),
        }
        Ok(())
    }

    fn tell(&self, report: PressReport) {
        (self.owner.reports)(report);
    }

    fn open(&mut self) -> Result<(), SpoolError> {
        self.close();
        match port::open_known(&self.owner.config.address, self.device()?.as_deref()) {
            Ok(port) => {
                let readable = port.is_readable();
                self.remember_device(port.identity())?;
                self.port = Some(port);
                self.inputs.push_back(Input::Opened { readable });
            }
            Err(error) => self.inputs.push_back(Input::OpenFailed(error.to_string())),
        }
        Ok(())
    }

    /// The device that was behind this address before.
    fn device(&self) -> Result<Option<String>, SpoolError> {
        let Owner { spool, config, .. } = self.owner;
        let text = spool.recall(&Remembered::key(&config.name))?;
        Ok(text.and_then(|text| Remembered::decode(&text, &config.address)))
    }

    fn remember_device(&self, identity: Option<String>) -> Result<(), SpoolError> {
        let Owner { spool, config, .. } = self.owner;
        if identity.is_none() || self.device()? == identity {
            return Ok(());
        }
        let text = Remembered::encode(&config.address, &identity.unwrap_or_default());
        keep(spool.remember(&Remembered::key(&config.name), &text))
    }

    /// Whoever is there now is accepted.
    fn forget_device(&self) -> Result<(), SpoolError> {
        keep(
            self.owner
                .spool
                .remember(&Remembered::key(&self.owner.config.name), ""),
        )
    }

    fn close(&mut self) {
        if let Some(port) = self.port.take() {
            port.close();
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let Some(port) = &mut self.port else {
            self.inputs.push_back(Input::Wrote(0));
            return self.lost("the connection is closed");
        };
        match port.write(bytes) {
            Ok(taken) => self.inputs.push_back(Input::Wrote(taken)),
            Err(error) if port::is_timeout(&error) => self.inputs.push_back(Input::Wrote(0)),
            Err(error) => {
                if port.fails_whole() {
                    self.inputs.push_back(Input::Wrote(0));
                }
                return self.lost(&error.to_string());
            }
        }
        // A printer that stops may say why before it takes the rest.
        self.listen(Duration::ZERO);
    }

    fn lost(&mut self, why: &str) {
        self.port = None;
        self.inputs
            .push_back(Input::Disconnected(format!("the connection broke: {why}")));
    }

    fn listen(&mut self, timeout: Duration) {
        let Some(port) = self.port.as_mut().filter(|port| port.is_readable()) else {
            return;
        };
        let mut said = [0; READ];
        let heard = port.set_read_timeout(timeout).and_then(|()| port.read(&mut said));
        match heard {
            Ok(0) => self.lost("the printer closed it"),
            Ok(len) => {
                let said = said.get(..len).unwrap_or_default().to_vec();
                self.inputs.push_back(Input::Received(said));
            }
            Err(error) if port::is_timeout(&error) => {}
            Err(error) => self.lost(&error.to_string()),
        }
    }

    fn record(&mut self, step: Step) -> Result<(), SpoolError> {
        let job = step.job_id.clone();
        match self.owner.spool.record(step.clone()) {
            Ok(update) => {
                self.tell(PressReport::Job(update));
                self.inputs.push_back(Input::Recorded(job));
                Ok(())
            }
            Err(error @ (SpoolError::Broken(_) | SpoolError::Closed | SpoolError::AlreadyRunning)) => {
                Err(error)
            }
            Err(error) => {
                let again = matches!(error, SpoolError::DiskFull);
                let step = Box::new(step);
                if !again && !matches!(error, SpoolError::Elsewhere { .. }) {
                    let text = format!(
                        "{}: a step of {job} is not recorded: {error}",
                        self.owner.config.name
                    );
                    self.tell(PressReport::Alarm(text));
                }
                self.inputs.push_back(Input::NotRecorded { step, again });
                self.nudged = true;
                Ok(())
            }
        }
    }

    fn remember(&self, known: Known) -> Result<(), SpoolError> {
        let printer = self.owner.config.name.clone();
        keep(self.owner.spool.remember(&known::key(&printer), &known.encode()))?;
        self.tell(PressReport::Known { printer, known });
        Ok(())
    }

    fn read_queue(&mut self) -> Result<(), SpoolError> {
        self.nudged = false;
        self.queued_at = Instant::now();
        let jobs = self.owner.spool.queue(&self.owner.config.name)?;
        self.inputs.push_back(Input::Queue(jobs));
        Ok(())
    }

    /// Until the printer speaks, somebody wants something, or the machine's time has come.
    fn wait(&mut self) -> Result<(), SpoolError> {
        let now = self.owner.tick();
        let until = self.machine.poll_timeout();
        let timeout = until.map_or(QUEUE_EVERY, |at| at.since(now)).min(QUEUE_EVERY);
        let readable = self.port.as_ref().is_some_and(|port| port.is_readable());
        let command = if readable {
            self.listen(timeout.min(SLICE));
            match self.owner.inbox.try_recv() {
                Err(TryRecvError::Empty) => None,
                Ok(command) => Some(command),
                Err(TryRecvError::Disconnected) => Some(Command::Stop),
            }
        } else {
            match self.owner.inbox.recv_timeout(timeout) {
                Err(RecvTimeoutError::Timeout) => None,
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Disconnected) => Some(Command::Stop),
            }
        };
        if let Some(command) = command {
            self.obey(&command)?;
        }
        if self.inputs.is_empty() && until.is_some_and(|at| at <= self.owner.tick()) {
            self.inputs.push_back(Input::Timeout);
        }
        Ok(())
    }

    fn obey(&mut self, command: &Command) -> Result<(), SpoolError> {
        match command {
            // Read at once, not at the next second.
            Command::Nudge => self.nudged = true,
            Command::Probe => {
                self.forget_device()?;
                self.inputs.push_back(Input::Known(None));
            }
            Command::Recover(how) => self.inputs.push_back(Input::Recover(*how)),
            Command::Stop if self.stop_at.is_none() => {
                self.stop_at = Some(Instant::now() + STOP_WITHIN);
                self.inputs.push_back(Input::Stop);
            }
            Command::Stop => {}
        }
        Ok(())
    }
}

/// A full disk forgets a fact; the printer is probed again after the next start.
fn keep(result: Result<(), SpoolError>) -> Result<(), SpoolError> {
    match result {
        Err(SpoolError::DiskFull) => Ok(()),
        other => other,
    }
}
