//! Frames of the plain WebSockets: D1 with its agents' part, D5, and what a relay says to an agent.

use protocol::{AgentFrame, RelayFrame};
use relay::dialects::{Mistake, register as d5, station as d1};
use relay::routing::Settings;

/// The outlet whose socket it is.
const OUTLET: &str = "bistro";

/// A mistake is told to who made it: in words, and in not too many.
fn told<T>(read: Result<T, Mistake>) -> Option<T> {
    let mistake = match read {
        Ok(verb) => return Some(verb),
        Err(mistake) => mistake,
    };
    assert!(
        !mistake.message.is_empty() && mistake.message.len() < 4096,
        "{mistake:?}"
    );
    assert!(mistake.data().is_object());
    None
}

/// A D1 frame: a display's, or an agent's.
pub(crate) fn station(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let settings = Settings::default();
    match told(d1::read(&text)) {
        Some(d1::Verb::Register(device)) => {
            let rooms = d1::rooms_of(&device, OUTLET, &settings);
            assert!(rooms.iter().all(|room| !room.name.is_empty()));
        }
        Some(d1::Verb::Join(room) | d1::Verb::Leave(room)) => {
            told(d1::room(&room, OUTLET, &settings));
        }
        Some(d1::Verb::Agent) | None => {}
    }
    match AgentFrame::decode(&text) {
        Ok(frame) => {
            let again = AgentFrame::decode(&frame.encode()).expect("what was written is read");
            assert_eq!(again, frame);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A D5 frame.
pub(crate) fn register(bytes: &[u8]) {
    told(d5::read(&String::from_utf8_lossy(bytes), OUTLET));
}

/// What an agent is told: a relay may be malicious too.
pub(crate) fn relay_frame(bytes: &[u8]) {
    match RelayFrame::decode(&String::from_utf8_lossy(bytes)) {
        Ok(frame) => {
            let text = frame.encode();
            let again = RelayFrame::decode(&text).expect("what was written is read");
            assert_eq!(again.encode(), text);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
