//! A service that is spoken to over HTTP: where it is, who we are there, and what it means when it says no.

#[cfg(test)]
mod tests;

use flow::{Error, Result};
use std::fmt;
use std::time::Duration;
use ureq::http::Response;
use ureq::typestate::{WithBody, WithoutBody};
use ureq::{Agent, Body, RequestBuilder};

/// Whoever takes longer to be reached is away.
const CONNECT: Duration = Duration::from_secs(2);
/// Whoever takes longer to answer is away, too.
const ANSWER: Duration = Duration::from_secs(5);
/// So much of an answer that says no is passed on.
const SAID: usize = 200;
/// So much of an answer is read.
const LONGEST: u64 = 64 << 20;
/// A line of JSON, or many.
const JSON: &str = "application/json";

/// Where a service is, and who we are there.
#[derive(Clone)]
pub struct Service {
    kind: &'static str,
    base: String,
    authorization: Option<String>,
    agent: Agent,
}

impl Service {
    /// The service of a kind, such as `Pushgateway`, at `http://HOST:PORT`.
    pub fn at(kind: &'static str, url: &str) -> Result<Self> {
        let no = |why: &str| Err(Error::Refused(format!("the {kind}'s address {why}, as in http://127.0.0.1:9091")));
        let Some(rest) = url.strip_prefix("http://") else {
            return no("must start with http://: put a proxy before one on https");
        };
        if rest.contains('@') {
            return no("takes no user: there are keys for that");
        }
        if !is_place(rest) || url.parse::<ureq::http::Uri>().is_err() {
            return no("is HOST:PORT, and perhaps a path");
        }
        Ok(Service { kind, base: url.trim_end_matches('/').to_owned(), authorization: None, agent: agent(ANSWER) })
    }

    /// The same, for this user; an empty name is nobody's.
    #[must_use]
    pub fn with_user(mut self, user: &str, password: &str) -> Self {
        self.authorization = (!user.is_empty()).then(|| format!("Basic {}", base64(format!("{user}:{password}").as_bytes())));
        self
    }

    /// The same, but an answer may take so long.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.agent = agent(patience);
        self
    }

    /// Whether it is there and ready: it says so at this path.
    pub fn reach(&self, path: &str) -> Result<String> {
        self.heard(self.known(self.agent.get(self.url(path))).call())?;
        Ok(format!("{} is ready", self.base))
    }

    pub(crate) fn put(&self, path: &str, kind: &str, text: &str) -> Result<()> {
        self.send(self.agent.put(self.url(path)), kind, text)
    }

    pub(crate) fn post(&self, path: &str, kind: &str, text: &str) -> Result<()> {
        self.send(self.agent.post(self.url(path)), kind, text)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<()> {
        let request: RequestBuilder<WithoutBody> = self.agent.delete(self.url(path));
        self.heard(self.known(request).call())
    }

    /// Asks with JSON, or lines of it, and hears JSON: the status and what is said. Only who does not answer at all is an error.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Result<(u16, serde_json::Value)> {
        let away = |error: ureq::Error| Error::Io(format!("{self} does not answer: {error}"));
        let answer = match method {
            "GET" => self.known(self.agent.get(self.url(path))).call(),
            "DELETE" => self.known(self.agent.delete(self.url(path))).call(),
            "PUT" => self.known(self.agent.put(self.url(path))).content_type(JSON).send(body),
            _ => self.known(self.agent.post(self.url(path))).content_type(JSON).send(body),
        };
        let mut answer = answer.map_err(away)?;
        let said = answer.body_mut().with_config().limit(LONGEST).read_to_string().map_err(away)?;
        let said = serde_json::from_str(&said).unwrap_or(serde_json::Value::String(said));
        Ok((answer.status().as_u16(), said))
    }

    fn send(&self, request: RequestBuilder<WithBody>, kind: &str, text: &str) -> Result<()> {
        self.heard(self.known(request).content_type(kind).send(text))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn known<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }

    /// What an answer comes to. A no may pass as well: whoever set the service up wrongly will set it right.
    fn heard(&self, answer: std::result::Result<Response<Body>, ureq::Error>) -> Result<()> {
        let mut answer = answer.map_err(|error| Error::Io(format!("{self} does not answer: {error}")))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let said = answer.body_mut().with_config().limit(64 << 10).read_to_string().unwrap_or_default();
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SAID).collect();
        Err(Error::Io(format!("{self} answered {}: {said}", answer.status().as_u16())))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} at {}", self.kind, self.base)
    }
}

fn agent(patience: Duration) -> Agent {
    let config = Agent::config_builder().timeout_connect(Some(CONNECT)).timeout_global(Some(patience));
    // The address is the service's own, and goes through nobody's proxy.
    config.proxy(None).http_status_as_error(false).max_redirects(0).max_redirects_will_error(false).build().into()
}

/// Whether this is `HOST[:PORT][/PATH]`.
fn is_place(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or_default();
    // The colons of an address in brackets are no port's.
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    !host.is_empty() && is_port && !text.contains(['?', '#', ' '])
}

/// Base64, which is how HTTP has names and passwords.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = (0..3).fold(0_u32, |bits, n| bits << 8 | three.get(n).copied().map_or(0, u32::from));
        let digit = |place: usize| DIGITS.get((bits >> (18 - 6 * place) & 63) as usize).copied().map_or('=', char::from);
        (0..4).map(|place| if place > three.len() { '=' } else { digit(place) }).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}
