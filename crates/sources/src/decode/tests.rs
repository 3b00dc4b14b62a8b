use super::*;
use proptest::prelude::*;

/// What a record comes to, a line each: the post's fields that matter, or why there is none.
struct Shown<'r>(&'r str, Vec<String>);

impl<'a> Sink<'a> for Shown<'_> {
    fn take(&mut self, item: Item<'a>, part: Range<usize>) {
        self.1.push(match item {
            Item::Post(post) => shown(&post),
            Item::Refused(reason) => format!("refused: {reason}"),
        });
        assert!(self.0.get(part).is_some(), "the part is a part of the record");
    }
}

fn shown(post: &Post<'_>) -> String {
    let author = &post.author;
    let or = |text: &Option<domain::Text<'_>>| text.as_ref().map_or("-".to_owned(), ToString::to_string);
    let place = post.place.as_ref().map_or("-".to_owned(), |place| format!("{}/{}", place.name, or(&place.country)));
    let rules: Vec<_> = post.rules.iter().map(ToString::to_string).collect();
    let followers = author.followers.map_or("-".to_owned(), |count| count.to_string());
    format!(
        "{} {:?} id={} root={} target={} at={} by={}/{}/{}/{} lang={} place={} rules={:?} text={}",
        post.network,
        post.kind,
        post.id,
        post.root,
        or(&post.target),
        post.time,
        author.id,
        or(&author.handle),
        followers,
        or(&author.location),
        or(&post.lang),
        place,
        rules,
        post.text,
    )
}

fn limits() -> Limits {
    Limits::at(Timestamp::parse("2026-11-21T12:00:00Z").unwrap())
}

fn read(record: &str) -> Vec<String> {
    let mut into = Shown(record, vec![]);
    json(&limits(), record, &mut into);
    into.1
}

const STREAM: &str = r#"{"data":{"id":"20","text":"rain \"again\"\nover the bay","author_id":"7","created_at":"2026-03-01T00:01:02.345Z","lang":"en","geo":{"place_id":"p1"},"edit_history_tweet_ids":["20"]},"includes":{"users":[{"id":"8","username":"other"},{"id":"7","username":"ana","location":"Lyon","public_metrics":{"followers_count":12}}],"places":[{"id":"p1","full_name":"Toronto, Ontario","country_code":"CA"}]},"matching_rules":[{"id":"1","tag":"toronto"},{"id":2}]}"#;
const ANA: &str = "x Original id=20 root=20 target=- at=2026-03-01T00:01:02.345Z by=7/ana/12/Lyon lang=en place=Toronto, Ontario/CA rules=[\"toronto\", \"2\"] text=rain \"again\"\nover the bay";

#[test]
fn a_line_of_the_stream() {
    assert_eq!(read(STREAM), [ANA]);
}

#[test]
fn fields_may_come_in_any_order() {
    let (data, rest) = STREAM.strip_prefix('{').unwrap().split_once(",\"includes\"").unwrap();
    let turned = format!("{{\"includes\"{},{data}}}", rest.strip_suffix('}').unwrap());
    assert_eq!(read(&turned), [ANA]);
}

#[test]
fn what_posts_refer_to() {
    let post = |fields: &str| {
        format!(r#"{{"data":{{"id":"20","text":"t","author_id":"7","created_at":"2026-03-01T00:00:00.000Z",{fields}}}}}"#)
    };
    for (fields, expected) in [
        (r#""referenced_tweets":[{"type":"retweeted","id":"9"}]"#, "x Repost id=20 root=9 target=9"),
        (r#""referenced_posts":[{"type":"retweeted","id":"9"}]"#, "x Repost id=20 root=9 target=9"),
        (r#""referenced_tweets":[{"type":"quoted","id":"9"}]"#, "x Quote id=20 root=20 target=9"),
        (r#""referenced_tweets":[{"type":"replied_to","id":"9"}]"#, "x Reply id=20 root=20 target=9"),
        (r#""referenced_tweets":[{"type":"replied_to","id":"9"},{"type":"quoted","id":"8"}]"#, "x Quote id=20 root=20 target=8"),
        (r#""referenced_tweets":[{"type":"liked","id":"9"}]"#, "x Original id=20 root=20 target=-"),
        (r#""referenced_tweets":null"#, "x Original id=20 root=20 target=-"),
        (r#""edit_history_post_ids":["20"]"#, "x Original id=20 root=20 target=-"),
        (r#""edit_history_tweet_ids":["18","20"]"#, "x Edit id=18 root=18 target=-"),
        (r#""edit_history_post_ids":["18","19","20"]"#, "x Edit id=18 root=18 target=-"),
    ] {
        let found = read(&post(fields));
        assert!(found.len() == 1 && found[0].starts_with(expected), "{fields}: {found:?}");
    }
    for note in ["note_tweet", "note_post"] {
        let found = read(&post(&format!(r#""{note}":{{"text":"the whole of it"}}"#)));
        assert!(found[0].ends_with("text=the whole of it"), "{found:?}");
    }
}

#[test]
fn a_page_gives_each_post_and_refuses_each_that_is_none() {
    let page = r#"{"data":[{"id":"1","text":"a","author_id":"7","created_at":"2020-01-01T00:00:00.000Z"},{"id":"2","text":"b"},{"name":"n","username":"u","id":"3"}],"includes":{"users":[{"id":"7","username":"ana"}]},"meta":{"result_count":3}}"#;
    let found = read(page);
    assert!(found[0].contains("id=1") && found[0].contains("by=7/ana"));
    assert_eq!(found[1], "refused: no `created_at` (ask for it with tweet.fields=created_at)");
    assert_eq!(found[2], "refused: a person, no post: no `text`");
    assert_eq!(read(r#"{"data":[],"meta":{"result_count":0}}"#), ["refused: a page without posts: the list is empty"]);
}

#[test]
fn flattened_posts_and_lists_of_posts() {
    let flat = r#"{"id":"5","text":"f","author_id":"7","author":{"id":"7","username":"ana","location":"","public_metrics":{"followers_count":3}},"created_at":"2021-04-08T19:34:13.000Z","geo":{"place_id":"p","full_name":"Berlin, Germany","country_code":"DE"},"referenced_tweets":[{"type":"retweeted","id":"4","text":"f","author":{"id":"8"}}],"matching_rules":[{"id":"3"}]}"#;
    let expected = "x Repost id=5 root=4 target=4 at=2021-04-08T19:34:13.000Z by=7/ana/3/- lang=- place=Berlin, Germany/DE rules=[\"3\"] text=f";
    assert_eq!(read(flat), [expected]);
    assert_eq!(read(&format!("[{flat}, {flat}]")), [expected, expected]);
    assert_eq!(read("[]"), ["refused: a page without posts: the list is empty"]);
    assert_eq!(read(r#"{"statuses":[]}"#), ["refused: a page without posts: the list is empty"]);
}

const STATUS: &str = r#"{"created_at":"Mon Apr 06 22:19:49 +0000 2009","id":30,"id_str":"30","text":"RT","truncated":true,"extended_tweet":{"full_text":"all of it"},"user":{"id":7,"id_str":"7","screen_name":"ana","followers_count":5,"location":"Oslo"},"place":{"full_name":"Oslo, Norway","country_code":"NO"},"geo":null,"lang":"no","timestamp_ms":"1239056389123"}"#;

#[test]
fn statuses_of_version_1() {
    let plain = "x Original id=30 root=30 target=- at=2009-04-06T22:19:49.123Z by=7/ana/5/Oslo lang=no place=Oslo, Norway/NO rules=[] text=all of it";
    assert_eq!(read(STATUS), [plain]);
    assert_eq!(read(&format!(r#"{{"statuses":[{STATUS}],"search_metadata":{{"count":1}}}}"#)), [plain]);
    for (field, expected) in [
        (r#""retweeted_status":{"id":29,"id_str":"29","quoted_status_id_str":"1"}"#, "x Repost id=30 root=29 target=29"),
        (r#""quoted_status_id_str":"28""#, "x Quote id=30 root=30 target=28"),
        (r#""in_reply_to_status_id":27"#, "x Reply id=30 root=30 target=27"),
    ] {
        let found = read(&STATUS.replacen('{', &format!("{{{field},"), 1));
        assert!(found[0].starts_with(expected), "{found:?}");
    }
}

#[test]
fn posts_taken_back() {
    let gone =
        |id: &str, at: &str| format!("x Deletion id={id} root={id} target=- at={at} by=/-/-/- lang=- place=- rules=[] text=");
    for (line, expected) in [
        (
            r#"{"delete":{"status":{"id":1,"id_str":"1","user_id":3},"timestamp_ms":"1427328000000"}}"#,
            gone("1", "2015-03-26T00:00:00.000Z"),
        ),
        (
            r#"{"delete":{"status":{"id":580800000000000000,"id_str":"580800000000000000"}}}"#,
            gone("580800000000000000", "2015-03-25T18:34:45.399Z"),
        ),
        (
            r#"{"data":{"delete":{"tweet":{"id":"2","author_id":"3"},"event_at":"2022-01-02T03:04:05.000Z"}}}"#,
            gone("2", "2022-01-02T03:04:05.000Z"),
        ),
        (
            r#"{"id":"4","action":"delete","created_at":"2020-01-01T00:00:00.000Z","redacted_at":"2021-01-01T00:00:00.000Z","reason":"deleted"}"#,
            gone("4", "2021-01-01T00:00:00.000Z"),
        ),
    ] {
        assert_eq!(read(line), [expected], "{line}");
    }
}

#[test]
fn our_own_posts() {
    let own = r#"{"network":"bluesky","id":"a","root":"a","kind":"original","target":null,"time":"2026-01-01T00:00:00.000Z","author":{"id":"d","handle":null,"followers":null,"location":null},"text":"hi","lang":null,"place":null,"rules":[]}"#;
    assert_eq!(
        read(own),
        ["bluesky Original id=a root=a target=- at=2026-01-01T00:00:00.000Z by=d/-/-/- lang=- place=- rules=[] text=hi"]
    );
}

#[test]
fn what_is_no_post_says_what_it_is_or_lacks() {
    for (line, reason) in [
        (r#"{"data":{"id":"1","text":"cut sh"#, "cut short"),
        (r#"{"data":{"id":"1"}}{"data":{}}"#, "no JSON: trailing characters"),
        (
            r#"{"data":{"id":"1","text":7,"author_id":"2","created_at":"2020-01-01T00:00:00Z"}}"#,
            "invalid type: integer `7`, expected a string",
        ),
        (r#"{"data":{"id":"1","text":"t","author_id":"2","created_at":20200101}}"#, "invalid type: integer"),
        (r#"{"data":{"id":"1","text":"t","created_at":"2020-01-01T00:00:00Z"}}"#, "no `author_id`"),
        (r#"{"data":{"id":"1","text":"t","author_id":"2","created_at":"yesterday"}}"#, "`yesterday` is no time"),
        (
            r#"{"data":{"id":"1","text":"t","author_id":"2","created_at":"1970-01-01T00:00:00Z"}}"#,
            "time 1970-01-01T00:00:00.000Z is before the first microblog",
        ),
        (
            r#"{"data":{"id":"1","text":"t","author_id":"2","created_at":"2200-01-01T00:00:00Z"}}"#,
            "time 2200-01-01T00:00:00.000Z is more than a day in the future",
        ),
        (r#"{"data":{"id":"","text":"t","author_id":"2","created_at":"2020-01-01T00:00:00Z"}}"#, "the identifier is empty"),
        (r#"{"data":"x"}"#, "`data` is no object"),
        (
            r#"{"data":{"start":"s","end":"e","tweet_count":4}}"#,
            "no known kind of post: neither `data` nor `id_str` nor `id` and `text`, only `start`",
        ),
        (
            r#"{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}"#,
            "the network reports an error and sends no post: operational-disconnect, Up",
        ),
        (r#"{"limit":{"track":12}}"#, "a `limit` notice of the stream"),
        (r#"{"disconnect":{"code":4}}"#, "a `disconnect` notice of the stream"),
        (r#"{"includes":{"users":[]}}"#, "only what posts refer to"),
        (r#"{"users":[],"tweets":[]}"#, "only what posts refer to"),
        (r#"{"id_str":"3","screen_name":"ana"}"#, "a person, no post"),
        (r#"{"id_str":"3","text":"t","created_at":"Mon Apr 06 22:19:49 +0000 2009"}"#, "no `user`"),
        (r#"{"delete":{"status":{"id":5,"id_str":"5"}}}"#, "`delete` without a `timestamp_ms`"),
        (r#"{"id":"4","action":"delete","reason":"suspended"}"#, "a compliance entry (`delete`) without `redacted_at`"),
        (r#"{"data":["1"]}"#, "invalid type: string"),
        (r#"["id_str"]"#, "invalid type: string"),
        (
            r#"{"data":{"id":"1","text":"t","author_id":"2","created_at":"2020-01-01T00:00:00Z","geo":["p"]}}"#,
            "invalid type: sequence, expected an object",
        ),
        ("17", "invalid type: integer"),
        ("nonsense", "no JSON"),
        ("[1]", "invalid type: integer"),
        ("{}", "no known kind of post"),
    ] {
        let found = read(line);
        assert!(found.len() == 1 && found[0].starts_with(&format!("refused: {reason}")), "{line}: {found:?}");
    }
}

#[test]
fn times_as_networks_and_tables_write_them() {
    for (text, expected) in [
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000Z"),
        ("Mon Apr 06 22:19:49 PDT 2009", "2009-04-07T05:19:49.000Z"),
        ("Mon Apr 06 22:19:49 -0130 2009", "2009-04-06T23:49:49.000Z"),
        ("2009-04-06 22:19:49", "2009-04-06T22:19:49.000Z"),
        ("2009-04-06", "2009-04-06T00:00:00.000Z"),
        ("1239056389", "2009-04-06T22:19:49.000Z"),
        ("1239056389.5", "2009-04-06T22:19:49.500Z"),
        ("1239056389123", "2009-04-06T22:19:49.123Z"),
    ] {
        assert_eq!(time::table(text).unwrap().to_string(), expected);
    }
    for text in [
        "",
        "Mon Apr 06",
        "Mon Abc 06 22:19:49 +0000 2009",
        "Mon Apr 06 22:19:49 QQQ 2009",
        "06/04/2009",
        "-5",
        "Mon Apr 06 22:19:49 +0000 99999",
        ".",
    ] {
        assert!(time::table(text).is_err(), "{text}");
    }
}

fn row(columns: &Columns, record: &str) -> String {
    let mut into = Shown(record, vec![]);
    super::row(&limits(), columns, record, 77, &mut into);
    into.1.join("|")
}

fn heading(text: &str, wanted: &[(&str, &str)]) -> Result<Columns, String> {
    let wanted: Vec<_> = wanted.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Columns::named(&table_fields(text, b',').into_iter().map(String::from).collect::<Vec<_>>(), &wanted, b',')
}

#[test]
fn rows_of_tables() {
    let columns = heading("Id,Created At,Message,Pseudo,City,Followers", &[]).unwrap();
    let found = row(&columns, "5,2020-01-01 10:00:00,\"one, \"\"two\"\"\",@ana,Oslo,12");
    assert_eq!(
        found,
        "csv Original id=5 root=5 target=- at=2020-01-01T10:00:00.000Z by=ana/ana/12/- lang=- place=Oslo/- rules=[] text=one, \"two\""
    );
    let found = row(&columns, ",1577872800,t,ana,,");
    assert_eq!(
        found,
        "csv Original id=@77 root=@77 target=- at=2020-01-01T10:00:00.000Z by=ana/ana/-/- lang=- place=- rules=[] text=t"
    );
    assert_eq!(row(&columns, "5,2020-01-01"), "refused: too few columns: 2 where at least 6 are needed");
    assert!(row(&columns, "5,,t,a,b,1").starts_with("refused: the time is empty"));
    assert!(row(&columns, "5,2020-01-01,t,a,b,many").starts_with("refused: `many` is no count"));
    assert!(row(&columns, "5,1970-01-01,t,a,b,1").starts_with("refused: time 1970"));
}

#[test]
fn columns_by_name_by_number_or_not_at_all() {
    let chosen = heading("a,b,c", &[("text", "b"), ("time", "3")]).unwrap();
    assert_eq!(chosen.spelled_out(), "time:3,text:2");
    assert!(heading("a,b,c", &[]).unwrap_err().contains("columns=text:NAME"));
    assert!(heading("a,b,c", &[("text", "z")]).unwrap_err().contains("no column `z`"));
    let line = "\"0\",\"1467810672\",\"Mon Apr 06 22:19:49 PDT 2009\",\"NO_QUERY\",\"someone\",\"made up, all of it\"";
    assert!(Columns::is_sentiment140(&table_fields(line, b',').into_iter().map(String::from).collect::<Vec<_>>()));
    let found = row(&Columns::sentiment140(), line);
    assert_eq!(
        found,
        "sentiment140 Original id=1467810672 root=1467810672 target=- at=2009-04-07T05:19:49.000Z by=someone/someone/-/- lang=- place=- rules=[] text=made up, all of it"
    );
}

/// The shortcut and the general decoder agree wherever the shortcut has something to say.
fn check_shortcut(line: &str) {
    let Some(fast) = stream::post(line) else { return };
    let expected = match limits().check(fast) {
        Item::Post(post) => shown(&post),
        Item::Refused(reason) => format!("refused: {reason}"),
    };
    let mut into = Shown(line, vec![]);
    json::closely(&limits(), line, &mut into);
    assert_eq!(into.1, [expected], "{line}");
}

proptest! {
    #[test]
    fn the_shortcut_is_never_different(at in 0..STREAM.len(), with in "[ \\t{}\\[\\]\",:0-9a-zé\\\\.-]{0,3}", gone in 0..4_usize) {
        let end = (at + gone).min(STREAM.len());
        let line = format!("{}{with}{}", &STREAM[..at], &STREAM[end..]);
        check_shortcut(&line.replace("{\"id\":2}", "{\"id\":\"2\"}"));
    }

    /// Fields are split as the usual reader splits them, wherever that sees one row.
    #[test]
    fn fields_are_those_that_others_read(record in "[,\"a b]{0,12}(\"[\n,x]*\")?,?[\"y]{0,3}") {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(record.as_bytes());
        let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect();
        let frame = crate::framing::Framing::Rows { delimiter: b',' }.next(record.as_bytes(), 0, usize::MAX);
        if let ([row], Some(frame)) = (&rows[..], frame) && !frame.open && frame.range.len() == record.len() {
            prop_assert_eq!(table_fields(&record, b','), row.as_slice());
        }
    }

    #[test]
    fn nothing_panics(text in "\\PC*", at in 0..STATUS.len()) {
        read(&text);
        read(&STATUS[..at]);
        row(&Columns::sentiment140(), &text);
    }
}

#[test]
fn the_shortcut_takes_plain_lines() {
    assert!(stream::post(STREAM).is_none(), "a rule goes by a number");
    let plain = STREAM.replace("{\"id\":2}", "{\"id\":\"2\"}");
    assert_eq!(shown(&stream::post(&plain).unwrap()), ANA);
    check_shortcut(&plain);
}
