//! What goes to a printer's computer with a ticket.

use std::borrow::Cow;

use serde_json::Value;

use super::desk::Outcome;
use crate::routing::{Settings, Ticket};

/// What the printer's computer gets: the ticket's data, and the outlet's own templates that it may need. They stay
/// with the ticket, so that its picture and its copies look as it was printed.
pub(super) fn data_of(ticket: &Ticket, settings: &Settings) -> Outcome<String> {
    let own = settings.templates_of(ticket.kind, &ticket.station);
    let mut data = Cow::Borrowed(&ticket.data);
    if !own.is_empty()
        && let Value::Object(fields) = data.to_mut()
    {
        fields.insert("templates".to_owned(), serde_json::to_value(&own)?);
    }
    Ok(serde_json::to_string(&*data)?)
}
