//! What the handle of a printer and its thread share: the machine, what it said, the papers.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::config::Config;
use crate::device::{Device, Input, Output};
use crate::paper::Paper;

/// Replies that nobody reads are dropped beyond this many.
const MAX_REPLIES: usize = 1024;

/// What the handle and the thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) cut: Condvar,
    pub(crate) wake: Notify,
    /// For those who wait for papers without blocking.
    pub(crate) paper: Notify,
    pub(crate) epoch: Instant,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) device: Device,
    /// To whoever is connected; `None` resets the connection.
    pub(crate) replies: VecDeque<Option<Vec<u8>>>,
    pub(crate) stopped: bool,
    pub(crate) connections: u64,
    pub(crate) papers: VecDeque<Paper>,
    keep: usize,
}

impl Shared {
    pub(crate) fn new(config: &Config) -> Self {
        let state = State {
            device: Device::new(config),
            replies: VecDeque::new(),
            stopped: false,
            connections: 0,
            papers: VecDeque::new(),
            keep: config.keep_papers.max(1),
        };
        Self {
            state: Mutex::new(state),
            cut: Condvar::new(),
            wake: Notify::new(),
            paper: Notify::new(),
            epoch: Instant::now(),
        }
    }

    /// The state; a panic elsewhere does not make it unusable.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// The instant of a time of the device.
    pub(crate) fn instant(&self, at: Duration) -> Instant {
        self.epoch + at
    }

    /// Tells the device what happened and spreads the outcome.
    pub(crate) fn act(&self, input: Input<'_>) {
        let mut state = self.lock();
        state.device.handle(input, self.now());
        let mut cut = false;
        while let Some(output) = state.device.poll_output() {
            cut |= matches!(output, Output::Paper(_));
            state.keep(output);
        }
        drop(state);
        if cut {
            self.cut.notify_all();
            self.paper.notify_waiters();
        }
        self.wake.notify_one();
    }
}

impl State {
    fn keep(&mut self, output: Output) {
        match output {
            Output::Reply(bytes) if self.replies.len() < MAX_REPLIES => self.replies.push_back(Some(bytes)),
            Output::Reply(_) => {}
            Output::Reset => self.replies.push_back(None),
            Output::Paper(paper) => {
                if self.papers.len() >= self.keep {
                    self.papers.pop_front();
                }
                self.papers.push_back(paper);
            }
        }
    }
}
