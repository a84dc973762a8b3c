//! Approvals: the machine, run over what was put to it. What is checked here is checked from stored inputs, whatever a workflow
//! has accepted.

mod log;
mod project;
mod trail;

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_approval::{Action, Event, Input, Machine, Plan, SignedCommand};
use vextrus_domain::signature::AcceptedKeys;
use vextrus_domain::{DocumentKey, PersonId, Refusal, RefusalCode, TenantId};

use crate::assessments::{self, StoredAssessment};
use crate::db::Tx;
use crate::documents::Document;
use crate::error::LedgerError;
use crate::{delegations, masterdata};

/// How far the clocks of two machines may be apart.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(5);

/// Whose word is taken.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// The keys whose signatures are accepted.
    pub keys: AcceptedKeys,
    /// Whether an unsigned signal counts, because whoever can write to the namespace is trusted.
    pub unsigned: bool,
}

/// The approval of a document, as the ledger knows it.
#[derive(Debug, Clone)]
pub struct Approval {
    machine: Machine,
    /// As it was when the tasks were last written.
    written: Machine,
    next: i64,
    assessed: Vec<assessments::Row>,
}

impl Approval {
    /// The approval of a document, run again from what is stored.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`] when the inputs do not lead anywhere any more.
    pub async fn load(tx: &mut Tx, document: &Document) -> Result<Self, LedgerError> {
        Ok(Self::of(log::run(tx, &document.key, &document.submitter, log::Run::default()).await?))
    }

    /// The same, with every signature verified again.
    ///
    /// # Errors
    /// As [`Self::load`]; the inner error is the signature that does not stand.
    pub async fn verified(
        tx: &mut Tx,
        document: &Document,
        trust: &Trust,
    ) -> Result<Result<Self, Refusal>, LedgerError> {
        let run = log::Run { trust: Some(trust), before: None };
        match log::run(tx, &document.key, &document.submitter, run).await {
            Ok(reached) => Ok(Ok(Self::of(reached))),
            Err(LedgerError::Unsigned(refusal)) => Ok(Err(refusal)),
            Err(error) => Err(error),
        }
    }

    fn of(log::Reached { machine, next, assessed }: log::Reached) -> Self {
        Self { written: machine.clone(), machine, next, assessed }
    }

    /// The assessments that there were when it was loaded, the latest last.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`]: one cannot be read.
    pub fn assessments(&self) -> Result<Vec<StoredAssessment>, LedgerError> {
        self.assessed.iter().map(assessments::Row::read).collect()
    }

    /// The latest of them.
    ///
    /// # Errors
    /// [`LedgerError::Corrupt`]: it cannot be read.
    pub fn latest_assessment(&self) -> Result<Option<StoredAssessment>, LedgerError> {
        self.assessed.last().map(assessments::Row::read).transpose()
    }

    /// Where the approval stands.
    #[must_use]
    pub const fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The same, of an approval that is not needed any more.
    #[must_use]
    pub fn into_machine(self) -> Machine {
        self.machine
    }

    /// Takes up a plan.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error is the machine's refusal.
    pub async fn open(
        &mut self,
        tx: &mut Tx,
        document: &Document,
        plan: &Plan,
        at: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        self.put(tx, document, log::Put::Open(plan), at).await
    }

    /// Lets what was approved be computed again.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error is the machine's refusal.
    pub async fn reopen(
        &mut self,
        tx: &mut Tx,
        document: &Document,
        why: &str,
        at: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        self.put(tx, document, log::Put::Reopen(why), at).await
    }

    /// Lets time pass up to a moment that has come.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error is `NOT_DUE`, when the moment is yet to come.
    pub async fn tick(
        &mut self,
        tx: &mut Tx,
        document: &Document,
        at: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        if let Err(refusal) = has_come(tx, at) {
            return Ok(Err(refusal));
        }
        self.put(tx, document, log::Put::Tick, at).await
    }

    /// Takes a command, once its signature, its delegations and the machine allow it. One that is stored already changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; the inner error says why the command does not stand.
    pub async fn command(
        &mut self,
        tx: &mut Tx,
        document: &Document,
        signed: &SignedCommand,
        trust: &Trust,
        at: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        let is_signed = match check_origin(document, signed, trust) {
            Ok(is_signed) => is_signed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = has_come(tx, at.max(signed.command.at)) {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = check_people(tx, document, &self.machine, signed).await? {
            return Ok(Err(refusal));
        }
        self.put(tx, document, log::Put::Command { signed, is_signed }, at).await
    }

    async fn put(
        &mut self,
        tx: &mut Tx,
        document: &Document,
        put: log::Put<'_>,
        at: DateTime<Utc>,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        let input: Input = put.input();
        let events: Vec<Event> = match self.machine.handle(&input, at) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if events.is_empty() {
            return Ok(Ok(()));
        }
        log::append(tx, &document.key, self.next, &put, at).await?;
        self.next += 1;
        trail::tell(tx, document, &self.machine, &events, put.assurance()).await?;
        Ok(Ok(()))
    }

    /// Whether a moment has come, and not before the latest thing that happened in this approval: who starts a step by hand must
    /// not choose its date.
    ///
    /// # Errors
    /// `NOT_DUE`.
    pub fn is_past(&self, tx: &Tx, at: DateTime<Utc>) -> Result<(), Refusal> {
        has_come(tx, at)?;
        match self.machine.last_at() {
            Some(last) if at + CLOCKS_APART < last => Err(Refusal::new(
                RefusalCode::NotDue,
                format!("{at} is before {last}, when the latest decision was made"),
            )),
            _ => Ok(()),
        }
    }

    /// Drops what is undecided of a document that ends otherwise than by its approval.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn drop_undecided(&mut self, tx: &mut Tx, document: &Document) -> Result<(), LedgerError> {
        self.write_tasks(tx, document).await?;
        project::drop_undecided(tx, &document.key).await
    }

    /// Brings the tasks that people and inboxes see to where the approval stands.
    ///
    /// # Errors
    /// [`LedgerError::Database`].
    pub async fn write_tasks(&mut self, tx: &mut Tx, document: &Document) -> Result<(), LedgerError> {
        project::write(tx, &document.key, &self.written, &self.machine).await?;
        self.written = self.machine.clone();
        Ok(())
    }
}

/// Where an approval stood just before a moment, run again from its log up to there.
///
/// # Errors
/// [`LedgerError::Corrupt`] when the inputs do not lead anywhere any more.
pub(crate) async fn machine_before(
    tx: &mut Tx,
    key: &DocumentKey,
    submitter: &PersonId,
    before: DateTime<Utc>,
) -> Result<Machine, LedgerError> {
    let run = log::Run { trust: None, before: Some(before) };
    Ok(log::run(tx, key, submitter, run).await?.machine)
}

/// Whether a command was signed by an accepted key for this document, or needs no signature here.
///
/// # Errors
/// The refusal.
pub fn check_origin(document: &Document, signed: &SignedCommand, trust: &Trust) -> Result<bool, Refusal> {
    if signed.command.key != document.key {
        let message = format!("the command is for {}, not for {}", signed.command.key, document.key);
        return Err(Refusal::new(RefusalCode::SignatureInvalid, message));
    }
    signed.verify(&trust.keys, signed.command.may_be_unsigned(trust.unsigned))
}

/// Whether a moment has come, by the clock of the database's machine.
pub(crate) fn has_come(tx: &Tx, at: DateTime<Utc>) -> Result<(), Refusal> {
    if at <= tx.now() + CLOCKS_APART {
        return Ok(());
    }
    Err(Refusal::new(RefusalCode::NotDue, format!("{at} is yet to come; it is {} now", tx.now())))
}

/// What the machine takes on trust: that delegations exist, that people are there, and that a new content is stored.
async fn check_people(
    tx: &mut Tx,
    document: &Document,
    machine: &Machine,
    signed: &SignedCommand,
) -> Result<Result<(), Refusal>, LedgerError> {
    let tenant = &document.key.tenant;
    for via in &signed.command.via {
        if !delegations::stands(tx, tenant, via).await? {
            let message = format!("delegation {} of {} does not exist or was revoked", via.number, via.from);
            return Ok(Err(Refusal::new(RefusalCode::DelegationInvalid, message)));
        }
    }
    if let Action::Resubmit { content, payload_hash, .. } = &signed.command.action
        && (document.content_number != *content || document.payload_hash != *payload_hash)
    {
        let message = format!("content {content} is not what the ledger holds of this document");
        return Ok(Err(Refusal::new(RefusalCode::NotClaimed, message)));
    }
    can_take(tx, tenant, machine, &signed.command.action).await
}

/// Whether the person to whom an action gives a task can take it: an active one and, where the task becomes their own, one whose
/// limit and department are those that the plan asked for. Other actions give nothing.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error is `NOT_ELIGIBLE`.
pub async fn can_take(
    tx: &mut Tx,
    tenant: &TenantId,
    machine: &Machine,
    action: &Action,
) -> Result<Result<(), Refusal>, LedgerError> {
    let (task, to, for_good) = match action {
        Action::Delegate { task, to, .. } => (task, to, false),
        Action::Reassign { task, to, .. } => (task, to, true),
        _ => return Ok(Ok(())),
    };
    let no = |message: String| Ok(Err(Refusal::new(RefusalCode::NotEligible, message)));
    let Some(person) = masterdata::people(tx, tenant).await?.into_iter().find(|p| p.id == *to) else {
        return no(format!("{to} is not an active person of {tenant}; name one"));
    };
    if !for_good {
        return Ok(Ok(()));
    }
    if let (Some(limit), Some(terms)) = (person.approval_limit, machine.terms())
        && terms.amount > limit
    {
        let (limit, amount) = (limit.grouped(), terms.amount.grouped());
        return no(format!("{to} may approve up to BDT {limit}, and this is BDT {amount}; name another person"));
    }
    let department = machine.task(task).and_then(|t| t.task.department.as_ref());
    match department {
        Some(own) if person.department.as_ref() != Some(own) => {
            no(format!("{task} is for people of department {own}, and {to} is not; name one of them"))
        }
        _ => Ok(Ok(())),
    }
}
