//! Why a connection ends, and how its client hears of it.
//!
//! `engineioxide` closes a WebSocket without a code, and over polling there is none. A disconnect packet
//! carries no reason either, and after one `socket.io-client` stays away. So the last event before the end
//! is an `error` that says what a close frame says elsewhere: `{code, message, close, retry_after_ms?}`.

use engineioxide::DisconnectReason;
use serde_json::{Value, json};

use crate::dialects::{Wire, encode};
use crate::sockets::common::{DISMISSED, RETRY_AFTER_MS, TOO_SLOW};

/// The connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// The client is gone, or was never in: there is nobody to tell.
    Silent(DisconnectReason),
    /// The client hears why first.
    Told(Why),
}

/// What a client hears at the end.
#[derive(Debug)]
pub(super) enum Why {
    /// The relay stops or restarts (1012).
    Restart,
    /// It let its queue overflow (1013).
    TooSlow,
    /// The store cannot be read (1013).
    StoreFailed,
    /// Its token has expired, in these words (1008).
    Expired(String),
    /// Its token was revoked, or its visit has ended (1008).
    Dismissed,
    /// It went on sending too much (1008).
    Flooded,
    /// A frame over the size limit (1009).
    TooLarge,
}

impl End {
    /// The connection broke.
    pub(super) fn broken() -> Self {
        Self::Silent(DisconnectReason::TransportError)
    }

    /// The transport's reason, and the packet to send before.
    pub(super) fn say(self) -> (DisconnectReason, Option<String>) {
        match self {
            Self::Silent(reason) => (reason, None),
            Self::Told(why) => {
                let text = encode(Wire::SocketIo, "error", &why.data(), None);
                (why.reason(), Some(text.to_string()))
            }
        }
    }
}

impl Why {
    fn reason(&self) -> DisconnectReason {
        match self {
            Self::Restart | Self::Expired(_) | Self::Dismissed => DisconnectReason::ClosingServer,
            Self::Flooded | Self::TooLarge => DisconnectReason::PacketParsingError,
            Self::TooSlow | Self::StoreFailed => DisconnectReason::TransportError,
        }
    }

    fn data(&self) -> Value {
        let (code, close, message) = match self {
            Self::Restart => ("UNAVAILABLE", 1012, "the relay restarts; come back and resume"),
            Self::TooSlow => ("TOO_SLOW", 1013, TOO_SLOW),
            Self::StoreFailed => (
                "UNAVAILABLE",
                1013,
                "the log cannot be read now; come back and resume",
            ),
            Self::Expired(message) => ("UNAUTHORIZED", 1008, message.as_str()),
            Self::Dismissed => ("UNAUTHORIZED", 1008, DISMISSED),
            Self::Flooded => ("RATE_LIMITED", 1008, "too many frames for 10 s"),
            Self::TooLarge => ("VALIDATION_ERROR", 1009, "a frame over the size limit"),
        };
        match close {
            1012 | 1013 => {
                json!({"code": code, "message": message, "close": close, "retry_after_ms": RETRY_AFTER_MS})
            }
            _ => json!({"code": code, "message": message, "close": close}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_says_what_a_close_frame_would() {
        let (_, said) = End::Told(Why::TooSlow).say();
        assert_eq!(
            said.unwrap(),
            r#"2["error",{"close":1013,"code":"TOO_SLOW","message":"this client reads too slowly; connect again and resume","retry_after_ms":1000}]"#
        );
        let (_, said) = End::Told(Why::Dismissed).say();
        assert_eq!(
            said.unwrap(),
            r#"2["error",{"close":1008,"code":"UNAUTHORIZED","message":"this token is no longer valid; get a new one"}]"#
        );
        assert!(End::broken().say().1.is_none());
    }
}
