use super::*;
use crate::testing::{Heap, end, patient};
use crate::view::Bounds;
use flow::{Format, TopicSpec};

fn follower(log: &Arc<Heap>, rows: usize) -> (Follower, Arc<Hub>) {
    let hub = Arc::new(Hub::new(Bounds { history_ms: 1 << 40, rows }, patient()));
    (Follower::new(log.clone(), hub.clone(), rows, Arc::default()), hub)
}

fn catch_up(follower: &mut Follower) {
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
    follower.tell(now);
    assert!(news.is_empty());
    follower.tell(now + QUIET);
    let mut told = vec![];
    while let Ok(crate::hub::News::Window(end, json)) = news.try_recv() {
        told.push((end, json.matches("\"city\"").count()));
    }
    assert_eq!(told, [(end(1), 1), (end(2), 2)]);
    assert!(follower.pending.is_empty());
}

#[test]
fn too_many_windows_at_once_are_passed_over_and_that_is_told() {
    let log = Heap::with_counts(1);
    let (mut follower, hub) = follower(&log, 100_000);
    let mut news = hub.listen();
    (0..300).for_each(|minute| log.send_counts(&[("A", minute, 1)]));
    catch_up(&mut follower);
    assert_eq!(follower.pending.len(), PENDING);
    follower.tell(Instant::now() + QUIET);
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
