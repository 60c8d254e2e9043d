//! Bytes as they come in: counted, searched for real-time commands, cut into commands, buffered.

use std::time::Duration;

use super::Device;
use crate::config::{Language, Profile};
use crate::framer::{Framer, clone_pos, esc_pos, star};
use crate::realtime::{RealTime, Scanner};

/// One byte a second, of fault P11.
const SLOW: Duration = Duration::from_secs(1);

/// Everything between the cable and the buffer.
#[derive(Debug)]
pub(super) struct Intake {
    scanner: Scanner,
    framer: Framer,
}

impl Intake {
    pub(super) fn new(profile: Profile) -> Self {
        let length = match profile.language {
            Language::Star => star,
            Language::EscPos if profile.prints_unknown => clone_pos,
            Language::EscPos => esc_pos,
        };
        Self {
            scanner: Scanner::new(profile.language),
            framer: Framer::new(length),
        }
    }

    pub(super) fn partial(&self) -> usize {
        self.framer.partial()
    }

    pub(super) fn clear(&mut self) {
        self.scanner.clear();
        self.framer.clear();
    }
}

impl Device {
    pub(super) fn bytes(&mut self, bytes: &[u8], now: Duration) {
        for byte in bytes {
            if !self.powered {
                return;
            }
            self.byte(*byte, now);
        }
        self.flush();
        if self.armed.slow && !bytes.is_empty() {
            self.next_byte_at = now + SLOW;
        }
    }

    fn byte(&mut self, byte: u8, now: Duration) {
        self.received += 1;
        let Self {
            intake,
            queue,
            queued,
            ..
        } = self;
        let asked = intake.scanner.push(byte);
        intake.framer.push(byte, |token| {
            *queued += token.bytes().len();
            queue.push_back(token);
        });
        if let Some(asked) = asked {
            // What came before it is done first, as far as it can be.
            self.flush();
            self.run(now);
            self.obey(asked);
        }
        self.count_down(now);
        self.follow_script(now);
    }

    /// Text waits for more of it only while more is being read.
    pub(super) fn flush(&mut self) {
        let Self {
            intake,
            queue,
            queued,
            ..
        } = self;
        intake.framer.flush(|token| {
            *queued += token.bytes().len();
            queue.push_back(token);
        });
    }

    fn obey(&mut self, asked: RealTime) {
        match asked {
            RealTime::Status(n) => self.answer_real_time(n),
            RealTime::StarStatus => self.answer_star(),
            RealTime::Recover => {
                self.recover();
            }
            RealTime::RecoverAndClear => {
                if self.recover() {
                    self.drop_data();
                }
            }
            RealTime::Pulse => {
                self.kicks += 1;
                self.interpreter.kick();
            }
            RealTime::Clear => {
                self.drop_data();
                self.answer_cleared();
            }
        }
        self.report_change();
    }
}
