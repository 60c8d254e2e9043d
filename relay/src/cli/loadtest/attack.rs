//! Attackers: thousands of slow or silent clients, and a flood of connections, while orders flow.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Clients that say nothing, little, or half of something.
const SLOW: usize = 2_000;

/// Connections of the flood.
const FLOOD: usize = 10_000;

/// X1: how soon an attacker must be gone.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// Longest that is waited to see an attacker go.
const WATCHED_FOR: Duration = Duration::from_secs(60);

/// When a silent attacker looks whether there is anybody at the other end.
const KNOCK_AFTER: Duration = Duration::from_secs(20);

/// How long a client that drips waits between two bytes.
const DRIP: Duration = Duration::from_secs(1);

/// How the attack went.
#[derive(Debug, Default, serde::Serialize)]
pub(super) struct Attack {
    /// Slow or silent clients.
    pub(super) slow: usize,
    /// Connections of the flood.
    pub(super) flood: usize,
    /// Attackers that could not even connect, or that the system dropped before the relay heard of them.
    pub(super) refused: usize,
    /// Attackers that were still there when the test gave up.
    pub(super) stayed: usize,
    /// Attackers that stayed for longer than 10 s.
    pub(super) late: usize,
    /// The longest that any stayed.
    pub(super) slowest_s: f64,
}

impl Attack {
    fn saw(&mut self, gone: Gone) {
        match gone {
            Gone::Refused => self.refused += 1,
            Gone::Stayed => self.stayed += 1,
            Gone::After(time) => {
                self.late += usize::from(time > GONE_WITHIN);
                self.slowest_s = self.slowest_s.max(time.as_secs_f64());
            }
        }
    }
}

/// What became of an attacker.
#[derive(Debug, Clone, Copy)]
enum Gone {
    Refused,
    Stayed,
    After(Duration),
}

/// What an attacker does.
#[derive(Debug, Clone, Copy)]
enum Way {
    Silent,
    DripHead,
    HalfHead,
    HalfBody,
    HalfHandshake,
}

const WAYS: [Way; 5] = [
    Way::Silent,
    Way::DripHead,
    Way::HalfHead,
    Way::HalfBody,
    Way::HalfHandshake,
];

/// Attacks the relay, slowly and then all at once, until every attacker is gone.
pub(super) async fn run(relay: SocketAddr) -> Attack {
    let mut attack = Attack {
        slow: SLOW,
        flood: FLOOD,
        ..Attack::default()
    };
    let mut attackers = JoinSet::new();
    for way in WAYS.into_iter().cycle().take(SLOW) {
        attackers.spawn(attacker(relay, way));
    }
    collect(&mut attackers, &mut attack).await;
    for _ in 0..FLOOD {
        attackers.spawn(attacker(relay, Way::Silent));
    }
    collect(&mut attackers, &mut attack).await;
    attack
}

async fn collect(attackers: &mut JoinSet<Gone>, attack: &mut Attack) {
    while let Some(Ok(gone)) = attackers.join_next().await {
        attack.saw(gone);
    }
}

async fn attacker(relay: SocketAddr, way: Way) -> Gone {
    let Ok(mut stream) = TcpStream::connect(relay).await else {
        return Gone::Refused;
    };
    let begun = Instant::now();
    let (mut read, mut write) = stream.split();
    let knocked = AtomicBool::new(false);
    let said = async {
        let mut answer = Vec::new();
        read.read_to_end(&mut answer).await.is_err() && knocked.load(Ordering::Relaxed)
    };
    let speaks = async {
        for bytes in words(way) {
            if write.write_all(bytes).await.is_err() {
                break;
            }
            sleep(DRIP).await;
        }
        // The connection stays open: whoever is attacked has to end it.
        sleep(KNOCK_AFTER.saturating_sub(begun.elapsed())).await;
        // Where the queue for new connections was full, this end alone believes in one: it is reset when it speaks.
        knocked.store(true, Ordering::Relaxed);
        let _ = write.write_all(b"\r\n").await;
        std::future::pending::<()>().await;
        false
    };
    let both = async {
        tokio::select! {
            never_heard_of = said => never_heard_of,
            never = speaks => never,
        }
    };
    match timeout(WATCHED_FOR, both).await {
        Ok(true) => Gone::Refused,
        Ok(false) => Gone::After(begun.elapsed()),
        Err(_) => Gone::Stayed,
    }
}

/// What an attacker says, a second between two parts.
fn words(way: Way) -> Vec<&'static [u8]> {
    match way {
        Way::Silent => vec![],
        Way::DripHead => {
            let mut drops: Vec<&[u8]> = vec![b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: "];
            drops.extend([b"a".as_slice(); 60]);
            drops
        }
        Way::HalfHead => vec![b"POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-le"],
        Way::HalfBody => vec![b"POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\n{\"id\":"],
        Way::HalfHandshake => {
            vec![b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"]
        }
    }
}
