//! The handle of a running virtual printer.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::config::Config;
use crate::device::{Device, Input, Output};
use crate::fault::Fault;
use crate::paper::Paper;
use crate::server;

/// Replies that nobody reads are dropped beyond this many.
const MAX_REPLIES: usize = 1024;

/// A printer on a TCP port, with a thread of its own. Clones are handles of the same printer; it stops when the last of
/// them is dropped.
#[derive(Debug, Clone)]
pub struct VirtualPrinter {
    owner: Arc<Owner>,
}

/// Stops the thread when the last handle goes.
#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
    addr: SocketAddr,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the handle and the thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    cut: Condvar,
    pub(crate) wake: Notify,
    epoch: Instant,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) device: Device,
    /// To whoever is connected; `None` resets the connection.
    pub(crate) replies: VecDeque<Option<Vec<u8>>>,
    pub(crate) stopped: bool,
    pub(crate) connections: u64,
    papers: VecDeque<Paper>,
    keep: usize,
}

impl VirtualPrinter {
    /// Listens and serves, ready at once.
    ///
    /// # Errors
    /// The address cannot be listened on, or no thread can be started.
    pub fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.listen)?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(&config));
        let served = Arc::clone(&shared);
        let run = server::prepare(listener)?;
        let thread = std::thread::Builder::new()
            .name("virtual-printer".into())
            .spawn(move || run(&served))?;
        let owner = Owner {
            shared,
            addr,
            thread: Mutex::new(Some(thread)),
        };
        Ok(Self {
            owner: Arc::new(owner),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.owner.addr
    }

    /// Every paper cut so far and not taken, oldest first.
    #[must_use]
    pub fn papers(&self) -> Vec<Paper> {
        self.shared().lock().papers.iter().cloned().collect()
    }

    /// As [`Self::papers`], and takes them away.
    #[must_use]
    pub fn take_papers(&self) -> Vec<Paper> {
        self.shared().lock().papers.drain(..).collect()
    }

    /// Waits until there are `n` papers that were not taken, at most for `timeout`; says what there is then.
    ///
    /// Blocks the thread; do not call it on one that has to serve the client.
    #[must_use]
    pub fn wait_papers(&self, n: usize, timeout: Duration) -> Vec<Paper> {
        let shared = self.shared();
        let waited = shared
            .cut
            .wait_timeout_while(shared.lock(), timeout, |state| state.papers.len() < n);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.papers.iter().cloned().collect()
    }

    /// Makes something go wrong, or right again. What it changes is changed when this returns.
    pub fn fault(&self, fault: Fault) {
        self.shared().act(Input::Fault(fault));
    }

    /// Switches it off: connections are reset, the buffer and all settings are lost, printed lines stay on the paper.
    pub fn power_off(&self) {
        self.fault(Fault::PowerOff);
    }

    /// Switches it on again.
    pub fn power_on(&self) {
        self.fault(Fault::PowerOn);
    }

    /// Tears off what hangs out of the printer without a cut, as a paper; nothing where nothing does.
    pub fn tear(&self) {
        self.shared().act(Input::Tear);
    }

    /// The moment from which the times of papers count.
    #[must_use]
    pub fn epoch(&self) -> Instant {
        self.shared().epoch
    }

    /// Bytes received so far, status requests included.
    #[must_use]
    pub fn bytes_received(&self) -> u64 {
        self.shared().lock().device.received()
    }

    /// Drawer pulses so far.
    #[must_use]
    pub fn drawer_kicks(&self) -> u64 {
        self.shared().lock().device.kicks()
    }

    /// Connections served so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared().lock().connections
    }

    /// How it is, in one line for people.
    #[must_use]
    pub fn summary(&self) -> String {
        self.shared().lock().device.summary()
    }

    /// Stops listening and waits for its thread, whoever else has a handle.
    pub fn stop(self) {
        self.owner.stop();
    }

    fn shared(&self) -> &Shared {
        &self.owner.shared
    }
}

impl Owner {
    fn stop(&self) {
        self.shared.lock().stopped = true;
        self.shared.wake.notify_one();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It panicked or ended; either way it is gone.
            let _ = thread.join();
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.stop();
    }
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
