//! The relay's HTTP: the router on one screen, one file per resource.

mod alerts;
mod audit;
mod client;
mod devices;
pub mod door;
mod events;
mod health;
mod house;
mod input;
mod jobs;
mod looks;
pub mod openapi;
mod orders;
mod outlets;
mod pages;
mod pairing;
mod reply;
mod routing;
mod screens;
mod sessions;
mod signin;
mod stations;
mod templates;
mod tickets;
mod tokens;
mod upgrade;

pub(crate) use outlets::checked as check_outlet;
pub(crate) use stations::state_of;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, delete, get, patch, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::error::{Code, Problem};
use crate::service::SharedApp;
use crate::sockets::socketio;

/// Every route. What each asks of its caller stands in [`crate::auth::roles::ROUTES`].
pub fn router(app: SharedApp) -> Router {
    let orders = Router::new()
        .route("/", post(orders::create).get(orders::list))
        .route("/create", post(orders::create))
        .route("/{id}", get(orders::one).patch(orders::change))
        .route("/{id}/items", post(orders::add_items))
        .route("/{id}/items/{item}", patch(orders::change_item))
        .route("/{id}/cancel-request", post(orders::verb))
        .route("/{id}/cancel-accept", post(orders::verb))
        .route("/{id}/cancel-reject", post(orders::verb))
        .route("/{id}/cancel", post(orders::verb))
        .route("/{id}/acknowledge", post(orders::verb))
        .route("/{id}/station", post(orders::verb))
        .route("/{id}/payments", post(orders::verb))
        .route("/{id}/reprint", post(orders::verb))
        .route("/{id}/receipt", post(orders::verb));
    let jobs = Router::new()
        .route("/", get(jobs::list))
        .route("/{id}", get(jobs::one))
        .route("/{id}/ticket.txt", get(tickets::text))
        .route("/{id}/ticket.svg", get(tickets::svg))
        .route("/{id}/ticket.png", get(tickets::png))
        .route("/{id}/resolve", post(jobs::resolve))
        .route("/{id}/reprint", post(jobs::reprint))
        .route("/{id}/cancel", post(jobs::cancel))
        .route("/{id}/release", post(jobs::release));
    Router::new()
        .nest("/api/orders", orders)
        .nest("/api/jobs", jobs)
        .route("/api/stations", get(stations::list))
        .route("/api/stations/{name}", put(routing::put_station))
        .route("/api/routing", get(routing::show).put(routing::put))
        .route("/api/routing/dry-run", post(routing::dry_run))
        .route("/api/sync", get(events::sync))
        .route("/api/events", get(events::follow))
        .route("/api/tables", get(house::tables))
        .route(
            "/api/tables/{id}",
            get(house::table)
                .put(house::put_table)
                .delete(house::delete_table),
        )
        .route("/api/tables/{id}/link", post(sessions::link))
        .route("/t/{link}", get(sessions::scan))
        .route("/api/menu", get(house::menu))
        .route(
            "/api/menu/{id}",
            get(house::menu_item)
                .put(house::put_menu)
                .delete(house::delete_menu),
        )
        .route("/api/sessions", post(sessions::open))
        .route(
            "/api/sessions/{token}",
            get(sessions::show).delete(sessions::close),
        )
        .route("/api/devices", get(devices::list))
        .route("/api/devices/{id}", patch(devices::rename))
        .route("/api/devices/{id}/revoke", post(devices::revoke))
        .route("/api/devices/{id}/test", post(devices::test))
        .route("/api/enrolments", get(pairing::list).post(pairing::open))
        .route("/api/enrolments/{id}", delete(pairing::withdraw))
        .route("/api/enrol", post(pairing::enrol))
        .route("/api/tokens", get(tokens::list).post(tokens::make))
        .route("/api/tokens/{id}/revoke", post(tokens::revoke))
        .route("/api/screen-codes", post(signin::open))
        .route("/api/sign-in", post(signin::sign_in))
        .route("/api/audit", get(audit::list))
        .route("/api/templates", get(templates::list))
        .route("/api/templates/preview", post(templates::preview))
        .route("/api/templates/{name}", get(looks::show).put(looks::publish))
        .route("/api/alerts", get(alerts::show).put(alerts::put))
        .route("/api/alerts/test", post(alerts::test))
        .route("/api/alerts/deliveries/{id}/resend", post(alerts::resend))
        .route("/api/outlets", get(outlets::list).post(outlets::add))
        .route("/ws", any(upgrade::station))
        .route("/ws/restaurant-pos/{tenant}", any(upgrade::register))
        .route("/api/openapi.json", get(openapi::show))
        .route("/client.js", get(client::module))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::scrape))
        .route("/.well-known/jwks.json", get(health::jwks))
        .method_not_allowed_fallback(wrong_method)
        .fallback(nothing_here)
        .layer(from_fn_with_state(app.clone(), door::door))
        .merge(socketio::routes(&app))
        .merge(pages::routes(&app))
        .layer(cors(&app.config.allowed_origins))
        .layer(CatchPanicLayer::custom(|_| panicked()))
        .with_state(app)
}

/// Pages elsewhere that the settings name may read our answers; all others may not.
fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("x-outlet"),
        ])
        .expose_headers([header::RETRY_AFTER])
}

async fn nothing_here(uri: axum::http::Uri) -> Problem {
    Problem::not_found("page", uri.path())
}

async fn wrong_method(method: Method, uri: axum::http::Uri) -> Problem {
    door::wrong_method(&method, uri.path())
}

fn panicked() -> axum::response::Response {
    use axum::response::IntoResponse;
    Problem::new(
        Code::Internal,
        "the relay failed at this request; its log says more",
    )
    .into_response()
}
