//! What is the same for every kind of record: writing one, showing one, listing them.

use vextrus_domain::RequestId;
use vextrus_ledger::masterdata::{self, Record, Upserted};
use vextrus_ledger::{Tx, retry};

use super::fields;
use crate::call::Call;
use crate::errors::Failure;
use crate::names::{not_found, own_tenant};
use crate::service::App;
use crate::translate::Reader;
use crate::{pages, read};

/// A record that is to be written.
pub(super) struct Wanted {
    request_id: RequestId,
    expected: Option<i64>,
    record: Record,
}

impl Wanted {
    pub(super) const fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn into_record(self) -> Record {
        self.record
    }
}

/// Reads what is to be written: the request's own fields, and the record with its etag by `of`.
pub(super) fn wanted<T>(
    call: &Call,
    (parent, request_id): (&str, &str),
    field: &str,
    given: Option<(String, T)>,
    of: impl FnOnce(Reader, T) -> Result<Record, Failure>,
) -> Result<Wanted, Failure> {
    own_tenant(parent, &call.actor)?;
    let mut reader = Reader::default();
    let request_id: Option<RequestId> = reader.required("request_id", request_id);
    let Some((etag, given)) = given else {
        reader.say(field, "it is missing");
        return Err(Failure::Fields(reader.found));
    };
    let expected = fields::expected(&mut reader, &format!("{field}.etag"), &etag);
    let record = of(reader, given)?;
    // It is there: without it the record would have been refused with what is wrong.
    let missing = || Failure::field("request_id", "it is missing");
    Ok(Wanted { request_id: request_id.ok_or_else(missing)?, expected, record })
}

/// Writes a record. The same request is answered the same way, whatever became of the record since.
pub(super) async fn put(app: &App, call: &Call, wanted: &Wanted) -> Result<Upserted, Failure> {
    retry::keyed(async || {
        let mut tx = app.ledger.begin(&call.actor.tenant).await?;
        let Wanted { request_id, expected, record } = wanted;
        let done = masterdata::upsert(&mut tx, &call.actor, request_id, record, *expected).await??;
        tx.commit().await?;
        Ok::<_, Failure>(done)
    })
    .await
}

/// What a record became that is none of its kind: that cannot be.
pub(super) fn another(what: &str) -> Failure {
    Failure::Internal(format!("a {what} became another record"))
}

/// A transaction in which an active person of the company reads a record.
pub(super) async fn reading(app: &App, call: &Call, name: &str) -> Result<Tx, Failure> {
    let mut tx = app.ledger.read(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, name).await?;
    Ok(tx)
}

/// The record, or that there is none.
pub(super) fn found<T>(record: Option<T>, name: &str) -> Result<T, Failure> {
    record.ok_or_else(|| not_found(name).into())
}

/// A transaction in which an active person of the company reads a list, and how long its page is.
pub(super) async fn listing(app: &App, call: &Call, parent: &str, page_size: i32) -> Result<(Tx, u32), Failure> {
    own_tenant(parent, &call.actor)?;
    let size = pages::size(page_size)?;
    let mut tx = app.ledger.report(&call.actor.tenant).await?;
    read::reader(app, &mut tx, call, parent).await?;
    Ok((tx, size))
}
