//! A disk that fails on purpose, under the real `SQLite`: for tests alone.
//!
//! [`Disk::under`] watches a folder: from then on everything that `SQLite` writes below it passes through a VFS
//! around the system's own, which notes each write, truncation, deletion and sync, and fails where a fault is
//! planted. Programs need no seam for it: the VFS is the process's default one. What would be on the disk
//! after a power cut at any point of the [`Log`] is then an [`Image`], to be written out and opened.
//!
//! Nothing is really synced, so thousands of cuts cost no more than the memory they touch.

mod disk;
mod image;
mod log;
pub mod power;
mod seed;
mod vfs;

pub use disk::{Disk, Fault};
pub use image::Image;
pub use log::{Log, Op};
pub use seed::Seed;
