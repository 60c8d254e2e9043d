//! Sessions of Socket.IO: what a client that comes back was in.

use super::Store;
use crate::store::desk::Desk;
use crate::store::sql::sockets;
use crate::store::{OutletId, StoreError};

/// What a client of Socket.IO comes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketSession {
    /// The outlet.
    pub outlet: String,
    /// The secret id with which the client comes back.
    pub pid: String,
    /// The connection's id, which stays.
    pub sid: String,
    /// Whose it is: `role:subject`.
    pub who: String,
    /// A guest's session token.
    pub visit: Option<String>,
    /// Its rooms: dialect and name.
    pub rooms: Vec<(String, String)>,
}

impl Store {
    /// Keeps a session's rooms; durable when it returns.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn keep_socket_session(&self, session: SocketSession) -> Result<(), StoreError> {
        let keep = move |desk: &mut Desk<'_>| sockets::put(desk.conn, &session, desk.now);
        self.inner.clerk.call(keep).await
    }

    /// The session of this secret id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn socket_session(&self, pid: &str) -> Result<Option<SocketSession>, StoreError> {
        let pid = pid.to_owned();
        let get = move |conn: &rusqlite::Connection| Ok(sockets::get(conn, &pid)?);
        self.inner.readers.read(get).await
    }

    /// Forgets a session: its client left on purpose.
    ///
    /// # Errors
    /// What the clerk says.
    pub async fn forget_socket_session(&self, outlet: &OutletId, pid: &str) -> Result<(), StoreError> {
        let (outlet, pid) = (OutletId::clone(outlet), pid.to_owned());
        let forget = move |desk: &mut Desk<'_>| Ok(sockets::delete(desk.conn, &outlet, &pid)?);
        self.inner.clerk.call(forget).await
    }
}
