//! What a request is answered, and the keys under which the answer is kept for good.

use std::sync::Arc;

use super::desk::{Desk, Outcome};
use super::sql::orders;
use super::{JobBrief, OrderReply, OrderRequest};
use crate::order::{Command, Event, Id, Order, Refusal, Status};

/// Under which keys this request is known for good: the caller's order id, and the `Idempotency-Key`.
pub(super) fn keys(request: &OrderRequest) -> Vec<String> {
    let id = match &request.command {
        Command::Create(new) => new.id.as_ref().map(|id| format!("id:{}", id.key())),
        _ => None,
    };
    let key = request.key.as_ref().map(|key| format!("key:{key}"));
    id.into_iter().chain(key).collect()
}

/// What a request under this key got before; a refusal where that was another request.
pub(super) fn replay(desk: &Desk<'_>, request: &OrderRequest, key: &str) -> Outcome<Option<OrderReply>> {
    let Some(earlier) = orders::earlier(desk.conn, &request.outlet, key)? else {
        return Ok(None);
    };
    let same = earlier.fingerprint == request.fingerprint && earlier.target == request.order;
    if same {
        return Ok(Some(OrderReply::Replayed {
            body: earlier.body.into(),
        }));
    }
    let name = key.strip_prefix("key:");
    let message = name.map_or_else(
        || {
            format!(
                "there is another order under the id {}",
                key.trim_start_matches("id:")
            )
        },
        |name| format!("another request was made under the Idempotency-Key {name}"),
    );
    Ok(Some(OrderReply::Refused(Refusal::Conflict(message))))
}

/// The answer, remembered under the request's keys.
pub(super) fn done(
    desk: &Desk<'_>,
    request: &OrderRequest,
    order: Order,
    doc: &str,
    jobs: Vec<JobBrief>,
    event: Option<Arc<Event>>,
    keys: &[String],
) -> Outcome<OrderReply> {
    let created = matches!(request.command, Command::Create(_));
    let body = if created {
        created_body(&order, &jobs)?
    } else {
        changed_body(doc, &jobs)?
    };
    for key in keys {
        let target = request.order.as_deref();
        orders::remember(
            desk.conn,
            &request.outlet,
            key,
            target,
            &request.fingerprint,
            &body,
        )?;
    }
    Ok(OrderReply::Done {
        order: Arc::new(order),
        jobs,
        event,
        body: body.into(),
    })
}

/// `{id, orderNumber, status, jobs: [{id, station, state}]}`.
fn created_body(order: &Order, jobs: &[JobBrief]) -> Outcome<String> {
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
fn changed_body(doc: &str, jobs: &[JobBrief]) -> Outcome<String> {
    let open = doc.strip_suffix('}').unwrap_or(doc);
    Ok(format!("{open},\"jobs\":{}}}", serde_json::to_string(jobs)?))
}
