use super::windows::{PENDING, QUIET};
use super::*;
use crate::testing::cascades::{prediction, series, size};
use crate::testing::{Heap, counts, end, patient};
use crate::view::Bounds;
use domain::Counts;
use flow::{Format, TopicSpec, Value};

fn hub(rows: usize) -> Arc<Hub> {
    Arc::new(Hub::new(Bounds { history_ms: 1 << 40, rows }, patient()))
}

fn follower(log: &Arc<Heap>, rows: usize) -> (Follower<Windows>, Arc<Hub>) {
    let hub = hub(rows);
    (Follower::new(log.clone(), hub.clone(), Windows::new(rows), Arc::default()), hub)
}

fn catch_up<L: Listener>(follower: &mut Follower<L>) {
    while follower.round().unwrap() {}
}

#[test]
fn it_waits_for_a_topic_that_is_not_there_yet() {
    let log = Heap::new(Format::Json);
    let (mut follower, hub) = follower(&log, 100);
    assert!(!follower.round().unwrap());
    log.declare(&[TopicSpec::new(Counts::TOPIC, 2)]).unwrap();
    log.send_counts(&[("A", 1, 1), ("B", 1, 1), ("C", 1, 1)]);
    catch_up(&mut follower);
    assert_eq!(hub.view().rows(), 3);
}

#[test]
fn it_begins_no_further_back_than_it_keeps() {
    let log = Heap::with_counts(1);
    (0..50).for_each(|minute| log.send_counts(&[("A", minute, 1)]));
    let (mut follower, hub) = follower(&log, 10);
    catch_up(&mut follower);
    assert_eq!((hub.view().rows(), hub.view().dropped()), (10, 0));
}

#[test]
fn it_goes_on_where_the_log_begins_now() {
    let log = Heap::with_counts(1);
    log.send_counts(&[("A", 1, 1)]);
    let (mut follower, hub) = follower(&log, 100);
    catch_up(&mut follower);
    (2..6).for_each(|minute| log.send_counts(&[("A", minute, 1)]));
    log.retain("counts", 0, 1);
    let error = follower.round().unwrap_err();
    follower.recover(&error);
    catch_up(&mut follower);
    assert_eq!(hub.view().newest(), Some(end(5)));
    assert_eq!(hub.view().rows(), 2);
}

#[test]
fn windows_are_told_once_they_are_quiet_and_in_order() {
    let log = Heap::with_counts(2);
    let (mut follower, hub) = follower(&log, 100);
    let mut news = hub.listen();
    log.send_counts(&[("A", 2, 1), ("B", 1, 1), ("C", 2, 1)]);
    catch_up(&mut follower);
    let now = Instant::now();
    follower.listener.tell(&hub, now);
    assert!(news.is_empty());
    follower.listener.tell(&hub, now + QUIET);
    let mut told = vec![];
    while let Ok(crate::hub::News::Window(end, json)) = news.try_recv() {
        told.push((end, json.matches("\"city\"").count()));
    }
    assert_eq!(told, [(end(1), 1), (end(2), 2)]);
    assert!(follower.listener.pending.is_empty());
}

#[test]
fn too_many_windows_at_once_are_passed_over_and_that_is_told() {
    let log = Heap::with_counts(1);
    let (mut follower, hub) = follower(&log, 100_000);
    let mut news = hub.listen();
    (0..300).for_each(|minute| log.send_counts(&[("A", minute, 1)]));
    catch_up(&mut follower);
    assert_eq!(follower.listener.pending.len(), PENDING);
    follower.listener.tell(&hub, Instant::now() + QUIET);
    assert!(matches!(news.try_recv(), Ok(crate::hub::News::PassedOver(44))));
    assert!(matches!(news.try_recv(), Ok(crate::hub::News::Window(at, _)) if at == end(44)));
}

#[test]
fn records_that_do_not_decode_are_counted_and_left() {
    let log = Heap::with_counts(1);
    log.raw("counts", b"A", Some(b"\xff\xff\xff"));
    log.raw("counts", b"A", None);
    log.send_counts(&[("A", 1, 1)]);
    let (mut follower, hub) = follower(&log, 100);
    catch_up(&mut follower);
    let text = hub.numbers.text(&[], &hub.view(), crate::metrics::Now { live: 0, taps: 0 });
    assert!(text.contains("goshawk_serve_records_broken_total 1\n"), "{text}");
    assert_eq!(hub.view().rows(), 1);
}

/// What is followed of some topics until there is no more, as `topic/partition/offset`.
fn followed(follow: &mut Follow) -> Vec<String> {
    let mut heard = vec![];
    while follow.round(|one| heard.push(format!("{}/{}/{}", one.topic, one.partition, one.record.offset))).unwrap() {}
    heard
}

#[test]
fn topics_that_come_later_do_not_hold_up_the_others() {
    let log = Heap::with_counts(2);
    log.send_counts(&[("A", 1, 1)]);
    let mut follow = Follow::new(log.clone(), &[("sizes", 10), (Counts::TOPIC, 10)]);
    assert_eq!((followed(&mut follow).len(), follow.is_open()), (1, false));
    log.declare(&[TopicSpec::new("sizes", 1)]).unwrap();
    log.send([(end(1), size("a", 3))]);
    log.send_counts(&[("A", 2, 1)]);
    assert_eq!((followed(&mut follow).len(), follow.is_open()), (2, true));
    assert_eq!(followed(&mut follow).len(), 0);
}

#[test]
fn it_begins_so_far_back_in_each_partition_and_passes_gaps() {
    let log = Heap::with_cascades(Format::Compact, 1);
    for number in 0..4 {
        log.send([(end(1), size(&number.to_string(), 3))]);
        log.pass_over("sizes", 10);
    }
    let mut follow = Follow::new(log.clone(), &[("sizes", 15)]);
    // Offsets count, not records: the last two of four are among the last 15 of 44.
    assert_eq!(followed(&mut follow), ["sizes/0/33"]);
    log.send([(end(1), size("a", 3))]);
    assert_eq!(followed(&mut follow), ["sizes/0/44"]);
    assert_eq!(followed(&mut Follow::new(log.clone(), &[("sizes", 0)])).len(), 0);
}

#[test]
fn a_block_that_is_entered_in_its_middle_is_told_from_there() {
    let log = Heap::with_cascades(Format::Json, 1);
    log.send((0..5).map(|minute| (end(minute), counts("A", minute, 1))));
    assert_eq!(followed(&mut Follow::new(log, &[("counts", 2)])), ["counts/0/3", "counts/0/4"]);
}

#[test]
fn after_trouble_nothing_is_told_twice_and_another_log_from_its_start() {
    let log = Heap::with_cascades(Format::Json, 1);
    let mut follow = Follow::new(log.clone(), &[("counts", 10), ("sizes", 10)]);
    log.send_counts(&[("A", 1, 1), ("A", 2, 1)]);
    assert_eq!(followed(&mut follow).len(), 2);
    log.failing.store(true, Ordering::Relaxed);
    assert!(follow.round(|_| panic!("nothing can be read")).is_err());
    follow.recover();
    log.failing.store(false, Ordering::Relaxed);
    assert_eq!(followed(&mut follow).len(), 0);
    // The log stands anew in the same place, and is shorter.
    log.retain("counts", 0, 0);
    log.send_counts(&[("A", 3, 1)]);
    follow.recover();
    assert_eq!(followed(&mut follow), ["counts/0/0"]);
}

#[test]
fn the_standings_are_told_once_a_second_and_only_if_they_have_changed() {
    let log = Heap::with_cascades(Format::Json, 2);
    let hub = hub(100);
    let mut told = hub.cascades();
    let mut follower = Follower::new(log.clone(), hub.clone(), Cascades::default(), Arc::default());
    let now = Instant::now();
    let mut is_told = |follower: &mut Follower<Cascades>, after_ms| {
        catch_up(follower);
        follower.listener.tell(&hub, now + Duration::from_millis(after_ms));
        let changed = told.has_changed().unwrap();
        told.mark_unchanged();
        changed
    };
    assert!(!is_told(&mut follower, 0));
    log.send([(end(11), prediction("a", 600, 50.0))]);
    assert!(is_told(&mut follower, 0));
    log.send([(end(12), prediction("b", 600, 60.0))]);
    assert!(!is_told(&mut follower, 900));
    assert!(is_told(&mut follower, 1000));
    // The same once more, and what is not shown.
    log.send([(end(12), prediction("b", 600, 60.0))]);
    log.send([(end(12), series("b", Some(600), 9))]);
    assert!(!is_told(&mut follower, 3000));
}
