#![no_main]
//! Streams cut into pieces: where the cuts fall must not matter, and no line is lost.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((first, input)) = input.split_first() else { return };
    let lines = first & 1 == 0;
    // A heading that names every column keeps a table readable whatever follows.
    let (options, input) =
        if lines { ("format=jsonl", input.to_vec()) } else { ("format=csv", [b"id,time,text\n", input].concat()) };
    let whole = fuzz::read(&input, options, 1 << 16);
    let pieces = fuzz::read(&input, options, 1 + usize::from(first >> 1));
    assert_eq!(whole, pieces);
    if lines {
        let text = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&input);
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        let Ok(read) = whole else { panic!("a stream of lines is always readable") };
        assert!(read.posts.len() + read.refused.len() >= lines);
    }
});
