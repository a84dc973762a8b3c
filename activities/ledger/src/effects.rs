//! Every step happens once: its row is inserted first, so that a second attempt waits on it, and its result last.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vextrus_domain::{DocumentKey, canonical};
use vextrus_platform::metrics;

use crate::audit::{self, EffectRow, What};
use crate::db::{Tx, args};
use crate::documents;
use crate::error::LedgerError;

/// Begins a step. `Some(result)`: it was carried out before, with this result; nothing more is to be done.
///
/// # Errors
/// [`LedgerError::EffectConflict`] when it was carried out with another input.
pub async fn begin<T: DeserializeOwned>(
    tx: &mut Tx,
    key: &DocumentKey,
    step: &str,
    input: &impl Serialize,
) -> Result<Option<T>, LedgerError> {
    let hash = canonical::hash(input)?;
    let (tenant, document, submission) = (key.tenant.as_str(), key.document.as_str(), key.submission);
    let inserted = tx
        .exec(
            "INSERT INTO effects (tenant, document, submission, step, input_hash, at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
            args![tenant, document, submission, step, &hash, tx.now()],
        )
        .await?;
    if inserted == 1 {
        return Ok(None);
    }
    let (stored_hash, result): (String, Option<String>) = tx
        .one(
            "SELECT input_hash, result FROM effects WHERE tenant = $1 AND document = $2 AND submission = $3 AND step = $4",
            args![tenant, document, submission, step],
        )
        .await?;
    if stored_hash != hash {
        return Err(LedgerError::EffectConflict { step: step.to_owned(), document: key.to_string() });
    }
    let text = result.ok_or_else(|| LedgerError::corrupt("effect", format!("{step} has no result")))?;
    metrics::EFFECTS_REPLAYED.with_label_values(&[label(step)]).inc();
    Ok(Some(canonical::from_text(&text)?))
}

/// A step as a label: its kind alone, without what makes it the same one again.
fn label(step: &str) -> &'static str {
    const KINDS: [&str; 8] =
        ["assess", "record", "settle", "close", "assess_refused", "settle_refused", "close_refused", "perform"];
    let kind = step.split('/').next().unwrap_or_default();
    KINDS.into_iter().find(|known| *known == kind).unwrap_or("other")
}

/// Writes the step's result.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn finish(tx: &mut Tx, key: &DocumentKey, step: &str, result: &impl Serialize) -> Result<(), LedgerError> {
    let text = canonical::to_text(result)?;
    let (input_hash,): (String,) = tx
        .one(
            "UPDATE effects SET result = $5 WHERE tenant = $1 AND document = $2 AND submission = $3 AND step = $4
             RETURNING input_hash",
            args![key.tenant.as_str(), key.document.as_str(), key.submission, step, &text],
        )
        .await?;
    let (document, submission) = (key.document.to_string(), i64::from(key.submission));
    let name = audit::effect_name(&document, submission, step);
    let row = EffectRow { document, submission, step: step.to_owned(), input_hash, result: Some(text) };
    tx.tie(key, What::Effect, name, &row)
}

/// Puts the refusal of a step on the document's trail, once for each input. Answers whether it was not there yet.
///
/// The step's own key stays free: whoever can start an activity by hand must not spoil the step for the workflow.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn refused(
    tx: &mut Tx,
    key: &DocumentKey,
    kind: &'static str,
    input: &impl Serialize,
    body: Value,
) -> Result<bool, LedgerError> {
    let step = format!("{kind}/{}", canonical::hash(input)?);
    if begin::<bool>(tx, key, &step, input).await?.is_some() {
        return Ok(false);
    }
    // Two refusals at once would both follow the same last entry of the trail.
    documents::lock(tx, key).await?;
    tx.audit(key, kind, None, body);
    finish(tx, key, &step, &true).await?;
    Ok(true)
}

/// The result of a step that was carried out.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn result<T: DeserializeOwned>(tx: &mut Tx, key: &DocumentKey, step: &str) -> Result<Option<T>, LedgerError> {
    let found: Option<(Option<String>,)> = tx
        .opt(
            "SELECT result FROM effects WHERE tenant = $1 AND document = $2 AND submission = $3 AND step = $4",
            args![key.tenant.as_str(), key.document.as_str(), key.submission, step],
        )
        .await?;
    found.and_then(|(text,)| text).map(|text| canonical::from_text(&text).map_err(LedgerError::from)).transpose()
}
