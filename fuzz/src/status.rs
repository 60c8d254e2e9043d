//! What a printer answers: statuses and proofs between noise.

use agent::press::status::{Heard, Parser};

/// A byte of FFh tells the parser that a question was asked, the one of the byte after it; all others were received.
pub(crate) fn status(bytes: &[u8]) {
    let (mut parser, mut heard, mut received) = (Parser::default(), Vec::new(), Vec::new());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        if *byte == 0xFF {
            parser.asked(rest.next().map_or(1, |n| n % 4 + 1));
        } else {
            received.push(*byte);
            heard.extend(parser.push(*byte));
        }
    }
    assert!(heard.len() <= received.len());
    // A proof is believed where all of it was received, and nowhere else.
    for mark in heard {
        if let Heard::Mark([a, b, c, d]) = mark {
            let whole = [0x37, 0x22, a, b, c, d, 0];
            assert!(received.windows(whole.len()).any(|part| part == whole));
        }
    }
    parser.forget();
    assert_eq!(parser.push(0x11), Some(Heard::Xon));
}
