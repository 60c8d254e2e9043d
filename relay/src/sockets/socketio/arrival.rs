//! What a client says of itself when it connects, besides who it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::dialects::Position;
use crate::error::Problem;
use crate::service::SharedApp;
use crate::store::SocketSession;

/// Longest `pid` that is looked up; ours have 22 characters.
const LONGEST_PID: usize = 64;

/// A client's `auth`, read.
#[derive(Debug)]
pub(super) struct Arrival {
    /// The connection's id, if it is a new one.
    pub(super) sid: String,
    /// Its secret id, with which it comes back.
    pub(super) pid: String,
    /// The last position that the client saw.
    pub(super) after: Option<Position>,
    /// `after` or `offset` was no position.
    pub(super) is_lost: bool,
    /// The `pid` that it had, and the last position that it saw with it.
    back: Option<(String, Position)>,
}

impl Arrival {
    pub(super) fn new(auth: &Value) -> Self {
        let text = |name: &str| auth.get(name).and_then(label);
        let (after, offset) = (text("after"), text("offset"));
        let read = |text: &Option<String>| text.as_deref().and_then(Position::parse);
        let pid = text("pid").filter(|pid| pid.len() <= LONGEST_PID);
        Self {
            sid: secret(),
            pid: secret(),
            after: read(&after).or(read(&offset)),
            is_lost: after.is_some() && read(&after).is_none(),
            back: pid.zip(read(&offset)),
        }
    }

    /// The session that the client had, where it is known.
    pub(super) async fn session(
        &self,
        app: &SharedApp,
    ) -> Result<Option<(SocketSession, Position)>, Problem> {
        let Some((pid, offset)) = &self.back else {
            return Ok(None);
        };
        let session = app.store.socket_session(pid).await?;
        Ok(session.map(|session| (session, *offset)))
    }

    /// The visit in which the client was a guest.
    pub(super) async fn visit(&self, app: &SharedApp) -> Result<Option<String>, Problem> {
        Ok(self.session(app).await?.and_then(|(session, _)| session.visit))
    }
}

fn label(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// 128 random bits.
fn secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn after_goes_before_offset_and_numbers_are_positions_too() {
        let of = |auth: Value| Arrival::new(&auth);
        assert_eq!(of(json!({"after": 17})).after, Some(Position::all_of(17, 0)));
        let both = of(json!({"after": "3.1", "pid": "p", "offset": "9.2"}));
        assert_eq!(both.after, Position::parse("3.1"));
        assert_eq!(both.back, Some(("p".to_owned(), Position::parse("9.2").unwrap())));
        assert_eq!(of(json!({"pid": "p"})).back, None);
        assert!(of(json!({"after": "yesterday"})).is_lost);
        assert_ne!(of(json!({})).pid, of(json!({})).pid);
    }
}
