#![no_main]
//! Lines of X's streams and pages, version 2.

libfuzzer_sys::fuzz_target!(|record: &[u8]| {
    fuzz::decode("stdin:?format=jsonl", record);
    // Half of what is thrown starts like a line of the stream, so that more gets past the first bytes.
    let line = [br#"{"data":{"id":"1","author_id":"2","created_at":"2020-01-01T00:00:00Z","text":""#, record].concat();
    fuzz::decode("stdin:?format=jsonl", &line);
});
