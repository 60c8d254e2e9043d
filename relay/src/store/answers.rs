//! What a request is answered, and the keys under which the answer is kept for good.

use super::desk::{Desk, Outcome};
use super::sql::orders::{self, Earlier};
use super::{JobBrief, OrderReply, OrderRequest};
use crate::order::{Command, Id, Order, Refusal, Status};

/// What this request got before: under the caller's order id, or under its `Idempotency-Key`. A refusal where
/// that was another request.
pub(super) fn replay(desk: &Desk<'_>, request: &OrderRequest) -> Outcome<Option<OrderReply>> {
    if let Command::Create(new) = &request.command
        && let Some(id) = new.id.as_ref().map(Id::key)
        && let Some(earlier) = orders::creation(desk.conn, &request.outlet, &id)?
    {
        let other = || format!("there is another order under the id {id}");
        return Ok(Some(compare(request, earlier, other)));
    }
    let Some(key) = request.key.as_deref() else {
        return Ok(None);
    };
    let earlier = orders::earlier(desk.conn, &request.outlet, key)?;
    let other = || format!("another request was made under the Idempotency-Key {key}");
    Ok(earlier.map(|earlier| compare(request, earlier, other)))
}

fn compare(request: &OrderRequest, earlier: Earlier, other: impl Fn() -> String) -> OrderReply {
    if earlier.fingerprint == request.fingerprint && earlier.target == request.order {
        let body = earlier.body.into();
        return OrderReply::Replayed { body };
    }
    OrderReply::Refused(Refusal::Conflict(other()))
}

/// Keeps the answer for good under the request's `Idempotency-Key`, where it has one.
pub(super) fn remember(desk: &Desk<'_>, request: &OrderRequest, body: &str) -> Outcome<()> {
    let Some(key) = request.key.as_deref() else {
        return Ok(());
    };
    let target = request.order.as_deref();
    Ok(orders::remember(
        desk.conn,
        &request.outlet,
        key,
        target,
        &request.fingerprint,
        body,
    )?)
}

/// `{id, orderNumber, status, jobs: [{id, station, state}]}`.
pub(super) fn created(order: &Order, jobs: &[JobBrief]) -> Outcome<String> {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        id: &'a Id,
        order_number: &'a str,
        status: Status,
        jobs: &'a [JobBrief],
    }
    let body = Body {
        id: &order.id,
        order_number: &order.order_number,
        status: order.status,
        jobs,
    };
    Ok(serde_json::to_string(&body)?)
}

/// The canonical order's JSON with the request's `jobs` at its end.
pub(super) fn changed(doc: &str, jobs: &[JobBrief]) -> Outcome<String> {
    let open = doc.strip_suffix('}').unwrap_or(doc);
    Ok(format!("{open},\"jobs\":{}}}", serde_json::to_string(jobs)?))
}
