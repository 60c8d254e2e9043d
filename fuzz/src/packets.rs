//! Engine.IO's payloads and Socket.IO's packets: D2, D3 and D4.

use std::pin::pin;

use bytes::Bytes;
use engineioxide_core::{Packet as Engine, ProtocolVersion, payload};
use futures_util::StreamExt as _;
use http_body_util::Full;
use relay::dialects::io;
use relay::sockets::socketio::packet::{Packet, read};

/// The longest payload that the reader takes here.
const MOST_BYTES: u64 = 2048;

/// A packet's text, and the verb in it.
pub(crate) fn socketio(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(Packet::Event { name, arguments, .. }) = read(&text) else {
        return;
    };
    match io::read(&name, &arguments, "bistro") {
        Ok(verb) => assert!(!verb.room().name.is_empty()),
        Err(mistake) => assert!(!mistake.message.is_empty() && mistake.message.len() < 4096),
    }
}

/// The body of a polling request. What is a packet is one again once it is written.
pub(crate) fn engineio(bytes: &[u8]) {
    let body = Full::new(Bytes::copy_from_slice(bytes));
    let mut packets = pin!(payload::decoder(body, None, ProtocolVersion::V4, MOST_BYTES));
    let mut taken = 0;
    // The body is there whole, so that nothing is ever waited for.
    while let Some(Some(packet)) = futures_util::FutureExt::now_or_never(packets.next()) {
        taken += 1;
        assert!(taken <= bytes.len() + 1, "more packets than bytes");
        match packet {
            Ok(Engine::Message(text)) => socketio(text.as_bytes()),
            Ok(_) => {}
            Err(_) => break,
        }
    }
}
