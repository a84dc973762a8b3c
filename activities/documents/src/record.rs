//! `record`: what people and time have brought, and the document goes on with.

use vextrus_contract::steps::{Entry, RecordInput, RecordOutput};
use vextrus_domain::{Refusal, RefusalCode, canonical};
use vextrus_ledger::approvals::Approval;
use vextrus_ledger::documents::{self, State};
use vextrus_ledger::{LedgerError, effects, retry};

use crate::{Steps, entries};

impl Steps {
    /// The step itself.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn record_step(&self, input: &RecordInput) -> Result<RecordOutput, LedgerError> {
        retry::keyed(|| self.record_once(input)).await
    }

    async fn record_once(&self, input: &RecordInput) -> Result<RecordOutput, LedgerError> {
        // The step is named after what it records, never by its caller: under the name of another step it would take that step's
        // key, and whoever can start this activity by hand could keep the workflow from ever settling.
        let step = format!("record/{}", canonical::hash(&input.entries)?);
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
            return Ok(done);
        }
        let Some(document) = documents::lock(&mut tx, &input.key).await? else { return Ok(not_claimed(input)) };
        let only_told = input.entries.iter().all(|e| matches!(e, Entry::Refused { .. }));
        if document.state != State::Assessed && !only_told {
            tx.rollback().await?;
            let message = format!("{} is {}", input.key, document.state.name());
            return Ok(RecordOutput::Refused(Refusal::new(RefusalCode::DocumentClosed, message)));
        }
        let mut approval = Approval::load(&mut tx, &document).await?;
        let refused = entries::put(&mut tx, &document, &mut approval, &input.entries, &self.trust).await?;
        approval.write_tasks(&mut tx, &document).await?;
        let output = RecordOutput::Recorded { refused };
        effects::finish(&mut tx, &input.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }
}

fn not_claimed(input: &RecordInput) -> RecordOutput {
    RecordOutput::Refused(Refusal::new(RefusalCode::NotClaimed, format!("{} was not claimed", input.key)))
}
