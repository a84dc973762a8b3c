//! `plan`: the tasks of a process with people and times, and again after a change.

use serde_json::json;
use vextrus_contract::employees::{PlanInput, PlanOutput};
use vextrus_domain::{Refusal, RefusalCode, canonical};
use vextrus_ledger::employees::course::Course;
use vextrus_ledger::employees::processes::{self, State, StoredProcess};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::{LedgerError, Tx, effects, masterdata, retry};
use vextrus_lifecycle::{Facts, Machine, Plan, Template, resolve};

use crate::{StepError, Steps};

/// The largest result of this activity, in bytes.
const MAX_RESULT: usize = 64 * 1024;

impl Steps {
    /// The step itself.
    ///
    /// # Errors
    /// [`StepError`].
    pub async fn plan_step(&self, input: &PlanInput) -> Result<PlanOutput, StepError> {
        retry::keyed(|| self.plan_once(input)).await
    }

    async fn plan_once(&self, input: &PlanInput) -> Result<PlanOutput, StepError> {
        let step = format!("plan/{}", input.revision);
        let mut tx = self.ledger.begin(&input.key.tenant).await?;
        // Whoever can write to the namespace can start this activity; what was not claimed takes no effect key.
        if processes::get(&mut tx, &input.key).await?.is_none() {
            let message = format!("{} was not claimed; ask for it through the facade", input.key);
            return Ok(PlanOutput::Refused(Refusal::new(RefusalCode::NotClaimed, message)));
        }
        if let Some(done) = effects::begin(&mut tx, &input.key, &step, input).await? {
            return Ok(done);
        }
        let locked = processes::lock(&mut tx, &input.key).await?;
        let process = locked.ok_or_else(|| LedgerError::corrupt("process", "it vanished"))?;
        let mut course = Course::load(&mut tx, &process).await?;
        let is_turn = process.state != State::Ended
            && course.machine().wants_plan()
            && course.machine().revision() + 1 == input.revision;
        if !is_turn {
            tx.rollback().await?;
            let message = format!("plan {} of {} is not awaited", input.revision, input.key);
            let refusal = Refusal::new(RefusalCode::StalePlan, message);
            self.tell_refused(&input.key, "plan_refused", input, &refusal).await?;
            return Ok(PlanOutput::Refused(refusal));
        }
        let at = tx.now();
        let output = match self.make(&mut tx, &process, course.machine(), input.revision).await? {
            Ok(plan) => {
                let plan = Box::new(plan);
                if let Err(refusal) = course.plan(&mut tx, &process, &plan, at).await? {
                    return Err(StepError::NotYet(refusal));
                }
                course.write(&mut tx, &process).await?;
                PlanOutput::Planned { at, plan, trust_unsigned: self.trust.unsigned }
            }
            // A process that runs is not undone because nobody answers for it today: it waits until somebody does.
            Err(refusal) if input.revision > 1 => {
                tx.rollback().await?;
                return Ok(PlanOutput::NotYet(refusal));
            }
            Err(refusal) => {
                let body = json!({"code": refusal.code, "message": &refusal.message, "revision": input.revision});
                tx.audit(&input.key, "plan_refused", None, body);
                PlanOutput::Refused(refusal)
            }
        };
        effects::finish(&mut tx, &input.key, &step, &output).await?;
        tx.commit().await?;
        Ok(output)
    }

    async fn make(
        &self,
        tx: &mut Tx,
        process: &StoredProcess,
        machine: &Machine,
        revision: u32,
    ) -> Result<Result<Plan, Refusal>, LedgerError> {
        let tenant = &process.key.tenant;
        // A process keeps the template that it was claimed with.
        let rule = rules::version(tx, RuleKind::Onboarding, &process.template).await?;
        let template = rule.read(tx, Template::parse)?;
        let people = masterdata::people(tx, tenant).await?;
        let calendar = rules::calendar(tx, tenant).await?;
        let onboarding = match &process.undoes {
            None => None,
            Some(key) => match processes::get(tx, key).await? {
                Some(earlier) => Some(Course::load(tx, &earlier).await?.machine().clone()),
                None => return Err(LedgerError::corrupt("process", format!("{key} is missing"))),
            },
        };
        let facts = Facts {
            employee: &process.employee,
            employment: &machine.changes().applied_to(&process.employment),
            extended: machine.changes().extended,
            people: &people,
            calendar: &calendar,
            template: &process.template,
            revision,
            began_at: process.claimed_at,
            day_millis: self.day_millis,
            undoes: onboarding.as_ref(),
        };
        let plan = match resolve(&template, &facts) {
            Ok(plan) => plan,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let bytes = canonical::to_text(&plan)?.len();
        if bytes > MAX_RESULT {
            let message =
                format!("the plan has {bytes} bytes; the most is {MAX_RESULT}: narrow the roles that it names");
            return Ok(Err(Refusal::new(RefusalCode::LimitExceeded, message)));
        }
        Ok(Ok(plan))
    }
}
