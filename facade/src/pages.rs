//! Pages of lists: how long they are, and where the next one begins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::errors::Failure;

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;
const MAX_TOKEN: usize = 1000;

/// How many lines a page has.
pub(crate) fn size(asked: i32) -> Result<u32, Failure> {
    match u32::try_from(asked) {
        Ok(0) => Ok(DEFAULT_PAGE),
        Ok(size) => Ok(size.min(LARGEST_PAGE)),
        Err(_) => Err(Failure::field("page_size", format!("{asked} is negative; give 1 to {LARGEST_PAGE}"))),
    }
}

/// Cuts a page to its size, where one line more than that was asked for; answers the token of the next page, empty where there is none.
pub(crate) fn cut<L, C: Serialize>(lines: &mut Vec<L>, size: u32, cursor: impl Fn(&L) -> C) -> Result<String, Failure> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = lines.len() > size;
    lines.truncate(size);
    match lines.last() {
        Some(last) if more => token(&cursor(last)),
        _ => Ok(String::new()),
    }
}

fn token(cursor: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(cursor).map_err(|e| Failure::Internal(e.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(text))
}

/// Where a page begins.
pub(crate) fn cursor<C: DeserializeOwned>(token: &str) -> Result<Option<C>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = if token.len() > MAX_TOKEN { None } else { URL_SAFE_NO_PAD.decode(token).ok() };
    // No place of ours holds it, and PostgreSQL takes no text with it.
    let bytes = bytes.filter(|bytes| !bytes.windows(6).any(|part| part == b"\\u0000"));
    match bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        Some(cursor) => Ok(Some(cursor)),
        None => Err(Failure::field("page_token", "it is not a token of an earlier response; start with an empty one")),
    }
}

#[cfg(test)]
mod tests {
    use vextrus_ledger::views::InboxCursor;

    use super::*;

    #[test]
    fn a_token_holds_where_the_page_ended() {
        let place: InboxCursor =
            ("2026-08-01T10:00:00.123456Z".parse().unwrap(), "0198".to_owned(), "level-1".to_owned());
        let mut lines = vec![place.clone(), place.clone()];
        let token = cut(&mut lines, 1, Clone::clone).unwrap();
        assert_eq!((lines.len(), cursor(&token).unwrap()), (1, Some(place)));
        assert!(!token.contains("0198"), "{token}");
        assert_eq!(cut(&mut lines, 1, Clone::clone).unwrap(), "", "it is the last page");
        assert_eq!(cursor::<InboxCursor>("").unwrap(), None);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let wrong = URL_SAFE_NO_PAD.encode(r#"["soon","a","b"]"#);
        let nul = URL_SAFE_NO_PAD.encode(r#"["2026-08-01T10:00:00Z","a\u0000","b"]"#);
        for bad in ["x", "!!", "e30", wrong.as_str(), nul.as_str(), &"A".repeat(MAX_TOKEN + 1)] {
            let status = cursor::<InboxCursor>(bad).unwrap_err().into_status("ListTasks");
            assert_eq!(status.code(), tonic::Code::InvalidArgument);
            assert!(status.message().starts_with("INVALID_FIELD: page_token: "), "{status}");
        }
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!([size(0), size(7), size(1000)].map(Result::unwrap), [50, 7, 200]);
        assert!(size(-1).is_err());
    }
}
