//! The passages of a text that are shown around what was found in it.

use unicode_segmentation::UnicodeSegmentation;

/// How many passages of which length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// None is all of the text.
    pub count: usize,
    /// In characters.
    pub length: usize,
    pub best_first: bool,
}

/// The passages in which matches are, as bytes of the text. A passage is whole sentences as long as they fit; of a longer sentence it is
/// a part, from word to word.
pub(super) fn passages(text: &str, found: &[(usize, usize)], limits: Limits) -> Vec<(usize, usize)> {
    if limits.count == 0 {
        return vec![(0, text.len())];
    }
    let mut sentences: Vec<usize> = text.split_sentence_bound_indices().map(|(at, _)| at).collect();
    sentences.push(text.len());
    let mut words: Vec<usize> = text.split_word_bound_indices().map(|(at, _)| at).collect();
    words.push(text.len());
    let mut passages: Vec<(usize, usize, usize)> = vec![];
    let mut window = (0, 0);
    for (start, end) in found.iter().copied() {
        if let Some(last) = passages.last_mut().filter(|last| start < last.1) {
            last.2 += 1;
            last.1 = last.1.max(end);
            continue;
        }
        let at = next_passage(start, &sentences, &words, &mut window, passages.last().map_or(0, |last| last.1), limits.length);
        passages.push((at.0, at.1.max(end), 1));
    }
    if passages.len() > limits.count || limits.best_first {
        passages.sort_by_key(|(from, _, matches)| (std::cmp::Reverse(*matches), *from));
        passages.truncate(limits.count);
        if !limits.best_first {
            passages.sort_unstable();
        }
    }
    passages.into_iter().map(|(from, to, _)| (from, to)).collect()
}

/// The greatest bound at or before a place.
fn before(bounds: &[usize], place: usize) -> usize {
    let next = bounds.partition_point(|bound| *bound <= place);
    next.checked_sub(1).and_then(|at| bounds.get(at)).copied().unwrap_or(0)
}

/// The least bound behind a place.
fn behind(bounds: &[usize], place: usize) -> Option<usize> {
    bounds.get(bounds.partition_point(|bound| *bound <= place)).copied()
}

fn next_passage(
    start: usize,
    sentences: &[usize],
    words: &[usize],
    window: &mut (usize, usize),
    last_end: usize,
    length: usize,
) -> (usize, usize) {
    let (mut from, mut to);
    if start > window.0 && start < window.1 {
        (from, to) = (last_end, window.1);
    } else {
        from = before(sentences, start);
        to = behind(sentences, start).unwrap_or(start);
        while to - from < length {
            match behind(sentences, to) {
                Some(end) if end - from <= length => to = end,
                _ => break,
            }
        }
        *window = (from, to);
    }
    if to - from > length {
        if start.saturating_sub(length) > from {
            from = from.max(before(words, (start - length).saturating_sub(1)));
        }
        let remaining = length.saturating_sub(start - from);
        if start + remaining < window.1 {
            to = window.1.min(behind(words, start + remaining).unwrap_or(window.1));
        }
    }
    (from, to)
}
