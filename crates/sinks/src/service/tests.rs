use super::*;
use crate::testing::Fake;

#[test]
fn addresses_that_are_none_are_refused_with_what_to_write() {
    for (url, part) in [
        ("127.0.0.1:9091", "must start with http://"),
        ("https://127.0.0.1:9091", "must start with http://"),
        ("http://", "HOST:PORT"),
        ("http://:9091", "HOST:PORT"),
        ("http://a b:1", "HOST:PORT"),
        ("http://a:port", "HOST:PORT"),
        ("http://a:1?b=c", "HOST:PORT"),
        ("http://me:pw@a:1", "takes no user"),
    ] {
        let error = Service::at("Pushgateway", url).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("as in http://127.0.0.1:9091"), "{url}: {error}");
        assert!(!error.contains("pw"), "{error}");
    }
}

#[test]
fn it_says_in_one_line_what_a_service_has_against_it() {
    let fake = Fake::start();
    let service = Service::at("Pushgateway", &format!("{}/path/", fake.url)).unwrap();
    assert_eq!(service.reach("/-/ready").unwrap(), format!("{}/path is ready", fake.url));
    fake.answers("400 Bad Request\ntext format parsing error\n  in line 1");
    let error = service.put("/metrics/job/a", "text/plain", "x").unwrap_err();
    let whole = format!("the Pushgateway at {}/path answered 400: text format parsing error in line 1", fake.url);
    assert_eq!((error.to_string(), error.retry().is_some()), (whole, true));
    fake.answers(&format!("500 Internal Server Error\n{}", "no ".repeat(10_000)));
    assert!(service.delete("/metrics/job/a").unwrap_err().to_string().len() < 300);
    let asked: Vec<String> = fake.asked().into_iter().map(|asked| asked.what).collect();
    assert_eq!(asked, ["GET /path/-/ready", "PUT /path/metrics/job/a", "DELETE /path/metrics/job/a"]);
}

#[test]
fn a_closed_port_is_an_answer_and_no_wait() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = std::time::Instant::now();
    let error =
        Service::at("Alertmanager", &format!("http://127.0.0.1:{port}")).unwrap().reach("/-/ready").unwrap_err().to_string();
    assert!(error.starts_with(&format!("the Alertmanager at http://127.0.0.1:{port} does not answer: ")), "{error}");
    assert!(!error.contains('\n') && begun.elapsed() < CONNECT, "{error}");
}

#[test]
fn who_we_are_is_told_and_not_shown() {
    let fake = Fake::start();
    let service = Service::at("Alertmanager", &fake.url).unwrap().with_user("ann", "pass@word/:é");
    service.reach("/-/ready").unwrap();
    assert_eq!(fake.asked()[0].who.as_deref(), Some("Basic YW5uOnBhc3NAd29yZC86w6k="));
    fake.answers("401 Unauthorized");
    let error = service.reach("/-/ready").unwrap_err().to_string();
    assert!(!error.contains("pass") && error.contains("answered 401"), "{error}");
    for (plain, coded) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("abcd", "YWJjZA==")] {
        assert_eq!(base64(plain.as_bytes()), coded);
    }
}
