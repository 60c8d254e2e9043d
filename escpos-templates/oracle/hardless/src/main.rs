//! ESC/POS on stdin, its text on stdout, by a parser that others wrote: `hardless PAGES.json`, the file being one that
//! `code_pages.py` wrote. A picture is a line `[picture]`, a code a line `[code]`.

use hardless_escpos::{CodePages, Node, Parser, TableCodePage};
use std::collections::BTreeMap;
use std::io::Read;

fn main() {
    let path = std::env::args().nth(1).expect("the printer's code pages");
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).expect("stdin can be read");
    let mut parser = Parser::with_code_pages(pages(&path));
    let mut nodes = parser.push(&bytes);
    nodes.extend(parser.finish());
    let (mut cuts, mut unknown) = (0, 0);
    for node in nodes {
        match node {
            Node::Text { text } => print!("{text}"),
            Node::LineFeed => println!(),
            Node::Cut { .. } => cuts += 1,
            Node::Unknown { bytes, warning, .. } => {
                unknown += 1;
                eprintln!("{bytes:02x?}: {warning}");
            }
            _ => {}
        }
    }
    println!("[cuts {cuts}]");
    println!("[unknown {unknown}]");
}

fn pages(path: &str) -> CodePages {
    let text = std::fs::read_to_string(path).expect("the file of code pages can be read");
    let pages: BTreeMap<u8, (String, String)> = serde_json::from_str(&text).expect("code pages");
    pages.into_iter().fold(CodePages::default(), |pages, (number, (name, upper))| {
        let upper: Vec<char> = upper.chars().collect();
        pages.with(number, TableCodePage::new(name, upper.try_into().expect("128 characters")))
    })
}
