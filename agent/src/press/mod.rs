//! One printer: ready? claim, write, proof or doubt.
