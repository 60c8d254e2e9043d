//! The agent: holds the spool and drives the printers.
