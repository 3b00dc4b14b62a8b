#![no_main]
//! Messages of Tweetoscope: what is read can be written, and means the same when it is read again.

use domain::tweetoscope::{Form, Words, key, read, write};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // What stands before the first line's end is the key.
    let (name, value) = match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (Some(&input[..at]), &input[at + 1..]),
        None => (None, input),
    };
    // Half of what is thrown starts like a message, so that more gets past the first bytes.
    for start in ["", "{\"type\": \"tweet\", \"t\": 1, \"m\": 2, \"msg\": ", "{'type': 'serie', 'cid': 17, 'T_obs': 600, "] {
        let value = [start.as_bytes(), value].concat();
        let Ok(message) = read(name, &value) else { continue };
        for form in [Form::Of2020, Form::Of2021] {
            let (again, mut written) = (key(&message, form), vec![]);
            write(&message, form, Words::Plain, &mut written).expect("all that is read is finite");
            let read = read(again.as_deref().map(str::as_bytes), &written).expect("what is written is readable");
            let mut twice = vec![];
            write(&read, form, Words::Plain, &mut twice).expect("all that is read is finite");
            assert_eq!((key(&read, form), twice), (again, written));
        }
    }
});
