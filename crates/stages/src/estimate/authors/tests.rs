use super::*;
use domain::Text;
use flow::Timestamp;

fn ended(author: Option<&str>, size: u64) -> Series<'static> {
    let author = author.map(|author| Text::from(author.to_owned()));
    let (cascade, network, start) = ("7".into(), "x".into(), Timestamp::MIN);
    Series { cascade, network, author, start, window_s: None, size, reach: 0, events: vec![], text: "".into() }
}

#[test]
fn each_author_has_a_past_and_all_have_one() {
    let mut authors = Authors::default();
    for (author, size) in [(Some("ann"), 20), (Some("bob"), 500), (None, 40), (Some("ann"), 30)] {
        authors.learn(&ended(author, size));
    }
    let past = |author| authors.known(&ended(author, 0));
    assert_eq!((past(Some("ann")).own.ended(), past(Some("bob")).own.ended()), (2, 1));
    assert_eq!((past(Some("eve")).own, past(None).own), (Past::default(), Past::default()));
    assert_eq!(past(None).all.ended(), 4);
    let elsewhere = Series { network: "bluesky".into(), ..ended(Some("ann"), 0) };
    assert_eq!(authors.known(&elsewhere).own.ended(), 0, "names are of one network");
}

#[test]
fn who_has_not_been_heard_of_for_longest_is_forgotten() {
    let mut authors = Authors::default();
    for number in 0..MOST {
        authors.learn(&ended(Some(&number.to_string()), 20));
    }
    for author in ["0", "one more"] {
        authors.learn(&ended(Some(author), 20));
    }
    let known = |author| authors.known(&ended(Some(author), 0)).own.ended();
    assert_eq!([known("0"), known("1"), known("2"), known("one more")], [2, 0, 1, 1]);
    assert_eq!((authors.turns.len(), authors.authors.len()), (MOST, MOST));
}
