#![no_main]
//! The two tables of cascades, and a params.config: whatever is in them, what is played is in order and comes once.

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    // The three files, with a byte between them that no text holds.
    let mut parts = input.splitn(3, |byte| *byte == 0xff);
    let [data, index, params] = [(); 3].map(|()| parts.next().unwrap_or_default());
    // Headings that name the columns keep tables readable whatever follows.
    let data = [b"time,magnitude,user_id,msg\n", data].concat();
    let index = [b"start_ind,end_ind\n1,2\n", index].concat();
    let files = [data.as_slice(), index.as_slice(), params];
    let whole = fuzz::play_cascades(files, "limit=5000", 1 << 20);
    assert_eq!(whole, fuzz::play_cascades(files, "limit=5000", 1));
    let Ok(read) = whole else { return };
    assert!(!read.posts.is_empty() && read.posts.is_sorted_by_key(|post| post.0));
    let identities: std::collections::BTreeSet<u64> = read.posts.iter().map(|post| post.1).collect();
    assert_eq!(identities.len(), read.posts.len(), "no identifier comes twice");
});
