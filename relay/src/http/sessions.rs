//! `/api/sessions`: a table's visit, its orders and its bill.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use super::input::{Named, Payload, Who};
use super::orders::for_guest;
use super::reply::{json as reply, with_status};
use crate::auth::Identity;
use crate::dialects::session::session_id;
use crate::error::{Code, Problem};
use crate::order::model::money;
use crate::order::{Order, Role, Status};
use crate::service::{App, SharedApp};
use crate::store::Visit;

/// How the visits that a table's link opened are named, so that all who scan it share one.
const LINKED: &str = "table-link:";

/// Longest number of a table or name of a visit, in characters.
const LONGEST_NAME: usize = 128;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VisitView {
    session: SessionView,
    orders: Vec<Value>,
    bill: Bill,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    id: String,
    table_number: Option<String>,
    opened_at: Timestamp,
    ends_at: Timestamp,
    /// Ended by the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
}

/// What the visit costs, cancelled orders left out.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Bill {
    #[serde(with = "money")]
    total_amount: Decimal,
    #[serde(with = "money")]
    discount: Decimal,
    #[serde(with = "money")]
    tax: Decimal,
    #[serde(with = "money")]
    final_amount: Decimal,
    #[serde(with = "money")]
    paid_amount: Decimal,
    #[serde(with = "money")]
    due_amount: Decimal,
}

/// `POST /api/sessions`: `{tableNumber}` → `{token, url, tableNumber}`. `session` is a name under
/// which the same visit is found again.
pub(super) async fn open(
    State(app): State<SharedApp>,
    Who(who): Who,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let (table, name) = match &who.link {
        Some(id) => (who.table.clone(), Some(format!("{LINKED}{id}"))),
        None => (
            label(&body, "tableNumber")?.or(label(&body, "table_number")?),
            label(&body, "session")?,
        ),
    };
    if name.as_deref().is_some_and(|name| name.starts_with(LINKED)) && who.link.is_none() {
        return Err(Problem::invalid(
            "session",
            format!("`session` begins with {LINKED}, which is for tables' links; choose another name"),
        ));
    }
    if table.is_none() && name.is_none() {
        return Err(Problem::invalid("tableNumber", "`tableNumber` is missing"));
    }
    let visit = app
        .store
        .open_visit(&who.outlet, name, table, None, &who.actor())
        .await?;
    let url = format!("{}/s/{}", base(&app, &headers), visit.token);
    Ok(with_status(
        StatusCode::CREATED,
        &json!({"token": visit.token, "url": url, "tableNumber": visit.table_number}),
    ))
}

/// `POST /api/tables/{id}/link`: `{renew?}` → `{link, url, tableNumber}`: what the code on a table leads to.
pub(super) async fn link(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(id): Named<String>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let renew = match body.get("renew") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(renew)) => *renew,
        Some(_) => return Err(Problem::invalid("renew", "`renew` is neither true nor false")),
    };
    let (table, link) = app
        .store
        .table_link(&who.outlet, &id, renew, &who.actor())
        .await?;
    let url = format!("{}/t/{link}", base(&app, &headers));
    Ok(reply(
        &json!({"link": link, "url": url, "tableNumber": table.number}),
    ))
}

/// `GET /t/{link}`: the code on a table leads here, and from here to the page of the table's visit.
pub(super) async fn scan(
    State(app): State<SharedApp>,
    Named(link): Named<String>,
) -> Result<Response, Problem> {
    let found = app.store.table_of_link(&link).await?;
    let (outlet, table) = found
        .ok_or_else(|| Problem::new(Code::NotFound, "this code is not valid any more; ask the staff"))?;
    let who = Identity::of_link(&outlet, table, &link);
    let name = who.link.as_ref().map(|id| format!("{LINKED}{id}"));
    let visit = app
        .store
        .open_visit(&who.outlet, name, who.table.clone(), None, &who.actor())
        .await?;
    Ok(Redirect::to(&format!("/s/{}", visit.token)).into_response())
}

/// `GET /api/sessions/{token}`: the visit's orders and bill.
pub(super) async fn show(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(token): Named<String>,
) -> Result<Response, Problem> {
    let visit = find(&app, &who, &token).await?;
    let orders = app.store.session_orders(&who.outlet, &token).await?;
    let settings = app.store.settings(&who.outlet).await?;
    Ok(reply(&VisitView {
        session: SessionView {
            id: session_id(&visit.token),
            ends_at: visit.ends_at(&settings),
            table_number: visit.table_number,
            opened_at: visit.opened_at,
            closed_at: visit.closed_at,
        },
        bill: bill(&orders),
        orders: orders.iter().map(|order| expected(&app, &who, order)).collect(),
    }))
}

/// `DELETE /api/sessions/{token}`: the visit is over.
pub(super) async fn close(
    State(app): State<SharedApp>,
    Who(who): Who,
    Named(token): Named<String>,
) -> Result<Response, Problem> {
    find(&app, &who, &token).await?;
    app.store.close_visit(&who.outlet, &token, &who.actor()).await?;
    app.hub
        .dismiss(&who.outlet, |guise| guise.session.as_deref() == Some(&*token));
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// An order as a guest sees it, and in `eta` between when and when it is likely ready, by what the kitchen took for
/// its latest orders; nothing where that is not known, and nothing once it is ready.
fn expected(app: &App, who: &Identity, order: &Order) -> Value {
    let mut view = for_guest(order);
    let is_awaited = order.status < Status::Ready;
    let window = is_awaited.then(|| app.pace.window(&who.outlet, order.created_at));
    if let (Some((from, until)), Value::Object(fields)) = (window.flatten(), &mut view) {
        fields.insert("eta".to_owned(), json!({"from": from, "until": until}));
    }
    view
}

/// The visit, if it is the caller's to see. The token is a secret, so no answer repeats it.
async fn find(app: &App, who: &Identity, token: &str) -> Result<Visit, Problem> {
    let visit = app.store.visit(token).await?;
    let is_theirs = |visit: &Visit| {
        visit.outlet == *who.outlet && (who.role != Role::Guest || who.session.as_deref() == Some(token))
    };
    visit
        .filter(is_theirs)
        .ok_or_else(|| Problem::not_found("session", "of that token"))
}

fn bill(orders: &[Order]) -> Bill {
    let mut bill = Bill::default();
    for order in orders.iter().filter(|order| order.status != Status::Cancelled) {
        bill.total_amount += order.total_amount;
        bill.discount += order.discount;
        bill.tax += order.tax;
        bill.final_amount += order.final_amount;
        bill.paid_amount += order.paid_amount;
    }
    bill.due_amount = (bill.final_amount - bill.paid_amount).max(Decimal::ZERO);
    bill
}

/// How guests reach this relay: as the settings say, else as the caller did.
fn base(app: &App, headers: &HeaderMap) -> String {
    if let Some(url) = &app.config.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

fn label(body: &Value, name: &str) -> Result<Option<String>, Problem> {
    let text = match body.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) if number.is_i64() => number.to_string(),
        Some(_) => {
            return Err(Problem::invalid(
                name,
                format!("`{name}` is neither text nor an integer"),
            ));
        }
    };
    if text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(Problem::invalid(
            name,
            format!("`{name}` must be 1 to {LONGEST_NAME} visible characters"),
        ));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_is_exact_and_leaves_out_what_was_cancelled() {
        let order = |amount: &str, paid: &str, status: &str| -> Order {
            let order = json!({
                "id": "1", "orderNumber": "1", "status": status, "orderType": "dine-in", "source": null,
                "tableId": null, "tableNumber": null, "areaCode": null, "customer": null, "waiter": null,
                "items": [], "totalAmount": amount, "discount": 0, "tax": 0, "finalAmount": amount,
                "paidAmount": paid, "paymentMethod": null, "paymentStatus": "unpaid", "isOpenBill": false,
                "priority": "normal", "cancelRequest": null, "createdAt": "2026-11-20T12:00:00Z",
                "confirmedAt": null, "updatedAt": "2026-11-20T12:00:00Z",
            });
            serde_json::from_value(order).unwrap()
        };
        let orders = [
            order("0.10", "0.10", "served"),
            order("0.20", "0", "pending"),
            order("99", "0", "cancelled"),
        ];
        let bill = bill(&orders);
        assert_eq!(
            (bill.final_amount.to_string(), bill.due_amount.to_string()),
            ("0.30".into(), "0.20".into())
        );
    }
}
