//! When records come, and what the clock shows.

use super::*;

#[test]
fn the_pace_is_kept() {
    let folder = Folder::new();
    let text: String = [0, 100, 200, 150, 400].iter().zip(1..).map(|(at, id)| line(id, *at, "t") + "\n").collect();
    let mut source = started(&url(&folder.file("a.jsonl", text), "speed=2"), &settings(), None);
    let began = Instant::now();
    let mut brought = Brought::default();
    let mut seen = vec![];
    while !poll(&mut *source, &mut brought, 1, Duration::from_millis(3)) {
        seen.push((brought.posts.len(), began.elapsed().as_millis(), brought.now));
    }
    assert_eq!(brought.posts.len(), 5);
    for (posts, due) in [(2, 50), (4, 100), (5, 200)] {
        let (_, came, now) = seen.iter().find(|(count, ..)| *count >= posts).unwrap();
        assert!((due - 2..due + 80).contains(came), "post {posts} came after {came} ms");
        let shown = now.unwrap().millis_since(brought.staged[0].0);
        assert!((due as i64 * 2 - 4..due as i64 * 2 + 170).contains(&shown), "the clock shows {shown} ms");
    }
}

#[test]
fn the_clock_never_passes_a_record_that_is_still_to_come() {
    let folder = Folder::new();
    let text: String = (0..10_000).map(|id| line(id, id as i64, "t") + "\n").collect();
    let mut source = started(&url(&folder.file("a.jsonl", text), "speed=100"), &settings(), None);
    // Somebody holds the source up, past the end of the recording.
    std::thread::sleep(Duration::from_millis(200));
    let (mut brought, mut shown, mut polls) = (Brought::default(), Timestamp::MIN, 0);
    while !poll(&mut *source, &mut brought, 1, Duration::from_millis(3)) {
        let came = brought.staged.last().unwrap().0;
        assert!(came >= shown, "the clock had shown {shown} when {came} came");
        shown = shown.max(brought.now.unwrap_or(Timestamp::MIN));
        polls += 1;
    }
    assert_eq!(brought.staged.len(), 10_000);
    assert!(polls > 2, "it came in {polls} parts: that proves nothing");
}

#[test]
fn moved_times_and_laps() {
    let folder = Folder::new();
    let text: String = [0, 3000, 2000].iter().zip(1..).map(|(at, id)| line(id, *at, "t") + "\n").collect();
    let path = folder.file("a.jsonl", text);
    let now = settings().now.unwrap();
    let since = |brought: &Brought| brought.staged.iter().map(|staged| staged.0.millis_since(now)).collect::<Vec<_>>();
    assert_eq!(since(&play(&url(&path, "speed=max&restamp=true"), &settings())), [0, 3000, 2000]);
    assert_eq!(since(&play(&url(&path, "speed=50&restamp=true"), &settings())), [0, 60, 40]);
    let (mut laps, mut source) = (Brought::default(), started(&url(&path, "speed=max&loop=true"), &settings(), None));
    poll(&mut *source, &mut laps, 2, Duration::from_secs(5));
    assert_eq!(since(&laps), [0, 3000, 2000, 4000, 7000, 6000]);
    assert!(laps.posts[3].contains(r#""id":"1~1","root":"1~1""#), "{}", laps.posts[3]);
    let mut third = Brought::default();
    poll(
        &mut *started(&url(&path, "speed=max&loop=true"), &settings(), laps.cursor.as_deref()),
        &mut third,
        1,
        Duration::from_secs(5),
    );
    assert_eq!(since(&third), [8000, 11_000, 10_000]);
}
