//! The link's socket, in whichever state it is.

use std::pin::Pin;

use super::connection::{ConnectError, Connection, Event};
use crate::config::Relay;
use crate::net::Tls;

/// A connection on its way.
type Dialing = Pin<Box<dyn Future<Output = Result<Connection, ConnectError>> + Send>>;

/// The socket, in whichever state.
pub(super) enum Wire {
    Down,
    Dialing(Dialing),
    Up(Box<Connection>),
}

/// What the socket has to say.
pub(super) enum WireEvent {
    Dialed(Result<Box<Connection>, ConnectError>),
    Event(Event),
}

impl Wire {
    /// Begins to connect, with the token that the file holds now.
    pub(super) fn dial(relay: Relay, tls: Tls) -> Self {
        Self::Dialing(Box::pin(Connection::open(relay, tls)))
    }

    /// The next thing that happens; nothing is lost when this is dropped and called again.
    pub(super) async fn event(&mut self) -> WireEvent {
        match self {
            Self::Down => std::future::pending().await,
            Self::Dialing(dialing) => WireEvent::Dialed(dialing.await.map(Box::new)),
            Self::Up(connection) => WireEvent::Event(connection.event().await),
        }
    }
}
