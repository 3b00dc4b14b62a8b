//! Goshawk and real brokers: who is let in and who is not, what stock clients see and bring, and one process for each role.

use crate::brokers::{Cluster, broker};
use crate::support::{Place, eventually, get, json_lines, post};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Users: ann may do everything, bob may do nothing, eve may read and write, and do no transactions.
const GUARDED: &str = r#"
listeners=PLAINTEXT://127.0.0.1:PORT1,CONTROLLER://127.0.0.1:CONTROLLER_PORT,SASL_PLAINTEXT://127.0.0.1:PORT2,SASL_SSL://127.0.0.1:PORT3
advertised.listeners=PLAINTEXT://127.0.0.1:PORT1,SASL_PLAINTEXT://127.0.0.1:PORT2,SASL_SSL://127.0.0.1:PORT3
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_ann="hush&tell" user_bob="b" user_eve="e";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.location=FOLDER/server.p12
ssl.keystore.password=keeper
ssl.keystore.type=PKCS12
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:ann
allow.everyone.if.no.acl.found=false
"#;
const SCRAM: &str = "SCRAM-SHA-256=[name=ann,password=hush&tell]";

/// A key of the broker's own, and the certificate by which clients know it.
fn keys(folder: &Path) {
    let store = folder.join("server.p12");
    let tool = |arguments: &str, last: &[&str]| {
        let done =
            Command::new("keytool").args(arguments.split(' ')).arg(&store).args(last).stderr(Stdio::null()).status().unwrap();
        assert!(done.success(), "keytool {arguments}");
    };
    let more = ["-dname", "CN=127.0.0.1", "-ext", "SAN=IP:127.0.0.1"];
    tool("-genkeypair -alias a -keyalg RSA -validity 9 -storetype PKCS12 -storepass keeper -keypass keeper -keystore", &more);
    let file = folder.join("server.pem");
    tool("-exportcert -rfc -alias a -storepass keeper -keystore", &["-file", file.to_str().unwrap()]);
}

/// What `check --connect` says of the log, and how long it took.
fn checked(place: &Place, log: &str) -> (bool, String) {
    let begun = Instant::now();
    let ended = place.run(&format!("check --connect --log {log}"));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}: {}", begun.elapsed(), ended.out);
    let tried = ended.out.split("Trying it:").nth(1).unwrap_or(&ended.err).to_owned();
    let line = tried.lines().find(|line| line.contains("log:")).unwrap_or(&tried).trim().to_owned();
    for secret in ["hush", "tell", "wrong-word"] {
        assert!(!(ended.out.clone() + &ended.err).contains(secret), "{secret} shows: {}{}", ended.out, ended.err);
    }
    (ended.status.success(), line)
}

#[test]
fn who_is_not_let_in_is_told_why_in_seconds() {
    let folder = tempfile::tempdir().unwrap();
    keys(folder.path());
    let certificate = folder.path().join("server.pem").display().to_string();
    let cluster = Cluster::start_with(folder, 1, GUARDED, &["--add-scram", SCRAM]);
    let [plain, tls] = cluster.more.map(|port| format!("kafka://127.0.0.1:{port}"));
    let place = Place::new().set("sources", "synthetic:").set("listen", "off");
    let sasl = "security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN&timeout=6s";
    let scram = format!("security.protocol=SASL_SSL&sasl.mechanism=SCRAM-SHA-256&ssl.ca.location={certificate}&timeout=6s");
    let closed = crate::brokers::free_ports(1)[0];
    for (log, words) in [
        (format!("{plain}?{sasl}&sasl.username=ann&sasl.password=wrong-word"), &["sasl.password"][..]),
        (format!("{plain}?{sasl}&sasl.username=bob&sasl.password=b"), &["lacks an ACL"]),
        (format!("{tls}?{scram}&sasl.username=ann&sasl.password=wrong-word"), &["sasl.password"]),
        (format!("{tls}?security.protocol=SSL&timeout=6s"), &["ssl."]),
        ("kafka://no-such-host.invalid:9092?timeout=6s".into(), &["no-such-host.invalid", "brokers' names"]),
        (format!("kafka://127.0.0.1:{closed}?timeout=3s"), &["Connection refused"]),
        (format!("{plain}?{sasl}&sasl.user=ann"), &["sasl.user"]),
    ] {
        let (good, line) = checked(&place, &log);
        assert!(!good && line.starts_with("failed") && words.iter().all(|word| line.contains(word)), "{log}: {line}");
        assert!(line.len() < 400, "one clear error: {line}");
    }
    let good = format!("{plain}?{sasl}&sasl.username=ann&sasl.password=hush%26tell");
    let (fine, line) = checked(&place, &good);
    assert!(fine && line.contains("19 of which will be made"), "{line}");

    // The whole way through TLS, with what is passed on to the client.
    let place = Place::new();
    place.write("posts.jsonl", (0..300).map(|n| post(n, &format!("10:{:02}:00", n / 10), "p") + "\n").collect::<String>());
    let more = "compression.type=zstd&client.id=hawk&client.rack=r1&sasl.username=ann&sasl.password=hush%26tell";
    let log = format!("{tls}?{scram}&{more}");
    place.ok(&format!("run --drain --listen off --source replay:posts.jsonl?speed=max --log {log}"));
    assert_eq!(place.tap(&format!("posts --log {log}")).len(), 300);
    assert!(place.tap(&format!("counts --log {log}")).len() > 30);
    let (fine, line) = checked(&place, &log);
    assert!(fine && !line.contains("will be made"), "{line}");
}

fn kcat(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new("kcat")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kcat");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn an_existing_topic_that_cannot_serve_is_named_and_left_as_it_is() {
    let brokers = broker();
    let place = Place::new();
    place.write("posts.jsonl", post(1, "10:00:00", "p"));
    let run = |place: &Place| {
        place.run(&format!("run --drain --listen off --source replay:posts.jsonl?speed=max --log kafka://{brokers}?prefix=fit."))
    };
    run(&place).good();
    let other = Place::new().set("topics.partitions", "3");
    other.write("posts.jsonl", post(1, "10:00:00", "p"));
    let error = run(&other).bad(&other);
    assert!(error.contains("topic 'fit.posts' exists with 4 partitions, and 3 are asked for"), "{error}");
    let (good, line) = checked(&other, &format!("kafka://{brokers}?prefix=fit."));
    assert!(!good && line.contains("exists with 4 partitions"), "{line}");
    let listed = kcat(&["-L", "-b", &brokers, "-t", "fit.posts"], "");
    assert!(listed.contains("\"fit.posts\" with 4 partitions"), "{listed}");
}

#[test]
fn stock_clients_read_what_it_writes_and_it_reads_what_they_write() {
    let brokers = broker();
    let place = Place::new();
    let log = format!("kafka://{brokers}?prefix=stock.&cache=off");
    place.write("posts.jsonl", (0..40).map(|n| post(n, &format!("10:{:02}:00", n), "p") + "\n").collect::<String>());
    let mut process = place.start(&format!("run --listen 127.0.0.1:0 --source replay:posts.jsonl?speed=max --log {log}"));
    let page = process.page();
    // What has no value says that time goes on.
    let read = |topic: &str, more: &[&str]| {
        let topic = format!("stock.{topic}");
        let common = ["-C", "-b", &brokers, "-t", &topic, "-e", "-q", "-X", "isolation.level=read_committed"];
        let lines = kcat(&[&common[..], more].concat(), "");
        lines.lines().filter(|line| !line.is_empty()).map(|line| line.to_owned() + "\n").collect::<String>()
    };
    let counts = || json_lines(&get(&format!("{page}/api/tap/counts?from=start")).2);
    eventually("the recording is counted", Duration::from_secs(60), || (counts().len() == 44).then_some(()));
    assert_eq!(json_lines(&read("counts", &[])).len(), 44, "records alone, and each is JSON");
    let told = read("posts", &["-f", "%k|%h|%s\n"]);
    let line = told.lines().find(|line| line.starts_with("7|")).unwrap();
    let headers = format!("source=replay:posts.jsonl,schema={},time=2024-05-01T10:07:00.000Z", domain::schema::VERSION);
    assert!(line.contains(&headers), "{line}");
    assert!(line.contains(r#""text":"post 7""#), "{line}");

    // A stranger brings a post, with a key and the time at which it happened, and something that is none.
    let stranger = r#"{"network":"x","id":"900","root":"900","kind":"original","time":"2024-05-01T12:00:00.000Z","author":{"id":"s"},"rules":["oslo"],"text":"hi"}"#;
    let topic = "stock.posts";
    let send = ["-P", "-b", &brokers, "-t", topic, "-K", "|", "-H", "time=2024-05-01T12:00:00.000Z"];
    let send = [&send[..], &["-X", "partitioner=murmur2_random"]].concat();
    kcat(&send, &format!("900|{stranger}\n901|no post at all\n"));
    eventually("the stranger's post is counted", Duration::from_secs(30), || {
        counts().iter().any(|row| row["start"] == "2024-05-01T12:00:00.000Z" && row["posts"] == 1).then_some(())
    });
    let rejected = eventually("what is no post is rejected", Duration::from_secs(30), || {
        json_lines(&get(&format!("{page}/api/tap/rejected?from=start")).2).into_iter().find(|refused| refused["by"] == "locate")
    });
    assert_eq!((rejected["raw"].as_str(), rejected["by"].as_str()), (Some("no post at all"), Some("locate")));
    let metrics = get(&format!("{page}/metrics")).2;
    for name in ["goshawk_kafka_messages_received_total{client=\"count 0\"}", "goshawk_kafka_broker_rtt_p99_seconds{", "# EOF"] {
        assert!(metrics.contains(name), "{name} is not in {metrics}");
    }
    drop(process);

    // Any topic, whoever made it.
    let all = format!("kafka://{brokers}?cache=off");
    assert_eq!(place.tap(&format!("stock.counts --log {all}")).len(), json_lines(&read("counts", &[])).len());
}
