//! What stands before every request: headers that tell browsers to be strict, a count, and who may write.

use crate::api::App;
use crate::problem::{Problem, ProblemKind};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/// Counts the request and adds the headers.
pub async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let mut response = next.run(request).await;
    app.hub.numbers.answered(&route, response.status().as_u16());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Whether this client may write: a program on this machine, not a web page that a browser here shows, and not
/// someone else behind a proxy.
pub fn may_write(peer: SocketAddr, headers: &HeaderMap) -> Result<(), Problem> {
    is_here(peer, headers)?;
    // A browser names the page that a request comes from, and none of ours writes.
    if headers.contains_key(header::ORIGIN) {
        return forbidden("web pages may not append");
    }
    is_json(headers)
}

/// Whether this client may change something by an address made for it: a program on this machine, or a page of ours that a browser here
/// shows.
pub fn may_change(peer: SocketAddr, headers: &HeaderMap) -> Result<(), Problem> {
    is_here(peer, headers)?;
    match (text(headers, header::ORIGIN), text(headers, header::HOST)) {
        (None, _) => Ok(()),
        (Some(origin), Some(host)) if origin.strip_prefix("http://") == Some(host) => Ok(()),
        _ => forbidden("another's web page may not change anything here"),
    }
}

fn forbidden(message: &str) -> Result<(), Problem> {
    Err(Problem::new(ProblemKind::Forbidden, message))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether it speaks from this machine, without anybody between.
fn is_here(peer: SocketAddr, headers: &HeaderMap) -> Result<(), Problem> {
    if !peer.ip().to_canonical().is_loopback() {
        return forbidden("only programs on the machine that Goshawk runs on may append; run this there");
    }
    if ["forwarded", "x-forwarded-for", "via"].iter().any(|name| headers.contains_key(*name)) {
        return forbidden("appending through a proxy is not allowed; speak to Goshawk itself");
    }
    if !text(headers, header::HOST).is_some_and(is_local) {
        return forbidden("address the request to localhost, 127.0.0.1 or [::1]");
    }
    Ok(())
}

/// Whether the body says that it is JSON.
pub fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    match text(headers, header::CONTENT_TYPE).and_then(|kind| kind.split(';').next()) {
        Some(kind) if kind.trim().eq_ignore_ascii_case("application/json") => Ok(()),
        _ => Err(Problem::invalid("send the body as JSON, with the header content-type: application/json")),
    }
}

fn is_local(host: &str) -> bool {
    let Ok(uri) = host.parse::<Uri>() else { return false };
    let Some(name) = uri.host() else { return false };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_names_of_this_machine() {
        for host in ["localhost", "localhost:7878", "LOCALHOST", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:7878"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:7878", "192.168.0.1", "127.0.0.1.evil.example", "[::2]", "a b"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
