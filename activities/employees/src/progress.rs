//! `progress`: what people, systems and time have brought, put to the ledger's own machine.

use serde_json::json;
use vextrus_contract::employees::{KnownResult, ProcessEntry, ProgressInput, ProgressOutput};
use vextrus_contract::steps::RefusedCommand;
use vextrus_domain::{Refusal, RefusalCode, canonical};
use vextrus_ledger::employees::course::Course;
use vextrus_ledger::employees::processes::{self, State, StoredProcess};
use vextrus_ledger::employees::records;
use vextrus_ledger::{Tx, effects, retry};

use crate::{StepError, Steps};

/// What came of the entries that the ledger did not take as they were said.
#[derive(Default)]
struct Otherwise {
    refused: Vec<RefusedCommand>,
    known: Vec<KnownResult>,
}

impl Steps {
    /// The step itself.
    ///
    /// # Errors
    /// [`StepError`].
    pub async fn progress_step(&self, input: &ProgressInput) -> Result<ProgressOutput, StepError> {
        retry::keyed(|| self.progress_once(input)).await
    }

    async fn progress_once(&self, input: &ProgressInput) -> Result<ProgressOutput, StepError> {
        // The step is named after what it writes, never by its caller, who could take another step's key.
        let step = format!("progress/{}", canonical::hash(&input.entries).map_err(vextrus_ledger::LedgerError::from)?);
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        if processes::get(&mut tx, &input.key).await?.is_none() {
            return Ok(not_claimed(input));
        }
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
            return Ok(done);
        }
        let Some(process) = processes::lock(&mut tx, &input.key).await? else { return Ok(not_claimed(input)) };
        let only_told = input.entries.iter().all(|e| matches!(e, ProcessEntry::Refused { .. }));
        if process.state == State::Ended && !only_told {
            let message = format!("{} has ended", input.key);
            return self.not_taken(tx, input, Refusal::new(RefusalCode::DocumentClosed, message)).await;
        }
        let mut course = Course::load(&mut tx, &process).await?;
        let mut otherwise = Otherwise::default();
        for entry in &input.entries {
            if let Some(refusal) = self.put(&mut tx, &process, &mut course, entry, &mut otherwise).await? {
                return self.not_taken(tx, input, refusal).await;
            }
        }
        course.write(&mut tx, &process).await?;
        let output = ProgressOutput::Recorded { refused: otherwise.refused, known: otherwise.known };
        effects::finish(&mut tx, &input.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    /// Nothing of it counts; that it came is on the trail.
    async fn not_taken(&self, tx: Tx, input: &ProgressInput, refusal: Refusal) -> Result<ProgressOutput, StepError> {
        tx.rollback().await?;
        self.tell_refused(&input.key, "progress_refused", input, &refusal).await?;
        // The ledger has come elsewhere, by somebody's hand: the workflow goes on from where the ledger is.
        let mut tx = self.ledger.read(&input.key.tenant).await?;
        match processes::get(&mut tx, &input.key).await? {
            Some(process) => {
                let machine = Course::load(&mut tx, &process).await?.machine().clone();
                Ok(ProgressOutput::Elsewhere { why: refusal, machine: Box::new(machine) })
            }
            None => Ok(not_claimed(input)),
        }
    }

    /// Puts one entry; the answer is a refusal of the whole.
    async fn put(
        &self,
        tx: &mut Tx,
        process: &StoredProcess,
        course: &mut Course,
        entry: &ProcessEntry,
        otherwise: &mut Otherwise,
    ) -> Result<Option<Refusal>, StepError> {
        match entry {
            ProcessEntry::Command { at, signed } => {
                if let Err(refusal) = course.command(tx, process, signed, &self.trust, *at).await? {
                    let c = &signed.command;
                    let mut body = json!({"code": refusal.code, "message": &refusal.message, "asserted_by": &c.actor,
                        "action": c.action.name()});
                    // What is personal in it may be in its names.
                    if refusal.code != RefusalCode::PersonalData {
                        (body["request_id"], body["task"]) = (json!(&c.request_id), json!(c.action.task()));
                    }
                    tx.audit(&process.key, "command_refused", None, body);
                    tracing::warn!(process = %process.key.document, code = refusal.code.name(), "a command was refused");
                    otherwise.refused.push(RefusedCommand { request_id: c.request_id.clone(), refusal });
                }
            }
            ProcessEntry::Performed { at, task, attempt, result } => {
                match course.performed(tx, process, (task, *attempt), result, *at).await? {
                    Ok(known) if known != *result => {
                        otherwise.known.push(KnownResult { task: task.clone(), attempt: *attempt, result: known });
                    }
                    Ok(_) => {}
                    Err(refusal) => return due(refusal),
                }
            }
            ProcessEntry::Stop { at, status, why } => {
                if let Err(refusal) = course.stop(tx, process, (*status, why), *at).await? {
                    return due(refusal);
                }
            }
            ProcessEntry::Tick { at } => {
                if let Err(refusal) = course.tick(tx, process, *at).await? {
                    return due(refusal);
                }
            }
            ProcessEntry::Refused { at, message, asserted_by, refusal } => {
                // A refusal may repeat what it refuses.
                let record = records::get(tx, &process.key.tenant, &process.employee).await?;
                let asserted = asserted_by.as_ref().map(|p| p.as_str());
                let holds = |words: &str| record.as_ref().is_some_and(|r| r.is_in(words));
                let asserted = asserted.map(|person| if holds(person) { "withheld" } else { person });
                let is_personal = holds(message) || holds(&refusal.message);
                let withheld = is_personal.then(|| records::personal_words("message"));
                let (message, refusal) =
                    withheld.as_ref().map_or((message.as_str(), refusal), |instead| ("withheld", instead));
                let body = json!({"received_at": at, "message": message, "asserted_by": asserted, "refusal": refusal});
                tx.audit(&process.key, "message_refused", None, body);
            }
        }
        Ok(None)
    }
}

/// The database's clock may be behind the server's: then the step is tried again until the moment has come there too.
fn due(refusal: Refusal) -> Result<Option<Refusal>, StepError> {
    if refusal.code == RefusalCode::NotDue { Err(StepError::NotYet(refusal)) } else { Ok(Some(refusal)) }
}

fn not_claimed(input: &ProgressInput) -> ProgressOutput {
    ProgressOutput::Refused(Refusal::new(RefusalCode::NotClaimed, format!("{} was not claimed", input.key)))
}
