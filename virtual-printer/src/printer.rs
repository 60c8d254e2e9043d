//! The handle of a running virtual printer.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::device::Input;
use crate::fault::Fault;
use crate::paper::Paper;
use crate::script::Script;
use crate::server;
use crate::shared::Shared;

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
    pty: Option<PathBuf>,
    thread: Mutex<Option<JoinHandle<()>>>,
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
        let run = server::prepare(listener)?;
        Self::spawn(shared, addr, None, run)
    }

    /// As [`Self::start`], on a pseudo-terminal instead of a port: a serial cable with XON/XOFF.
    ///
    /// # Errors
    /// No pseudo-terminal can be opened (on Windows there is none), or no thread started.
    pub fn start_on_pty(config: Config) -> io::Result<Self> {
        #[cfg(unix)]
        {
            let cable = crate::pty::Cable::new()?;
            let shared = Arc::new(Shared::new(&config));
            let path = cable.path();
            Self::spawn(shared, config.listen, path, move |shared| cable.serve(shared))
        }
        #[cfg(not(unix))]
        {
            drop(config);
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    fn spawn(
        shared: Arc<Shared>,
        addr: SocketAddr,
        pty: Option<PathBuf>,
        run: impl FnOnce(&Shared) + Send + 'static,
    ) -> io::Result<Self> {
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("virtual-printer".into())
            .spawn(move || run(&served))?;
        let owner = Owner {
            shared,
            addr,
            pty,
            thread: Mutex::new(Some(thread)),
        };
        Ok(Self {
            owner: Arc::new(owner),
        })
    }

    /// Where it listens; on a pseudo-terminal, the address that was not used.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.owner.addr
    }

    /// The device file to open, of a printer on a pseudo-terminal.
    #[must_use]
    pub fn pty(&self) -> Option<&Path> {
        self.owner.pty.as_deref()
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

    /// Waits until `n` papers have been cut, taken or not, at most for `timeout`; says how many there are then.
    ///
    /// Blocks the thread, as [`Self::wait_papers`] does.
    #[must_use]
    pub fn wait_cut(&self, n: u64, timeout: Duration) -> u64 {
        let shared = self.shared();
        let waited = shared
            .cut
            .wait_timeout_while(shared.lock(), timeout, |state| state.device.papers() < n);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.device.papers()
    }

    /// Waits, without blocking the thread, for the paper of that index or the first one after it that is still kept.
    pub async fn paper(&self, index: usize) -> Paper {
        loop {
            let cut = self.shared().paper.notified();
            if let Some(paper) = self
                .shared()
                .lock()
                .papers
                .iter()
                .find(|paper| paper.index >= index)
            {
                return paper.clone();
            }
            cut.await;
        }
    }

    /// Makes something go wrong, or right again. What it changes is changed when this returns.
    pub fn fault(&self, fault: Fault) {
        self.shared().act(Input::Fault(fault));
    }

    /// Lets faults strike by a script, whose time counts from [`Self::epoch`].
    pub fn follow(&self, script: Script) {
        self.shared().lock().device.follow(script);
        self.shared().act(Input::Tick);
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

    /// Papers cut so far, taken or not.
    #[must_use]
    pub fn papers_cut(&self) -> u64 {
        self.shared().lock().device.papers()
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
