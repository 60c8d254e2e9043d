//! A printer to rehearse with: ESC/POS in, paper out, faults on demand.
//! Program entry.

fn main() {}
