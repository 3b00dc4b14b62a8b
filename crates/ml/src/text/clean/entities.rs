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
        // No further than a name may reach: of a text of nothing but `&`, each would look at all the others.
        let end = after.bytes().take(LONGEST + 1).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((sign(after.get(..end)?)?, after.get(end + 1..)?)));
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
