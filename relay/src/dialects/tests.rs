//! Every row of "What a change emits" for D2 to D5, with its rooms and fields.

mod payloads;
mod rows;
mod verbs;
