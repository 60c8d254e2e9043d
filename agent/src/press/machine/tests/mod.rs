//! The machine against scripted printers: every rule of DELIVERY.md by itself, then seeded worlds.

mod backups;
mod bytes;
mod checks;
mod edges;
mod printer;
mod proof;
mod rig;
mod rules;
mod sleep;
mod worlds;
