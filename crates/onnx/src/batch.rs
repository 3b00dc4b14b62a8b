//! Texts side by side, as a graph takes them, and what it answers.

use crate::tokens::Encoded;

/// What a graph asks for, by the names that all exports use.
#[derive(Clone, Copy)]
pub(crate) enum Input {
    Ids,
    Mask,
    Kinds,
}

impl Input {
    pub fn named(name: &str) -> Result<Input, String> {
        match name {
            "input_ids" => Ok(Input::Ids),
            "attention_mask" => Ok(Input::Mask),
            "token_type_ids" => Ok(Input::Kinds),
            _ => Err(format!("the graph asks for {name}: only input_ids, attention_mask and token_type_ids can be given")),
        }
    }
}

/// Sizes that a graph was exported with and that cannot change. Most have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fixed {
    pub rows: Option<usize>,
    pub width: Option<usize>,
}

impl Fixed {
    /// Both sizes of one input, 0 and less being free ones; they must go with what another input has.
    pub fn with(self, name: &str, sizes: &[i64]) -> Result<Fixed, String> {
        let [rows, width] = *sizes else {
            return Err(format!("the graph's {name} has {} dimensions: texts and tokens are two", sizes.len()));
        };
        let size = |size: i64| usize::try_from(size).ok().filter(|size| *size > 0);
        let (rows, width) = (size(rows), size(width));
        let apart = |one: Option<usize>, other: Option<usize>| one.zip(other).is_some_and(|(one, other)| one != other);
        if apart(self.rows, rows) || apart(self.width, width) {
            return Err(format!("the graph's {name} has other sizes than its other inputs"));
        }
        Ok(Fixed { rows: self.rows.or(rows), width: self.width.or(width) })
    }
}

/// As many rows as the graph runs with, each of one width. Free rows repeat the texts.
pub(crate) struct Batch {
    pub rows: usize,
    pub width: usize,
    ids: Vec<i64>,
    mask: Vec<i64>,
    kinds: Vec<i64>,
}

impl Batch {
    /// `width` is that of the longest text or more.
    pub fn of(texts: &[&Encoded], pad: i64, rows: usize, width: usize) -> Batch {
        let mut batch = Batch { rows, width, ids: vec![], mask: vec![], kinds: vec![] };
        for (at, text) in texts.iter().cycle().take(rows).enumerate() {
            batch.ids.extend_from_slice(&text.ids);
            batch.mask.extend_from_slice(&text.mask);
            batch.kinds.extend_from_slice(&text.kinds);
            let end = (at + 1) * width;
            batch.ids.resize(end, pad);
            batch.mask.resize(end, 0);
            batch.kinds.resize(end, 0);
        }
        batch
    }

    pub fn values(&self, input: Input) -> &[i64] {
        match input {
            Input::Ids => &self.ids,
            Input::Mask => &self.mask,
            Input::Kinds => &self.kinds,
        }
    }
}

/// The numbers of `shape`, in rows.
pub(crate) struct Answer {
    pub shape: Vec<usize>,
    pub logits: Vec<f32>,
}
