//! ESC/POS on stdin, its text on stdout, by a parser that others wrote.

use hardless_escpos::{Node, parse};
use std::io::Read;

fn main() {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).expect("stdin can be read");
    let mut cuts = 0;
    for node in parse(&bytes) {
        match node {
            Node::Text { text } => print!("{text}"),
            Node::LineFeed => println!(),
            Node::Cut { .. } => cuts += 1,
            Node::Unknown { bytes, warning, .. } => eprintln!("{bytes:02x?}: {warning}"),
            _ => {}
        }
    }
    assert!(cuts <= 1, "at most one cut");
}
