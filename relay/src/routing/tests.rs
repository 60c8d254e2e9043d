//! What routing must never do: drop an item, print it twice, leave a VOID out.

mod explain;
mod history;
mod rules;
mod tickets;
