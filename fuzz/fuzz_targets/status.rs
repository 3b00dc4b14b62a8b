#![no_main]
//! Statuses and notices of X's streams, version 1.1.

libfuzzer_sys::fuzz_target!(|record: &[u8]| {
    let start = br#"{"id_str":"1","user":{"id":2},"created_at":"Mon Apr 06 22:19:49 +0000 2009","text":""#;
    fuzz::decode("stdin:?format=jsonl", &[&start[..], record].concat());
    fuzz::decode("stdin:?format=jsonl", &[br#"{"delete":{"#, record].concat());
});
