//! The grammar of `query_string`: Lucene's.

/// What a query says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Clauses, each with how it must hold.
    All(Vec<(Occurs, Node)>),
    /// What is looked for in a field, or in those by default.
    In(Option<String>, Box<Node>),
    /// The same, counting so many times.
    Boost(Box<Node>, f32),
    /// Words, as they stand between operators.
    Words(String),
    /// Words beside each other, which are read as one text.
    Text(String),
    /// Words in quotes, with how far they may be apart.
    Phrase(String, Option<usize>),
    /// A word that may be written otherwise.
    Near(String, Option<String>),
    /// A word with `*` or `?`.
    Pattern(String),
    /// Words that begin so.
    Prefix(String),
    /// A regular expression.
    Regular(String),
    /// From here to there, ends in or not.
    Range { lower: Option<String>, upper: Option<String>, lower_in: bool, upper_in: bool },
}

impl Node {
    /// The range that words in one field mean if they begin as `>`, `>=`, `<` or `<=`.
    pub(super) fn range(&self) -> Option<Node> {
        let (Node::Words(text) | Node::Text(text)) = self else { return None };
        let greater = text.starts_with('>');
        let told = text.strip_prefix(['>', '<']).filter(|told| !told.is_empty())?;
        let equal = told.strip_prefix('=').filter(|told| !told.is_empty());
        let told = Some(equal.unwrap_or(told).to_owned());
        let (lower, upper) = if greater { (told, None) } else { (None, told) };
        Some(Node::Range { lower, upper, lower_in: equal.is_some(), upper_in: equal.is_some() })
    }

    /// Is this words, but none when it is read as full text?
    pub(super) fn is_void(&self) -> bool {
        matches!(self, Node::Words(text) | Node::Text(text) | Node::Phrase(text, _) if crate::analysis::words(text).is_empty())
    }
}

/// How a clause must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Occurs {
    Must,
    Should,
    MustNot,
}

/// Groups within groups, at most.
const DEEPEST: usize = 50;

const SPACES: [char; 5] = [' ', '\t', '\n', '\r', '\u{3000}'];

pub(super) struct Parser<'a> {
    rest: &'a str,
    and_by_default: bool,
    depth: usize,
}

/// What joins a clause to those before.
#[derive(Clone, Copy, PartialEq)]
enum Joint {
    None,
    And,
    Or,
}

type Parsed<T> = Result<T, String>;

impl<'a> Parser<'a> {
    /// Reads a whole query.
    pub(super) fn read(text: &'a str, and_by_default: bool) -> Parsed<Node> {
        let mut parser = Parser { rest: text, and_by_default, depth: 0 };
        let node = parser.query()?;
        parser.space();
        if parser.rest.is_empty() { Ok(node) } else { Err(format!("Encountered \"{}\"", parser.rest)) }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches(SPACES);
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let rest = term(self.rest).filter(|(told, _)| *told == word).map(|(_, rest)| rest);
        if let Some(rest) = rest {
            self.rest = rest;
        }
        rest.is_some()
    }

    /// Words beside each other, if there are two or more: a word that something belongs to is none of them.
    fn beside(&mut self) -> Option<String> {
        let (first, mut rest) = plain(self.rest)?;
        let mut text = unescaped(first);
        let mut count = 1;
        while let Some((next, behind)) = plain(rest).filter(|(_, behind)| is_free(behind)) {
            text.push(' ');
            text.push_str(&unescaped(next));
            count += 1;
            rest = behind;
        }
        if count == 1 {
            return None;
        }
        self.rest = rest;
        Some(text)
    }

    /// `+`, `-` or `!` with space behind it, which is a word.
    fn bare(&self) -> Option<char> {
        let mut characters = self.rest.chars();
        let sign = characters.next().filter(|first| "+-!".contains(*first))?;
        characters.next().filter(|next| SPACES.contains(next)).map(|_| sign)
    }

    fn query(&mut self) -> Parsed<Node> {
        let mut clauses: Vec<(Occurs, Node)> = vec![];
        loop {
            self.space();
            if self.rest.is_empty() || self.rest.starts_with(')') {
                break;
            }
            if let Some(text) = self.beside() {
                clauses.push((if self.and_by_default { Occurs::Must } else { Occurs::Should }, Node::Text(text)));
                continue;
            }
            let joint = if self.eat_word("AND") || self.eat_word("&&") {
                Joint::And
            } else if self.eat_word("OR") || self.eat_word("||") {
                Joint::Or
            } else {
                Joint::None
            };
            if joint != Joint::None && clauses.is_empty() {
                return Err("Encountered an operator with nothing before it".to_owned());
            }
            self.space();
            let (mut forbidden, mut demanded) = (false, false);
            if self.bare().is_some() {
                // It is the clause.
            } else if self.eat("+") {
                demanded = true;
            } else if self.eat("-") || self.eat("!") || self.eat_word("NOT") {
                forbidden = true;
            }
            self.space();
            let clause = self.clause()?;
            self.join(&mut clauses, joint, forbidden, demanded, clause);
        }
        if clauses.is_empty() {
            return Err(format!("Encountered \"{}\"", self.rest.chars().next().map_or("<EOF>".to_owned(), String::from)));
        }
        if clauses.len() == 1 && clauses.first().is_some_and(|(occurs, _)| *occurs != Occurs::MustNot) {
            return Ok(clauses.remove(0).1);
        }
        Ok(Node::All(clauses))
    }

    /// Puts a clause to the others as Lucene does: `AND` also demands what is before it.
    fn join(&self, clauses: &mut Vec<(Occurs, Node)>, joint: Joint, forbidden: bool, demanded: bool, clause: Node) {
        if let Some((occurs, _)) = clauses.last_mut().filter(|(occurs, _)| *occurs != Occurs::MustNot) {
            match joint {
                Joint::And => *occurs = Occurs::Must,
                Joint::Or if self.and_by_default => *occurs = Occurs::Should,
                _ => {}
            }
        }
        let needed = if self.and_by_default { joint != Joint::Or } else { joint == Joint::And || demanded };
        let occurs = if forbidden {
            Occurs::MustNot
        } else if needed {
            Occurs::Must
        } else {
            Occurs::Should
        };
        clauses.push((occurs, clause));
    }

    fn clause(&mut self) -> Parsed<Node> {
        let field = self.field();
        let node = if self.eat("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("groups within groups, too deep".to_owned());
            }
            let node = self.query()?;
            self.space();
            if !self.eat(")") {
                return Err("Encountered \"<EOF>\" where \")\" was expected".to_owned());
            }
            self.depth -= 1;
            Node::In(None, Box::new(node))
        } else {
            self.atom()?
        };
        let node = self.boost(node)?;
        Ok(match field {
            Some(field) => Node::In(Some(field), Box::new(node)),
            None => node,
        })
    }

    /// `name:`, if it stands here.
    fn field(&mut self) -> Option<String> {
        let (name, rest) = term(self.rest)?;
        self.rest = rest.trim_start_matches(SPACES).strip_prefix(':')?;
        self.space();
        Some(unescaped(name))
    }

    fn boost(&mut self, node: Node) -> Parsed<Node> {
        let Some(rest) = self.rest.trim_start_matches(SPACES).strip_prefix('^') else { return Ok(node) };
        self.rest = rest.trim_start_matches(SPACES);
        let number = self.digits();
        let boost = number.parse::<f32>().map_err(|_| format!("Cannot read a boost from \"^{number}\""))?;
        Ok(Node::Boost(Box::new(node), boost))
    }

    fn digits(&mut self) -> &'a str {
        let end = self.rest.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    fn atom(&mut self) -> Parsed<Node> {
        if let Some(sign) = self.bare() {
            self.rest = self.rest.get(1..).unwrap_or_default();
            return Ok(Node::Words(sign.to_string()));
        }
        match self.rest.chars().next() {
            Some('"') => self.phrase(),
            Some('[' | '{') => self.range(),
            Some('/') => self.regular(),
            Some(_) => self.words(),
            None => Err("Encountered \"<EOF>\"".to_owned()),
        }
    }

    fn phrase(&mut self) -> Parsed<Node> {
        let inner = self.rest.get(1..).unwrap_or_default();
        let end = unescaped_end(inner, '"').ok_or("Lexical error: a quote that does not end")?;
        let text = unescaped(inner.get(..end).unwrap_or_default());
        self.rest = inner.get(end + 1..).unwrap_or_default();
        let slop = self.tilde().and_then(|slop| slop.parse::<f32>().ok()).map(|slop| slop as usize);
        Ok(Node::Phrase(text, slop))
    }

    fn regular(&mut self) -> Parsed<Node> {
        let inner = self.rest.get(1..).unwrap_or_default();
        let end = unescaped_end(inner, '/').ok_or("Lexical error: a regular expression that does not end")?;
        let pattern = inner.get(..end).unwrap_or_default().replace("\\/", "/");
        self.rest = inner.get(end + 1..).unwrap_or_default();
        Ok(Node::Regular(pattern))
    }

    fn range(&mut self) -> Parsed<Node> {
        let lower_in = self.rest.starts_with('[');
        self.rest = self.rest.get(1..).unwrap_or_default();
        let lower = self.end()?;
        self.space();
        if !self.eat_word("TO") {
            return Err(format!("Encountered \"{}\" where \"TO\" was expected", self.rest));
        }
        let upper = self.end()?;
        self.space();
        let upper_in = self.rest.starts_with(']');
        if !upper_in && !self.rest.starts_with('}') {
            return Err("a range that does not end".to_owned());
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
        Ok(Node::Range { lower, upper, lower_in, upper_in })
    }

    /// An end of a range; `*` is none.
    fn end(&mut self) -> Parsed<Option<String>> {
        self.space();
        let told = if let Some(inner) = self.rest.strip_prefix('"') {
            let end = unescaped_end(inner, '"').ok_or("Lexical error: a quote that does not end")?;
            self.rest = inner.get(end + 1..).unwrap_or_default();
            inner.get(..end).unwrap_or_default()
        } else {
            let end = self.rest.find([' ', ']', '}']).unwrap_or(self.rest.len());
            let (told, rest) = self.rest.split_at(end);
            self.rest = rest;
            told
        };
        match told {
            "" => Err("Encountered an end of a range that is empty".to_owned()),
            "*" => Ok(None),
            told => Ok(Some(unescaped(told))),
        }
    }

    /// What stands behind `~`.
    fn tilde(&mut self) -> Option<&'a str> {
        let rest = self.rest.trim_start_matches(SPACES).strip_prefix('~')?;
        let (told, rest) = term(rest).unwrap_or(("", rest));
        self.rest = rest;
        Some(told)
    }

    fn words(&mut self) -> Parsed<Node> {
        let (told, rest) = term(self.rest).ok_or_else(|| format!("Encountered \"{}\"", self.rest))?;
        if OPERATORS.contains(&told) {
            return Err(format!("Encountered \"{told}\""));
        }
        self.rest = rest;
        if let Some(edits) = self.tilde() {
            return Ok(Node::Near(unescaped(told), Some(edits).filter(|edits| !edits.is_empty()).map(str::to_owned)));
        }
        if is_pattern(told) {
            return Ok(Node::Pattern(told.to_owned()));
        }
        Ok(Node::Words(unescaped(told)))
    }
}

const OPERATORS: [&str; 5] = ["AND", "OR", "NOT", "&&", "||"];

/// The term that stands first behind spaces, if it is no operator and no pattern.
fn plain(text: &str) -> Option<(&str, &str)> {
    term(text.trim_start_matches(SPACES)).filter(|(told, _)| !OPERATORS.contains(told) && !is_pattern(told))
}

/// Does what stands here leave the word before it alone?
fn is_free(behind: &str) -> bool {
    let behind = behind.trim_start_matches(SPACES);
    let told = term(behind).map_or("", |(told, _)| told);
    !behind.starts_with([':', '~', '^']) && told != "*" && (told == "NOT" || !OPERATORS.contains(&told))
}

/// The term that stands first, escapes left in, and what is behind it.
fn term(text: &str) -> Option<(&str, &str)> {
    let mut characters = text.char_indices().peekable();
    let mut end = text.len();
    while let Some((place, character)) = characters.next() {
        let special = if place == 0 { "+-!():^[]\"{}~/ \t\n\r\u{3000}" } else { "!():^[]\"{}~/ \t\n\r\u{3000}" };
        if character == '\\' {
            characters.next()?;
        } else if special.contains(character) {
            end = place;
            break;
        }
    }
    (end > 0).then(|| text.split_at(end))
}

fn unescaped_end(text: &str, mark: char) -> Option<usize> {
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == mark {
            return Some(place);
        }
    }
    None
}

fn is_pattern(text: &str) -> bool {
    unescaped_end(text, '*').is_some() || unescaped_end(text, '?').is_some()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    plain
}
