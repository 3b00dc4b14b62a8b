//! Texts as numbers of tokens.

use crate::guard::{guarded, told};
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// Characters of a text for each token that is read: what comes after is not even looked at. No text that people write has so
/// few tokens, and one of megabytes costs no more than a long one.
const CHARACTERS: usize = 256;

pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    longest: usize,
    /// The token that fills up a short text.
    pub pad: i64,
}

/// A text's tokens; each has an attention of 0 or 1 and a kind, which is that of the first text of a pair.
pub(crate) struct Encoded {
    pub ids: Vec<i64>,
    pub mask: Vec<i64>,
    pub kinds: Vec<i64>,
}

impl Tokens {
    pub fn load(path: &Path, longest: usize, pad: Option<i64>) -> Result<Tokens, String> {
        let said = |error: String| format!("{}: {error}", path.display());
        let bytes = std::fs::read(path).map_err(|error| said(error.to_string()))?;
        guarded(|| Tokens::read(&bytes, longest, pad)).map_err(said)
    }

    fn read(bytes: &[u8], longest: usize, pad: Option<i64>) -> Result<Tokens, String> {
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| told(&error))?;
        let named = ["[PAD]", "<pad>"].into_iter().find_map(|name| tokenizer.token_to_id(name));
        let own = tokenizer.get_padding().map(|padding| padding.pad_id).or(named).map(i64::from);
        // a batch is filled up and cut here, whatever the file says of it
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| told(&error))?;
        let special = tokenizer.encode("", true).map_err(|error| told(&error))?.get_ids().len();
        if longest <= special {
            return Err(format!("{longest} tokens of a text leave no room beside the {special} that begin and end it"));
        }
        let cut = TruncationParams { max_length: longest, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(cut)).map_err(|error| told(&error))?;
        Ok(Tokens { tokenizer, longest, pad: pad.or(own).unwrap_or(0) })
    }

    pub fn encode(&self, text: &str) -> Result<Encoded, String> {
        let end = text.char_indices().nth(self.longest.saturating_mul(CHARACTERS)).map_or(text.len(), |(at, _)| at);
        let text = text.get(..end).unwrap_or(text);
        let encode = || self.tokenizer.encode_fast(text, true).map_err(|error| told(&error));
        let encoding = guarded(encode).map_err(|error| format!("the tokenizer fails on a text: {error}"))?;
        let wide = |numbers: &[u32]| numbers.iter().map(|number| i64::from(*number)).collect::<Vec<_>>();
        let ids = wide(encoding.get_ids());
        if ids.is_empty() {
            // a graph that divides by the number of tokens must find one
            return Ok(Encoded { ids: vec![self.pad], mask: vec![1], kinds: vec![0] });
        }
        Ok(Encoded { ids, mask: wide(encoding.get_attention_mask()), kinds: wide(encoding.get_type_ids()) })
    }
}
