use super::{START, Seen, folder, posts, seen, some, url};
use crate::testing::{play, settings};
use crate::{Settings, open};
use std::collections::BTreeMap;
use std::fs;

/// What comes of these rows as one cascade: times and magnitudes, and the reasons.
fn one(data: &str) -> (Vec<(i64, u64)>, Vec<String>) {
    let rows = data.lines().count() - 1;
    let folder = folder(data, &format!("start_ind,end_ind\n1,{rows}\n"));
    let brought = play(&url(&folder, "within=0s"), &Settings { max_record: 100, ..settings() });
    let refused = |refused: &flow::Refused| {
        assert!(refused.by.starts_with("cascades:.") && refused.from.ends_with("data.csv"));
        assert!(data.get(refused.offset as usize..).unwrap().as_bytes().starts_with(&refused.raw.0), "offset and bytes agree");
        refused.reason.clone()
    };
    let posts = seen(&brought).iter().map(|post| (post.at(), post.followers())).collect();
    (posts, brought.refused.iter().map(refused).collect())
}

#[test]
fn rows_that_are_none_are_refused() {
    let long = "9".repeat(101);
    for (row, reason) in [
        ("", "time `` is no number"),
        ("x,1", "time `x` is no number"),
        ("1", "too few columns: no magnitude"),
        ("1,", "magnitude `` is no number"),
        ("1,many", "magnitude `many` is no number"),
        ("-1,1", "time `-1` is negative"),
        ("1,-0.5", "magnitude `-0.5` is negative"),
        ("nan,1", "time `nan` is not finite"),
        ("1,inf", "magnitude `inf` is not finite"),
        ("1e300,1", "time `1e300` is too large"),
        ("1,1e16", "magnitude `1e16` is too large"),
        (long.as_str(), "101 bytes long, the limit is 100"),
    ] {
        let (posts, reasons) = one(&format!("time,magnitude\n0,1\n{row}\n7,2\n"));
        assert_eq!((posts, reasons), (vec![(0, 1), (7000, 2)], vec![reason.to_owned()]), "{row}");
    }
    let (posts, reasons) = one("time,magnitude,user_id\n0,1,a\n1,2,b,c\n");
    assert_eq!((posts.len(), reasons), (1, vec!["more columns than the 3 that the first line names".to_owned()]));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let folder = some(1);
    fs::write(folder.path().join("data.csv"), b"time,magnitude,msg\n0,1,\xff\n5,1,fine\n").unwrap();
    fs::write(folder.path().join("index.csv"), b"start_ind,end_ind\n1,2\n\xfe,2\n").unwrap();
    let brought = play(&url(&folder, "within=0s&shuffle=false"), &settings());
    assert_eq!(brought.reasons(), ["not UTF-8: byte 4 does not belong", "start_ind `\u{fffd}` is no whole number"]);
    assert_eq!((brought.refused[0].raw.0.as_slice(), brought.posts.len()), (&b"0,1,\xff"[..], 1));
}

#[test]
fn rows_are_played_in_the_order_of_time() {
    assert_eq!(one("time,magnitude\n292,1\n5,2\n5,3\n400,4\n").0, [(5000, 2), (5000, 3), (292_000, 1), (400_000, 4)]);
    assert_eq!(one("time,magnitude\n292,1\n293.0006,2\n").0, [(292_000, 1), (293_001, 2)], "the first row is the root");
}

#[test]
fn rows_of_the_index_that_name_no_cascade_are_refused() {
    let (data, good) = ("time,magnitude\n0,1\n1,2\n2,3", "1,3\n");
    for (row, reason) in [
        ("3,2", "ends at row 2, before it starts at row 3"),
        ("0,2", "rows 0 to 2 are not all in the data file, which has rows 1 to 3"),
        ("2,4", "rows 2 to 4 are not all in the data file, which has rows 1 to 3"),
        ("9,9", "rows 9 to 9 are not all in the data file, which has rows 1 to 3"),
        ("1,18446744073709551615", "rows 1 to 18446744073709551615 are not all in the data file, which has rows 1 to 3"),
        ("1", "too few columns: no end_ind"),
        ("one,2", "start_ind `one` is no whole number"),
        ("1.5,2", "start_ind `1.5` is no whole number"),
    ] {
        let folder = folder(data, &format!("start_ind,end_ind\n{row}\n\n{good}"));
        let brought = play(&url(&folder, ""), &settings());
        assert_eq!((brought.posts.len(), brought.reasons()), (3, vec![reason]), "{row}");
        let refused = &brought.refused[0];
        assert_eq!((refused.offset, refused.raw.0.as_slice()), (18, row.as_bytes()));
        assert!(refused.from.ends_with("index.csv"));
    }
    let folder = folder(data, "start_ind,end_ind\n1,3\n2,3\n");
    let brought = play(&url(&folder, "shuffle=false"), &Settings { max_document: 10, ..settings() });
    assert_eq!((brought.posts.len(), brought.reasons()), (2, vec!["a cascade of 11 bytes, the limit is 10"]));
}

#[test]
fn ends_of_lines_and_the_order_of_columns_do_not_matter() {
    let as_usual = folder("time,magnitude,user_id\n0,1,a\n9,2,b\n0,3,c\n", "start_ind,end_ind\n1,2\n3,3\n");
    let wanted = posts(&url(&as_usual, ""));
    assert_eq!(wanted.len(), 3);
    for (data, index) in [
        ("time,magnitude,user_id\r\n0,1,a\r\n9,2,b\r\n0,3,c\r\n", "start_ind,end_ind\r\n1,2\r\n3,3\r\n"),
        ("time,magnitude,user_id\n0,1,a\n9,2,b\n0,3,c", "start_ind,end_ind\n1,2\n3,3"),
        (
            "\u{feff}\"Time\", \"magnitude\",user\n0,1,a\n\"9\",2,b\n 0,3,c\n",
            "cascade_id,end_ind,start_ind,size\nRT1,2,1,2\nRT2,3e0,3,1\n",
        ),
        ("user_id,followers,time,source\na,1,0,x\nb,2,9,x\nc,3,0,x\n", "\u{feff}start_ind,end_ind\n1,2\n\n3,3\n\n"),
    ] {
        assert_eq!(posts(&url(&folder(data, index), "")), wanted, "{data:?}");
    }
}

#[test]
fn files_of_other_names_are_found() {
    let here = some(5);
    let wanted = posts(&url(&here, ""));
    let path = |name: &str| here.path().join(name);
    fs::rename(path("data.csv"), path("news-data.csv")).unwrap();
    fs::rename(path("index.csv"), path("news-index.csv")).unwrap();
    assert_eq!(posts(&url(&here, "")), wanted);
    fs::rename(path("news-index.csv"), path("i.csv")).unwrap();
    assert_eq!(posts(&url(&here, "index=i.csv")), wanted);
    fs::rename(path("news-data.csv"), path("d.csv")).unwrap();
    assert_eq!(posts(&url(&here, "index=i.csv&data=d.csv")), wanted);
    let apart = format!("cascades:?{START}&data={}&index={}", path("d.csv").display(), path("i.csv").display());
    assert_eq!(posts(&apart), wanted);
}

#[test]
fn a_fold_of_nothing_does_not_hold_up_the_others() {
    let folder = folder("time,magnitude\n0,1\n1,1\nx,x\n", "start_ind,end_ind\n1,2\n3,3\n");
    let brought = play(&url(&folder, "shuffle=false&sources=2&loop=true&limit=50&within=0s"), &settings());
    assert_eq!((brought.posts.len(), brought.reasons()), (50, vec!["time `x` is no number"]));
}

#[test]
fn what_cannot_be_played_at_all_is_an_error_at_once() {
    let error = |data: &str, index: &str| {
        let folder = folder(data, index);
        let error = open(&url(&folder, ""), &settings()).err().unwrap().to_string();
        error.replace(&folder.path().display().to_string(), "")
    };
    let (heading, rows) = ("start_ind,end_ind\n", "time,magnitude\n0,1\n");
    assert_eq!(error("", "start_ind,end_ind\n1,1\n"), "/data.csv: is empty; it must begin with a line that names its columns");
    assert!(error(rows, "").starts_with("/index.csv: is empty"));
    assert!(error("0,1\n", heading).contains("its first line must name the columns `time` and `magnitude`; it is `0,1`"));
    assert!(error(rows, "1,1\n").contains("`start_ind` and `end_ind`; it is `1,1`"));
    assert!(error(rows, heading).contains("names no cascade; write a row `start_ind,end_ind` for each"));
    let unusable = error("time,magnitude\nx,1\n", "start_ind,end_ind\n1,1\n2,2\n");
    assert_eq!(unusable, "/data.csv: no row of it can be played: time `x` is no number (cascades:/data.csv, at 15)");
    assert!(error("time,magnitude\n", "start_ind,end_ind\n1,1\n").contains("which has rows 1 to 0"));
}

#[test]
fn what_is_not_there_is_an_error_that_says_what_to_do() {
    let here = some(2);
    let error = |url: &str| open(url, &settings()).err().unwrap().to_string();
    assert!(error("cascades:").contains("name a folder that holds data.csv and index.csv"));
    assert!(error("cascades:nowhere").contains("there is no file nowhere"));
    assert!(error(&format!("cascades:{}/data.csv", here.path().display())).contains("name the folder that they are in"));
    assert!(error(&url(&here, "data=other.csv")).contains("there is no file"));
    assert!(error(&url(&here, "data=.")).contains("is a folder; name one file in it"));
    fs::remove_file(here.path().join("index.csv")).unwrap();
    assert!(error(&url(&here, "")).contains("does not hold data.csv and index.csv, nor news-data.csv"));
}

#[test]
fn the_rest_of_a_refused_row_is_told_when_it_is_tried_again() {
    let folder = folder("time,magnitude\n0,1\nx,1\n", "start_ind,end_ind\n1,2\n");
    let refused = play(&url(&folder, ""), &settings()).refused.remove(0);
    assert_eq!(refused.time.to_string().get(..10), Some("2026-03-01"));
    assert!(crate::decode_again(&refused, &settings()).unwrap_err().0.contains("mend the file"));
}

#[test]
fn a_large_deck_is_found_row_by_row() {
    let mut data = "time,magnitude,msg\n".to_owned();
    let mut index = "start_ind,end_ind\n".to_owned();
    (0..30_000).for_each(|row| data += &format!("0,{row},{}\n", "é".repeat(row % 23)));
    (0..30_000).rev().step_by(3).for_each(|row| index += &format!("{},{}\n", row + 1, row + 1));
    let posts = posts(&url(&folder(&data, &index), "alive=100&sources=2"));
    let by_row: BTreeMap<u64, &Seen> = posts.iter().map(|post| (post.followers(), post)).collect();
    assert_eq!((posts.len(), by_row.len()), (10_000, 10_000));
    assert!(by_row.iter().all(|(row, post)| row % 3 == 2 && post.text == "é".repeat(*row as usize % 23)));
}
