//! Plain WebSockets: dialects D1 and D5, and the agents' links.

use std::net::IpAddr;

use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;

use crate::auth::Identity;
use crate::service::SharedApp;

/// What the request that became this socket said.
#[derive(Debug, Clone)]
pub struct SocketQuery {
    /// D5: the tenant of the path. None is D1.
    pub tenant: Option<String>,
    /// The last position that the client saw (`?after=`).
    pub after: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

/// Serves one socket until it ends or `app.stop` is cancelled.
pub async fn serve(socket: WebSocketStream<TcpStream>, app: SharedApp, who: Identity, query: SocketQuery) {
    let _ = (socket, app, who, query);
}
