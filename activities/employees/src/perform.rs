//! `perform`: a system does its work. It is asked under the key of its order, which is the same while nobody knows whether
//! it acted; a retry after a no is another order. What it led to is written once.

use serde_json::{Value, json};
use vextrus_contract::employees::{PerformInput, PerformOutput};
use vextrus_domain::{Refusal, RefusalCode};
use vextrus_ledger::employees::course::{Course, perform_step};
use vextrus_ledger::employees::processes;
use vextrus_ledger::employees::records;
use vextrus_ledger::{effects, retry};
use vextrus_lifecycle::{Performed, TaskStatus, Work};

use crate::adapters::{AdapterError, Order};
use crate::{StepError, Steps};

/// Said in the place of words that hold something personal.
const WITHHELD: &str = "withheld: the system's answer holds the employee's name, number or address";

impl Steps {
    /// The step itself. `attempt` counts from 1 how often this very step has been tried; the attempt of the input is the task's.
    ///
    /// # Errors
    /// [`StepError`]; after [`StepError::System`] the same step can be carried out again.
    pub async fn perform_step(&self, input: &PerformInput, attempt: u32) -> Result<PerformOutput, StepError> {
        let step = perform_step(&input.task, input.attempt);
        let mut tx = self.ledger.read(&input.key.tenant).await?;
        let Some(process) = processes::get(&mut tx, &input.key).await? else {
            let message = format!("{} was not claimed", input.key);
            return Ok(PerformOutput::Refused(Refusal::new(RefusalCode::NotClaimed, message)));
        };
        if let Some(done) = effects::result::<Performed>(&mut tx, &input.key, &step).await? {
            return Ok(PerformOutput::Performed(done));
        }
        // What a system is to do rests on what people said: every signature is verified again.
        let course = Course::verified(&mut tx, &process, &self.trust).await?;
        let task = course.machine().task(&input.task);
        let running = task.filter(|t| t.status == TaskStatus::Running && t.attempt == input.attempt);
        let Some((task, Work::System(operation))) = running.map(|t| (t, t.plan.work)) else {
            let message = format!("attempt {} at {} is not awaited", input.attempt, input.task);
            let refusal = Refusal::new(RefusalCode::TaskNotOpen, message);
            tx.rollback().await?;
            self.tell_refused(&input.key, "perform_refused", input, &refusal).await?;
            return Ok(PerformOutput::Refused(refusal));
        };
        let record = records::get(&mut tx, &input.key.tenant, &process.employee).await?;
        // A system may take its time; the database's connection is not kept for that.
        tx.rollback().await?;
        let key = format!("{}/{}/{}", input.key.document, input.task, task.order);
        let employment = course.machine().changes().applied_to(&process.employment);
        let order = Order {
            operation,
            key: &key,
            tenant: &input.key.tenant,
            employee: &process.employee,
            task: &input.task,
            personal: record.as_ref().map(|r| &r.personal),
            employment: &employment,
            reference: task.earlier_reference(),
        };
        // What a system says stands in histories, on the trail and in logs.
        let is_personal = |words: &str| record.as_ref().is_some_and(|record| record.is_in(words));
        let said = |words: String| if is_personal(&words) { WITHHELD.to_owned() } else { words };
        let (performed, why) = match self.adapters.carry_out(order).await {
            // It has acted, and what it calls that can be kept nowhere: to undo it, it could not be named.
            Ok(reference) if is_personal(&reference.0) => (Performed::Unclear, Some(WITHHELD.to_owned())),
            Ok(reference) => (Performed::Done { reference: reference.0 }, None),
            // An attempt before this one may have acted, and its answer may be lost.
            Err(AdapterError::Impossible(why)) if attempt > 1 => (Performed::Unclear, Some(said(why))),
            Err(AdapterError::Impossible(why)) => (Performed::Impossible { why: said(why) }, None),
            Err(AdapterError::Unclear(why)) => (Performed::Unclear, Some(said(why))),
            Err(AdapterError::Unavailable(why)) => {
                return Err(StepError::System { system: operation.system(), why: said(why) });
            }
        };
        let mut body =
            json!({"task": &input.task, "attempt": input.attempt, "operation": operation, "result": &performed});
        if let Some(why) = why {
            body["why"] = json!(why);
        }
        // The system has acted: what it answered is written without asking it again.
        retry::keyed(|| self.keep(input, &step, performed.clone(), body.clone())).await
    }

    /// Writes what it led to, once. Another attempt that was quicker has the word.
    async fn keep(
        &self,
        input: &PerformInput,
        step: &str,
        performed: Performed,
        told: Value,
    ) -> Result<PerformOutput, StepError> {
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        if let Some(done) = effects::begin(&mut tx, &input.key, step, input).await? {
            return Ok(PerformOutput::Performed(done));
        }
        processes::lock(&mut tx, &input.key).await?;
        tx.audit(&input.key, "system_answered", None, told);
        effects::finish(&mut tx, &input.key, step, &performed).await?;
        tx.commit().await?;
        Ok(PerformOutput::Performed(performed))
    }
}
