//! Scrolls: all that a search finds, page by page, as it was when the scroll began.

use super::documents::invalid;
use super::searching::{Manner, manner, targets, write};
use super::{Ask, Body, Reply};
use crate::search::{Request, Target, Track, duration};
use crate::walk::Walk;
use crate::{Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Scrolls that may be open at once: each keeps files open that would else be deleted.
const MOST: usize = 500;

/// Hits of a page, at most.
const LARGEST: usize = 10_000;

/// The open scrolls.
#[derive(Default)]
pub(crate) struct Scrolls {
    open: Mutex<BTreeMap<String, Arc<Mutex<Scroll>>>>,
}

struct Scroll {
    targets: Vec<Target>,
    walk: Walk,
    until: Instant,
}

impl Scrolls {
    fn put(&self, scroll: Scroll) -> Result<String> {
        self.sweep();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MOST {
            let reason = format!(
                "Trying to create too many scroll contexts. Must be less than or equal to: [{MOST}]. This limit can be set by changing the [search.max_open_scroll_context] setting."
            );
            return Err(Error::new(429, "exception", reason));
        }
        let id = format!("{PREFIX}{}", crate::store::unique(24));
        open.insert(id.clone(), Arc::new(Mutex::new(scroll)));
        Ok(id)
    }

    /// Closes those that have run out.
    pub(crate) fn sweep(&self) {
        let now = Instant::now();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, scroll| scroll.try_lock().is_ok_and(|scroll| scroll.until > now) || Arc::strong_count(scroll) > 1);
    }

    fn get(&self, id: &str) -> Option<Arc<Mutex<Scroll>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Closes a scroll, or all; tells how many.
    fn close(&self, id: &str) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if id == "_all" {
            return std::mem::take(&mut *open).len();
        }
        usize::from(open.remove(id).is_some())
    }
}

const PREFIX: &str = "goshawk-";

fn life(told: &str) -> Result<Duration> {
    let millis = duration("scroll", &json!(told))?;
    if millis > 86_400_000 {
        return Err(Error::argument(format!("Keep alive for scroll ({told}) is too large. It must be less than (1d).")));
    }
    Ok(Duration::from_millis(millis))
}

pub(super) fn open(ask: &Ask, names: &str, mut request: Request, told: &str, manner: Manner) -> Result<Reply> {
    let started = Instant::now();
    if request.size == 0 {
        return Err(invalid("[size] cannot be [0] in a scroll context"));
    }
    if request.from > 0 {
        return Err(invalid("using [from] is not allowed in a scroll context"));
    }
    if !matches!(request.track, Track::All | Track::UNTOLD) {
        return Err(invalid("disabling [track_total_hits] is not allowed in a scroll context"));
    }
    if ask.parameters.flag("request_cache")? {
        return Err(invalid("[request_cache] cannot be used in a scroll context"));
    }
    if request.search_after.is_some() {
        return Err(Error::new(500, "search_exception", "`search_after` cannot be used in a scroll context.").in_search());
    }
    if request.size > LARGEST {
        let reason = format!(
            "Batch size is too large, size must be less than or equal to: [{LARGEST}] but was [{}]. Scroll batch sizes cost as much memory as result windows so they are controlled by the [index.max_result_window] index level setting.",
            request.size
        );
        return Err(Error::argument(reason).in_search());
    }
    request.track = Track::All;
    request.paged = true;
    let life = life(told)?;
    let targets = targets(&ask.named(names)?)?;
    let mut walk = Walk::new(request);
    let found = walk.next(&targets, manner.typed)?;
    let mut body = vec![];
    let scroll = Scroll { targets, walk, until: started + life };
    let id = ask.indices.scrolls().put(scroll)?;
    let scroll = ask.indices.scrolls().get(&id).ok_or_else(|| missing(&id))?;
    let scroll = scroll.lock().unwrap_or_else(PoisonError::into_inner);
    write(&mut body, &scroll.targets, scroll.walk.request(), &found, manner, started, Some(&id))?;
    Ok(Reply { status: 200, body: Body::Written(body) })
}

fn missing(id: &str) -> Error {
    if !id.starts_with(PREFIX) {
        return Error::argument("Cannot parse scroll id");
    }
    let mut error = Error::new(404, "search_context_missing_exception", format!("No search context found for id [{id}]"));
    error.in_search = true;
    error
}

pub(super) fn scroll(ask: &Ask, id: Option<&str>) -> Result<Reply> {
    ask.parameters.allow(&ask.path, &[&["scroll", "scroll_id", "rest_total_hits_as_int"]])?;
    let body = ask.object()?;
    let told = |name: &str| body.get(name).map(crate::java::written).or_else(|| ask.parameters.text(name).map(str::to_owned));
    if ask.method == "DELETE" {
        let ids: Vec<String> = match body.get("scroll_id") {
            Some(Value::Array(all)) => all.iter().map(crate::java::written).collect(),
            _ => told("scroll_id").or(id.map(str::to_owned)).into_iter().collect(),
        };
        let closed: usize = ids.iter().flat_map(|ids| ids.split(',')).map(|id| ask.indices.scrolls().close(id)).sum();
        let status = if closed == 0 && ids.iter().all(|id| id != "_all") { 404 } else { 200 };
        return Reply::with_status(status, json!({ "succeeded": true, "num_freed": closed }));
    }
    let started = Instant::now();
    let id = told("scroll_id").or(id.map(str::to_owned)).ok_or_else(|| invalid("scrollId is missing"))?;
    let open = ask.indices.scrolls().get(&id).ok_or_else(|| missing(&id))?;
    let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
    if open.until < started {
        ask.indices.scrolls().close(&id);
        return Err(missing(&id));
    }
    if let Some(told) = told("scroll") {
        open.until = started + life(&told)?;
    }
    let manner = manner(ask)?;
    let Scroll { targets, walk, .. } = &mut *open;
    let found = walk.next(targets, manner.typed)?;
    let mut body = vec![];
    write(&mut body, targets, walk.request(), &found, manner, started, Some(&id))?;
    Ok(Reply { status: 200, body: Body::Written(body) })
}
