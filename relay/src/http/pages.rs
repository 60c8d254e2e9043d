//! The pages: `/`, `/kds`, `/pickup`, `/s/{session}` and what they are made of, in the binary itself. A debug build reads them
//! from `relay/web`, so that a change shows at the next reload.

use std::io::Write as _;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::door;
use crate::error::Problem;
use crate::service::SharedApp;

/// Nothing but what comes from this relay runs, shows or is asked, and nobody puts a page into a frame. What a guest
/// or a caller typed never becomes code, even where a script of ours were careless (Trusted Types).
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types printrail";

/// What a page may use of the machine that it runs on.
const FEATURES: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

/// Bytes of a file's hash in its `ETag`: no two versions of a page share 96 bits.
const TAG_BYTES: usize = 12;

#[derive(RustEmbed)]
#[folder = "web/"]
struct Web;

/// The routes of the pages. They hold no data: what they show, their scripts ask for with a token.
pub(super) fn routes(app: &SharedApp) -> Router<SharedApp> {
    Router::new()
        .route("/", get(async |headers: HeaderMap| file("index.html", &headers)))
        .route("/kds", get(async |headers: HeaderMap| file("kds.html", &headers)))
        .route(
            "/pickup",
            get(async |headers: HeaderMap| file("pickup.html", &headers)),
        )
        .route("/s/{session}", get(guest))
        // A worker at the root may serve every page while the relay is away.
        .route("/sw.js", get(async |headers: HeaderMap| file("sw.js", &headers)))
        .route(
            "/robots.txt",
            get(async |headers: HeaderMap| file("robots.txt", &headers)),
        )
        .route("/web/{*path}", get(part))
        .layer(from_fn_with_state(app.clone(), guard))
}

/// The guest's page. Its address is a secret: no search engine keeps it, no other site hears of it.
async fn guest(headers: HeaderMap) -> Response {
    let mut response = file("guest.html", &headers);
    let robots = HeaderName::from_static("x-robots-tag");
    response
        .headers_mut()
        .insert(robots, HeaderValue::from_static("noindex, nofollow, noarchive"));
    response
}

async fn part(Path(path): Path<String>, headers: HeaderMap) -> Response {
    file(&path, &headers)
}

/// What the door asks of every caller without a token: its address, its origin, its pace.
async fn guard(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    match door::admit_transport(&app, &mut head, true) {
        Ok(()) => next.run(Request::from_parts(head, body)).await,
        Err(problem) => problem.into_response(),
    }
}

fn file(path: &str, asked: &HeaderMap) -> Response {
    let Some(file) = Web::get(path) else {
        return Problem::not_found("page", path).into_response();
    };
    let packs = is_text(path) && accepts_gzip(asked);
    let tag = tag(&file, packs);
    let is_known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| known.trim() == tag));
    let mut response = match (is_known, packs) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, true) => packed(&file.data).into_response(),
        (false, false) => file.data.into_owned().into_response(),
    };
    let headers = response.headers_mut();
    if packs {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    for (name, value) in [
        (header::CONTENT_TYPE, kind(path)),
        // Asked for anew each time, so that page and relay are of one version; mostly answered by a 304.
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept-encoding"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), FEATURES),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A packed file is another one to a cache (RFC 9110, 8.8.3).
fn tag(file: &EmbeddedFile, is_packed: bool) -> String {
    let hash = file.metadata.sha256_hash();
    let part = URL_SAFE_NO_PAD.encode(hash.get(..TAG_BYTES).unwrap_or(&hash));
    match is_packed {
        true => format!("\"{part}.gz\""),
        false => format!("\"{part}\""),
    }
}

fn accepts_gzip(asked: &HeaderMap) -> bool {
    let named = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    named.is_some_and(|named| named.split(',').any(|one| one.trim() == "gzip"))
}

fn is_text(path: &str) -> bool {
    !kind(path).starts_with("image/png")
}

/// A page packs in less than a millisecond, and a browser that has it asks for nothing but a 304.
fn packed(data: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::with_capacity(data.len() / 2), Compression::default());
    // Writing to memory does not fail.
    let _ = to.write_all(data);
    to.finish().unwrap_or_default()
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, known: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(header::IF_NONE_MATCH, known.parse().unwrap());
        }
        file(path, &headers)
    }

    #[test]
    fn a_page_that_the_browser_has_is_not_sent_again() {
        let first = asked("kds.html", None);
        assert_eq!(first.status(), 200);
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(asked("kds.html", Some(&tag)).status(), 304);
        assert_eq!(asked("kds.html", Some("\"older\"")).status(), 200);
    }

    #[test]
    fn a_browser_that_unpacks_gets_less() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, "gzip, deflate, br".parse().unwrap());
        let answer = file("kds.html", &headers);
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "gzip");
        assert_ne!(
            answer.headers()[header::ETAG],
            asked("kds.html", None).headers()[header::ETAG]
        );
        let page = Web::get("kds.html").unwrap().data;
        let packed = packed(&page);
        assert!(packed.starts_with(&[0x1f, 0x8b]) && packed.len() * 10 < page.len() * 7);
    }

    #[test]
    fn every_file_comes_with_the_strict_policy() {
        for path in Web::iter() {
            let answer = asked(&path, None);
            assert_eq!(answer.status(), 200, "{path}");
            assert_eq!(
                answer.headers()[header::CONTENT_SECURITY_POLICY],
                POLICY,
                "{path}"
            );
        }
    }

    #[test]
    fn nothing_outside_the_pages_is_served() {
        for path in ["../Cargo.toml", "/etc/passwd", "web/../../Cargo.toml", "secrets"] {
            assert_eq!(asked(path, None).status(), 404, "{path}");
        }
    }

    #[test]
    fn x11_no_page_has_a_script_or_style_of_its_own_text() {
        for path in Web::iter().filter(|path| path.ends_with(".html")) {
            let page = Web::get(&path).unwrap().data;
            let page = std::str::from_utf8(&page).unwrap();
            assert!(!page.contains("style=") && !page.contains("<style"), "{path}");
            assert!(!page.contains(" on") || !page.contains("onclick"), "{path}");
            assert!(
                page.matches("<script")
                    .all(|_| page.contains("<script type=\"module\" src=")),
                "{path}"
            );
        }
    }
}
