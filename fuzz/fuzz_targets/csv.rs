#![no_main]
//! Rows of tables, in UTF-8 and in Latin-1.

libfuzzer_sys::fuzz_target!(|record: &[u8]| {
    for encoding in ["utf-8", "latin-1"] {
        fuzz::decode(&format!("replay:a.csv?format=csv&columns=id:1,time:2,text:3,followers:4&encoding={encoding}"), record);
    }
});
