//! Names by pattern: `*` stands for any characters.

/// Does the pattern fit the whole name?
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut here) = (0, 0);
    // Where the last star was, and what it stood for so far.
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        let letter = pattern.get(at);
        if letter == Some(&b'*') {
            star = Some((at, here));
            at += 1;
        } else if letter.is_some() && letter == name.get(here) {
            at += 1;
            here += 1;
        } else if let Some((start, taken)) = star {
            star = Some((start, taken + 1));
            at = start + 1;
            here = taken + 1;
        } else {
            return false;
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c", "abd", false),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("**b", "aab", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
