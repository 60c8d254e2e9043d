//! `/api/audit`: who did what, and when.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::input::{Params, Who};
use super::reply::{List, json as reply};
use crate::error::Problem;
use crate::service::SharedApp;
use crate::store::AuditFilter;

/// `GET /api/audit`: filters `who` and `what` (a part of either), newest first; `{items: [{at, who, what}],
/// next}`.
pub(super) async fn list(
    State(app): State<SharedApp>,
    Who(who): Who,
    params: Params,
) -> Result<Response, Problem> {
    let filter = AuditFilter {
        who: params.text("who"),
        what: params.text("what"),
        cursor: params.text("cursor").or_else(|| params.text("next")),
        limit: params.limit()?,
    };
    let page = app.store.audit_page(&who.outlet, filter).await?;
    let view = |line: crate::store::Audited| json!({"at": line.at, "who": line.who, "what": line.what});
    Ok(reply(&List::of(page, view)))
}
