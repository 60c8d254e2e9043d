//! Frames as text: what `encode` writes and `decode` takes.

mod agent;
mod body;
mod relay;

use serde::Serialize;

use crate::frames::{FrameError, MAX_FRAME_BYTES};

/// Refuses what is too long before anything parses it.
fn check_length(text: &str) -> Result<(), FrameError> {
    if text.len() > MAX_FRAME_BYTES {
        return Err(FrameError::TooLong { bytes: text.len() });
    }
    Ok(())
}

/// The JSON text of one of our own wire types.
#[expect(
    clippy::expect_used,
    reason = "maps with text keys, text and integers always have a JSON text"
)]
fn to_text(wire: &impl Serialize) -> String {
    serde_json::to_string(wire).expect("a frame has a JSON text")
}
