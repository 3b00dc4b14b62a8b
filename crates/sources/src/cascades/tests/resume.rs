use super::{START, folder, some, steps, url};
use crate::testing::{Brought, play, play_in_pieces, poll, settings, started};
use proptest::prelude::*;
use std::time::Duration;

/// Plays in pieces of so many steps, and anew behind each.
fn assert_resumes(url: &str) {
    let whole = play(url, &settings());
    for most in [1, 7, 64] {
        let (pieces, starts) = play_in_pieces(url, &steps(most));
        pieces.assert_same(&whole, &format!("{url}, {most} steps a time"));
        assert!(most > 1 || starts > 10, "{starts} starts");
    }
    assert_eq!(started_over(url), (whole.posts.len(), whole.refused.len()));
}

/// How much comes when it is cut off behind its middle, and gone on with.
fn started_over(url: &str) -> (usize, usize) {
    let (mut brought, mut source) = (Brought::default(), started(url, &steps(64), None));
    poll(&mut *source, &mut brought, 2, Duration::from_secs(1));
    let mut source = started(url, &settings(), brought.cursor.clone().as_deref());
    assert!(poll(&mut *source, &mut brought, usize::MAX, Duration::from_secs(1)));
    (brought.posts.len(), brought.refused.len())
}

#[test]
fn files_go_on_exactly() {
    let folder = some(70);
    for options in
        ["", "sources=4&alive=3", "shuffle=false&within=0s", "loop=true&limit=1500&sources=3", "sources=90&loop=true&limit=700"]
    {
        assert_resumes(&url(&folder, options));
    }
}

#[test]
fn refusals_come_once() {
    let data = "time,magnitude\n0,1\nx,1\n5,1\n-1,1\n0,1\n7,2\n\n3,nan\n";
    let folder = folder(data, "start_ind,end_ind\n1,4\n9,9\n5,7\n8,8\n2,1\n5,6\nno\n");
    let whole = play(&url(&folder, "sources=2&alive=1"), &settings());
    assert_eq!((whole.posts.len(), whole.refused.len()), (6, 7), "{:?}", whole.reasons());
    for options in ["alive=1", "sources=2", "shuffle=false", "loop=true&limit=60"] {
        assert_resumes(&url(&folder, options));
    }
}

#[test]
fn made_up_cascades_go_on_exactly() {
    for options in ["count=40", "limit=900&sources=3", "count=9&loop=true&limit=900&spread=0.5&sources=2"] {
        assert_resumes(&format!("synthetic:hawkes?{START}&{options}"));
    }
}

#[test]
fn a_paced_play_goes_on_where_it_stopped() {
    let folder = some(30);
    let url = url(&folder, "sources=2");
    let whole = play(&url, &settings());
    let (pieces, starts) = play_in_pieces(&url.replace("speed=max", "speed=30000"), &settings());
    pieces.assert_same(&whole, "paced");
    assert!(starts > 5, "{starts} starts");
}

#[test]
fn another_game_is_told_apart() {
    let folder = some(30);
    let (mut brought, mut source) = (Brought::default(), started(&url(&folder, ""), &steps(9), None));
    poll(&mut *source, &mut brought, 3, Duration::from_secs(1));
    let cursor = brought.cursor.unwrap();
    let resumed = |options: &str, cursor: &[u8]| {
        let mut source = crate::open(&url(&folder, options), &settings()).unwrap().source;
        source.open(Some(cursor), Box::new(|| flow::Out::new(flow::Format::Json, &[]))).map_err(|broken| broken.0)
    };
    assert_eq!(resumed("limit=4", &cursor), Ok(()));
    for options in ["seed=2", "sources=2", "within=1m", "unit=2", "shuffle=false", "ids=b", "network=b"] {
        assert!(resumed(options, &cursor).unwrap_err().contains("begun with other files or other options"), "{options}");
    }
    assert!(resumed("", b"?").unwrap_err().contains("no cursor"));
    assert!(resumed("", &cursor[..9]).is_err());
    for file in ["data.csv", "index.csv"] {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        // Not longer, nor more rows.
        let (head, row) = text.trim_end().rsplit_once('\n').unwrap();
        let last = if row.ends_with('0') { row.replace('0', "1") } else { format!("{}0", &row[..row.len() - 1]) };
        std::fs::write(&path, format!("{head}\n{last}\n")).unwrap();
        assert!(resumed("", &cursor).unwrap_err().contains("begun with other files"), "{file}");
        std::fs::write(&path, &text).unwrap();
        assert_eq!(resumed("", &cursor), Ok(()));
    }
    std::fs::write(folder.path().join("data.csv"), "time,magnitude\n0,1\n").unwrap();
    assert!(resumed("", &cursor).is_err(), "the files are others");
}

/// Lines out of what such files hold, and out of what they should not.
fn lines(of: &'static [&'static str]) -> impl proptest::strategy::Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(of), 0..30).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_in_the_files_comes_in_order_and_once(
        data in lines(&["0,1\n", "7,2\n", "3,1,a,b\n", "x,1\n", "\n", "-1,5\r\n", "1e9,3\n", "5", ",", "\"4\",1\n", "\u{e9}"]),
        index in lines(&["1,2\n", "2,9\n", "3,3\n", "9,1\n", "\n", "5,", "1e0,1\r\n", "0,1\n", "x\n", "4,12\n"]),
        options in proptest::sample::select(&["", "sources=3", "alive=1&within=0s", "loop=true&limit=300"][..]),
    ) {
        let folder = folder(&format!("time,magnitude\n0,1\n{data}"), &format!("start_ind,end_ind\n1,1\n{index}"));
        let whole = play(&url(&folder, options), &settings());
        assert!(!whole.posts.is_empty() && whole.staged.is_sorted_by_key(|staged| staged.0));
        let (pieces, _) = play_in_pieces(&url(&folder, options), &steps(1));
        pieces.assert_same(&whole, "in pieces");
    }
}
