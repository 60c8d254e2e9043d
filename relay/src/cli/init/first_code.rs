//! The first manager's sign-in code. The store keeps it, so it may be typed once the relay runs.

use serde_json::json;

use super::super::ask::Backend;
use super::super::{Failure, show};

/// Makes a code that holds 15 minutes, as every other.
pub(super) async fn make(relay: &Backend, outlet: &str) -> Result<String, Failure> {
    let body = json!({"role": "manager", "name": "first manager"});
    let made = relay.post(outlet, "/api/screen-codes", &body).await?;
    Ok(show::cell(&made, "code"))
}
