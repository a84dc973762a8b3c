//! ListTasks: the caller's open tasks, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vextrus_ledger::views::{self, InboxCursor, InboxLine};
use vextrus_proto::approval::v1 as proto;

use crate::call::Call;
use crate::errors::Failure;
use crate::service::App;
use crate::{names, read, render};

const DEFAULT_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;
const MAX_TOKEN: usize = 1000;

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListTasksRequest,
) -> Result<proto::ListTasksResponse, Failure> {
    let actor = &call.actor;
    names::own_tenant(&request.parent, actor)?;
    let size = page_size(request.page_size)?;
    let after = cursor(&request.page_token)?;
    let mut tx = app.ledger.read().await?;
    read::member(&mut tx, actor).await?;
    // One more than asked for says whether there is a next page.
    let mut lines = views::inbox(&mut tx, &actor.tenant, &actor.person, after.as_ref(), size + 1).await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = lines.len() > size;
    lines.truncate(size);
    let next_page_token = match lines.last() {
        Some(last) if more => token(last)?,
        _ => String::new(),
    };
    let tasks = lines.into_iter().map(|line| render::pending(&actor.tenant, line)).collect::<Result<_, _>>()?;
    Ok(proto::ListTasksResponse { tasks, next_page_token })
}

fn page_size(asked: i32) -> Result<u32, Failure> {
    match u32::try_from(asked) {
        Ok(0) => Ok(DEFAULT_PAGE),
        Ok(size) => Ok(size.min(LARGEST_PAGE)),
        Err(_) => Err(Failure::field("page_size", format!("{asked} is negative; give 1 to {LARGEST_PAGE}"))),
    }
}

fn token(last: &InboxLine) -> Result<String, Failure> {
    let cursor: InboxCursor = (last.sorted_at, last.document.clone(), last.task.clone());
    let text = serde_json::to_string(&cursor).map_err(|e| Failure::Internal(e.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(text))
}

fn cursor(token: &str) -> Result<Option<InboxCursor>, Failure> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = if token.len() > MAX_TOKEN { None } else { URL_SAFE_NO_PAD.decode(token).ok() };
    match bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        Some(cursor) => Ok(Some(cursor)),
        None => Err(Failure::field("page_token", "it is not a token of an earlier response; start with an empty one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> InboxLine {
        let [kind, role, question, answers] = ["level", "ap", "?", "[]"].map(str::to_owned);
        InboxLine {
            document: "0198".to_owned(),
            submission: 1,
            task: "level-1".to_owned(),
            due_at: None,
            sorted_at: "2026-08-01T10:00:00.123456Z".parse().unwrap(),
            document_kind: "invoice".to_owned(),
            principal: "rahim".to_owned(),
            vendor: "padma".to_owned(),
            number: "1".to_owned(),
            total: 100,
            kind,
            role,
            question,
            answers,
        }
    }

    #[test]
    fn a_token_holds_where_the_page_ended() {
        let line = line();
        let token = token(&line).unwrap();
        assert_eq!(cursor(&token).unwrap(), Some((line.sorted_at, line.document, line.task)));
        assert!(!token.contains("0198"), "{token}");
        assert_eq!(cursor("").unwrap(), None);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let wrong = URL_SAFE_NO_PAD.encode(r#"["soon","a","b"]"#);
        for bad in ["x", "!!", "e30", wrong.as_str(), &"A".repeat(MAX_TOKEN + 1)] {
            let status = cursor(bad).unwrap_err().into_status("ListTasks");
            assert_eq!(status.code(), tonic::Code::InvalidArgument);
            assert!(status.message().starts_with("INVALID_FIELD: page_token: "), "{status}");
        }
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!([page_size(0), page_size(7), page_size(1000)].map(Result::unwrap), [50, 7, 200]);
        assert!(page_size(-1).is_err());
    }
}
