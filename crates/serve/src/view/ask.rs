//! What can be asked of the view.

use super::{City, End, Kept, View};
use flow::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::ops::Bound;
use std::sync::Arc;
use utoipa::ToSchema;

/// A city's activity in one closed window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Window {
    /// The city, or `unknown`.
    #[schema(value_type = String)]
    pub city: Arc<str>,
    /// The first moment in the window.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// The first moment behind it.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    /// Posts of any kind, reposts among them.
    pub posts: u64,
    /// Reposts.
    pub reposts: u64,
    /// Distinct people.
    pub people: u64,
}

/// A city's activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Row {
    /// The city, or `unknown`.
    #[schema(value_type = String)]
    pub city: Arc<str>,
    /// Posts of any kind, reposts among them.
    pub posts: u64,
    /// Reposts.
    pub reposts: u64,
    /// Distinct people.
    pub people: u64,
    /// Posts over the period in equal parts, oldest first, if asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trend: Vec<u64>,
}

/// A city that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Listed {
    /// The city, or `unknown`.
    #[schema(value_type = String)]
    pub city: Arc<str>,
    /// The end of its newest window.
    #[schema(value_type = String, format = DateTime)]
    pub newest: Timestamp,
    /// How many of its windows are in memory.
    pub windows: usize,
}

/// One window in a line of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Point {
    /// The first moment in the window.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// The first moment behind it.
    #[schema(value_type = String, format = DateTime)]
    pub end: Timestamp,
    /// Posts of any kind, reposts among them.
    pub posts: u64,
    /// Reposts.
    pub reposts: u64,
    /// Distinct people. Over all cities: the sum of the cities' people.
    pub people: u64,
    /// Cities with a window here.
    pub cities: usize,
}

/// A line of windows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Series {
    /// The shortest time between two windows' ends in the period, in milliseconds.
    pub hop_ms: Option<i64>,
    /// The windows, oldest first.
    pub windows: Vec<Point>,
}

/// What cities are ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Posts of any kind.
    #[default]
    Posts,
    /// Reposts.
    Reposts,
    /// The most distinct people in a window.
    People,
}

/// What the busiest cities are asked for with.
#[derive(Clone, Copy, Debug)]
pub struct Top {
    /// The order.
    pub by: Measure,
    /// How many cities.
    pub n: usize,
    /// The period up to the newest window's end, in milliseconds.
    pub last_ms: i64,
    /// In how many parts to show the posts over the period.
    pub trend: usize,
}

impl View {
    /// The windows that end behind `from` and not behind `to`, in the order of their ends and cities: the newest
    /// `limit`, and whether there are more.
    pub fn windows(&self, city: Option<&str>, from: Timestamp, to: Timestamp, limit: usize) -> (Vec<Window>, bool) {
        let mut found = match city {
            Some(name) => self.of_city(name, from, to, limit),
            None => self.of_all(from, to, limit),
        };
        let truncated = found.len() > limit;
        found.truncate(limit);
        found.reverse();
        (found, truncated)
    }

    fn of_city(&self, name: &str, from: Timestamp, to: Timestamp, limit: usize) -> Vec<Window> {
        let Some(city) = self.city(name) else { return vec![] };
        let newest_first = city.windows.iter().rev().skip_while(|row| row.end > to).take_while(|row| row.end > from);
        newest_first.take(limit.saturating_add(1)).map(|row| window(&city.name, row)).collect()
    }

    fn of_all(&self, from: Timestamp, to: Timestamp, limit: usize) -> Vec<Window> {
        let mut found = vec![];
        for (end, at) in self.between(from, to).rev() {
            let mut here = self.at(*end, at);
            here.sort_unstable_by(|a, b| b.city.cmp(&a.city));
            found.extend(here);
            if found.len() > limit {
                break;
            }
        }
        found
    }

    fn between(&self, from: Timestamp, to: Timestamp) -> impl DoubleEndedIterator<Item = (&Timestamp, &End)> {
        let range = (from < to).then(|| self.ends.range((Bound::Excluded(from), Bound::Included(to))));
        range.into_iter().flatten()
    }

    fn at(&self, end: Timestamp, at: &End) -> Vec<Window> {
        let row = |id: &u32| {
            let city = self.cities.get(*id as usize)?;
            Some(window(&city.name, find(city, end)?))
        };
        at.cities.iter().filter_map(row).collect()
    }

    /// One end of windows: its sums, and the `n` busiest cities by posts.
    pub fn window(&self, end: Timestamp, n: usize) -> Option<(Point, Vec<Row>)> {
        let at = self.ends.get(&end)?;
        let mut rows: Vec<Row> = self.at(end, at).into_iter().map(row).collect();
        rank(&mut rows, Measure::Posts, n);
        Some((point(end, at), rows))
    }

    /// The ends of windows from `end` on, the newest `limit` of them in their order, and how many that leaves out.
    pub fn ends_from(&self, end: Timestamp, limit: usize) -> (Vec<Timestamp>, usize) {
        let all = self.ends.range(end..);
        let more = all.clone().count().saturating_sub(limit);
        (all.skip(more).map(|(end, _)| *end).collect(), more)
    }

    /// The known cities by name: the first `limit`, and whether there are more.
    pub fn cities(&self, limit: usize) -> (Vec<Listed>, bool) {
        let listed =
            |city: &City| Some(Listed { city: city.name.clone(), newest: city.windows.back()?.end, windows: city.windows.len() });
        let mut cities: Vec<Listed> = self.cities.iter().filter_map(listed).collect();
        cities.sort_unstable_by(|a, b| a.city.cmp(&b.city));
        let truncated = cities.len() > limit;
        cities.truncate(limit);
        (cities, truncated)
    }

    /// The busiest cities of the period up to the newest window's end.
    pub fn top(&self, ask: &Top) -> Vec<Row> {
        let Some(newest) = self.newest() else { return vec![] };
        let from = newest.plus_millis(ask.last_ms.saturating_neg());
        let tiles = self.tiles(from);
        let sum = |city: &City| sum(city, &tiles, from, newest, ask.trend);
        let mut rows: Vec<Row> = self.cities.iter().filter_map(sum).collect();
        rank(&mut rows, ask.by, ask.n);
        rows
    }

    /// Ends of windows that do not overlap, newest first. Where a window is missing the next one before it is taken.
    pub(super) fn tiles(&self, from: Timestamp) -> Vec<Timestamp> {
        let mut tiles = vec![];
        let mut next = self.ends.last_key_value();
        while let Some((end, at)) = next.filter(|(end, _)| **end > from) {
            tiles.push(*end);
            next = self.ends.range(..=at.start.min(end.plus_millis(-1))).next_back();
        }
        tiles
    }

    /// The line of the windows of the last `last_ms`, of a city or of all together, thinned to about `points`. Where
    /// a city has no window and others have, nothing happened there.
    pub fn series(&self, city: Option<&str>, last_ms: i64, points: usize) -> Series {
        let Some(newest) = self.newest() else { return Series::default() };
        let from = newest.plus_millis(last_ms.saturating_neg());
        let city = city.map(|name| self.city(name));
        let all: Vec<Point> = self.between(from, newest).map(|(end, at)| point(*end, at)).collect();
        let hop_ms = all.iter().zip(all.iter().skip(1)).map(|(a, b)| b.end.millis_since(a.end)).min();
        let stride = all.len().div_ceil(points.max(1)).max(1);
        let stride = i64::try_from(stride).unwrap_or(1) * hop_ms.unwrap_or(1);
        // By the time itself and not by the place in the list, so that the same points stay as new ones come.
        let kept = all.into_iter().filter(|at| at.end == newest || hop_ms.is_none() || at.end.millis() % stride == 0);
        let windows = kept.map(|at| city.map_or(at, |city| of_city(city, at))).collect();
        Series { hop_ms, windows }
    }
}

fn find(city: &City, end: Timestamp) -> Option<&Kept> {
    city.windows.get(city.windows.partition_point(|row| row.end < end)).filter(|row| row.end == end)
}

fn of_city(city: Option<&City>, at: Point) -> Point {
    match city.and_then(|city| find(city, at.end)) {
        Some(row) => Point { posts: row.posts, reposts: row.reposts, people: row.people, cities: 1, ..at },
        None => Point { posts: 0, reposts: 0, people: 0, cities: 0, ..at },
    }
}

/// A city's sums over the tiles, and its most people in any window; `None` if it has no window in the period.
fn sum(city: &City, tiles: &[Timestamp], from: Timestamp, newest: Timestamp, trend: usize) -> Option<Row> {
    let mut row = Row { city: city.name.clone(), posts: 0, reposts: 0, people: 0, trend: vec![0; trend] };
    let mut tiles = tiles.iter().peekable();
    let mut any = false;
    for window in city.windows.iter().rev().take_while(|window| window.end > from) {
        any = true;
        row.people = row.people.max(window.people);
        while tiles.next_if(|tile| **tile > window.end).is_some() {}
        if tiles.next_if(|tile| **tile == window.end).is_some() {
            row.posts = row.posts.saturating_add(window.posts);
            row.reposts = row.reposts.saturating_add(window.reposts);
            if let Some(part) = row.trend.get_mut(part(window.end, from, newest, trend)) {
                *part = part.saturating_add(window.posts);
            }
        }
    }
    any.then_some(row)
}

/// Which of the equal parts of a period a window's end is in.
fn part(end: Timestamp, from: Timestamp, newest: Timestamp, parts: usize) -> usize {
    let (done, whole) = (i128::from(end.millis_since(from)) - 1, i128::from(newest.millis_since(from)).max(1));
    usize::try_from(done * parts as i128 / whole).unwrap_or(0)
}

/// The first `n` by a measure, largest first, equal ones by name.
fn rank(rows: &mut Vec<Row>, by: Measure, n: usize) {
    let value = |row: &Row| match by {
        Measure::Posts => row.posts,
        Measure::Reposts => row.reposts,
        Measure::People => row.people,
    };
    let order = |a: &Row, b: &Row| (Reverse(value(a)), &a.city).cmp(&(Reverse(value(b)), &b.city));
    if n > 0 && n < rows.len() {
        rows.select_nth_unstable_by(n - 1, order);
    }
    rows.truncate(n);
    rows.sort_unstable_by(order);
}

fn window(city: &Arc<str>, row: &Kept) -> Window {
    let Kept { start, end, posts, reposts, people } = *row;
    Window { city: city.clone(), start, end, posts, reposts, people }
}

fn row(window: Window) -> Row {
    let Window { city, posts, reposts, people, .. } = window;
    Row { city, posts, reposts, people, trend: vec![] }
}

fn point(end: Timestamp, at: &End) -> Point {
    let End { start, posts, reposts, people, ref cities } = *at;
    Point { start, end, posts, reposts, people, cities: cities.len() }
}
