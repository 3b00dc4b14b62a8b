//! HTML's entities, as services leave them in texts.

/// The longest that is looked for, without `&` and `;`.
const LONGEST: usize = 8;

/// With its entities decoded, and those that come out of it: some services encode twice.
pub fn decode(text: &str) -> String {
    let once = pass(text);
    if once.contains('&') && once != text { pass(&once) } else { once }
}

fn pass(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let found =
            after.split_once(';').filter(|(name, _)| name.len() <= LONGEST).and_then(|(name, rest)| Some((sign(name)?, rest)));
        let (sign, follows) = found.unwrap_or(('&', after));
        decoded.push(sign);
        rest = follows;
    }
    decoded.push_str(rest);
    decoded
}

/// What an entity stands for.
fn sign(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        "nbsp" => ' ',
        "ldquo" | "rdquo" => '"',
        "hellip" => '…',
        "mdash" | "ndash" => '-',
        _ => return None,
    })
}
