//! The reference implementation as a child process: a document in, its text and the letters of its SVG out.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running `oracle/reference.js`. `NODE_PATH` must lead to `receiptline`.
pub struct Reference {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Reference {
    /// Starts it; panics where node or the package is missing, since a missing oracle is a failure.
    pub fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/oracle/reference.js");
        let command = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = command.expect("node is installed");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Text and letters at so many columns; `None` where the reference itself fails.
    pub fn ask(&mut self, doc: &str, columns: u16) -> Option<(String, String)> {
        let encoding = if doc.chars().any(is_east_asian) {
            "cp932"
        } else {
            "cp437"
        };
        let answer = self.answer(&json!({ "doc": doc, "cpl": columns, "encoding": encoding }));
        let field = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
        // The reference writes control characters into its SVG, which is then no XML (1.0, 2.2); ours leaves them out.
        let letters = field("letters")?.chars().filter(|c| !c.is_control()).collect();
        Some((field("text")?, letters))
    }

    #[allow(dead_code, reason = "one of the programs that share this asks for it")]
    /// What it sends to a StarPRNT printer; `None` where the reference itself fails.
    pub fn starprnt(&mut self, doc: &str, columns: u16) -> Option<Vec<u8>> {
        let question = json!({ "doc": doc, "cpl": columns, "encoding": "cp437", "command": "starsbcs" });
        let answer = self.answer(&question);
        let bytes = answer.get("bytes")?.as_str()?.as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        bytes.chunks(2).map(byte).collect()
    }

    fn answer(&mut self, question: &Value) -> Value {
        writeln!(self.input, "{question}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("NODE_PATH leads to receiptline")
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_east_asian(ch: char) -> bool {
    matches!(u32::from(ch), 0x1100..=0x11FF | 0x2E80..=0xA4CF | 0xAC00..=0xD7FF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF)
}

/// The letters of our SVG in order, without blanks.
pub fn letters(svg: &str) -> String {
    let spans = svg
        .split("<tspan")
        .skip(1)
        .filter_map(|s| s.split_once('>')?.1.split_once("</tspan>"));
    let text: String = spans.map(|(text, _)| text).collect();
    let text = text
        .replace("&#xa0;", "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    text.chars().filter(|c| !c.is_whitespace()).collect()
}
