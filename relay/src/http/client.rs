//! `/client.js`: the register's side of dialect D5, for other people's pages and our own.

use axum::http::header;
use axum::response::IntoResponse;

const CLIENT: &str = include_str!("../../web/client.js");

/// `GET /client.js`.
pub(super) async fn module() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        // Asked for anew each time, so that page and relay are of one version.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, CLIENT)
}
