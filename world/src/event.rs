//! What is going to happen.

use protocol::link::RelayInput;
use relay::store::OrderReply;

use crate::lane::Done;

/// Something at a moment. `life` is the process's: what was meant for one that died is dropped.
#[derive(Debug)]
pub(crate) enum Event {
    /// A caller sends a request.
    Ask(usize),
    /// A request reaches the relay.
    Served(usize),
    /// The relay's answer reaches the caller; none: it never came.
    Answered(usize, Option<Box<OrderReply>>),
    Fault,
    Alarms,
    People,
    /// The relay looks for what is overdue.
    Upkeep,
    Dialled(u32),
    Connected(u32),
    ConnectFailed(u32),
    HungUp {
        conn: u32,
        agent_hears: bool,
    },
    Frame {
        conn: u32,
        to_agent: bool,
        text: String,
    },
    /// A frame that a broken connection swallowed comes after all, on a newer one.
    Echo {
        conn: u32,
        to_agent: bool,
        text: String,
    },
    NetworkBack(usize),
    RelayStarts,
    RelayWakes {
        life: u32,
        conn: u32,
    },
    StoreDoes {
        life: u32,
        conn: u32,
    },
    StoreSays {
        life: u32,
        conn: u32,
        said: Box<Said>,
    },
    Nudged {
        life: u32,
        conn: u32,
        input: Box<RelayInput>,
    },
    AgentStarts(usize),
    AgentAwakes(usize),
    AgentWakes(usize, u32),
    SpoolDoes(usize, u32),
    SpoolSays(usize, u32, Box<Done>),
    WatchLooks(usize, u32),
    DiskHasRoom(usize),
    PressWakes(usize),
    PrinterWakes(usize),
    PrinterMended(usize),
}

/// What a question to the store came to, for one link.
#[derive(Debug)]
pub(crate) enum Said {
    Input(RelayInput),
    /// A station's jobs, and the stations that it stands in for.
    Jobs(RelayInput, String, Vec<String>),
    /// A registration and the wishes that wait.
    Registered(protocol::frames::Registered, Vec<RelayInput>),
    Nothing,
}
