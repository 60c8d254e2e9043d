//! Which web pages may speak to the relay (X4, X11). Pure.
//!
//! A browser names the page's origin where a page of another site asks, and always on WebSockets.
//! Programs name none and pass: they hold a token of their own, no person's cookie.

use std::net::IpAddr;

/// Whether a request may pass, by its `Origin` and `Host` headers.
///
/// `loopback_only` is for a relay without tokens: there, `Host` must be this machine by number or
/// as `localhost`, or a page that rebinds its own name to 127.0.0.1 would count as the same site.
#[must_use]
pub fn allowed(origin: Option<&str>, host: Option<&str>, allowed: &[String], loopback_only: bool) -> bool {
    if loopback_only && host.is_some_and(|host| !is_loopback(host)) {
        return false;
    }
    let Some(origin) = origin else { return true };
    let origin = origin.to_ascii_lowercase();
    if allowed.contains(&origin) {
        return true;
    }
    let own = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    own.is_some() && own == host.map(str::to_ascii_lowercase).as_deref()
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Option<&str> = Some("orders.bistro.example");

    fn passes(origin: &str) -> bool {
        allowed(Some(origin), HOST, &["https://pos.example".to_owned()], false)
    }

    #[test]
    fn programs_own_pages_and_named_pages_pass() {
        assert!(allowed(None, HOST, &[], false));
        assert!(passes("https://orders.bistro.example"));
        assert!(passes("https://ORDERS.bistro.example"));
        assert!(passes("https://pos.example"));
    }

    #[test]
    fn x4_foreign_substring_and_null_origins_do_not_pass() {
        for origin in [
            "null",
            "",
            "https://evil.example",
            "https://orders.bistro.example.evil.example",
            "https://evil-orders.bistro.example",
            "https://bistro.example",
            "https://orders.bistro.example:8443",
            "https://pos.example.evil.example",
            "http://pos.example",
            "ftp://orders.bistro.example",
            "orders.bistro.example",
        ] {
            assert!(!passes(origin), "{origin}");
        }
    }

    #[test]
    fn without_tokens_a_rebound_name_does_not_pass() {
        assert!(allowed(None, Some("localhost:8080"), &[], true));
        assert!(allowed(
            Some("http://127.0.0.1:8080"),
            Some("127.0.0.1:8080"),
            &[],
            true
        ));
        assert!(allowed(None, Some("[::1]:8080"), &[], true));
        assert!(!allowed(
            Some("http://evil.example"),
            Some("evil.example"),
            &[],
            true
        ));
        assert!(!allowed(None, Some("evil.example:8080"), &[], true));
    }
}
