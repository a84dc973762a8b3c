//! The processes of employees, as rows.

use chrono::{DateTime, Utc};
use vextrus_domain::{DocumentKey, Employment, PersonId, TenantId, canonical};
use vextrus_lifecycle::{Process, Status};

use crate::db::{EARLIEST, LATEST, Tx, args};
use crate::error::LedgerError;

/// Where a process stands in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was claimed; its workflow may not have started.
    Claimed,
    /// It was planned.
    Running,
    /// It has ended.
    Ended,
}

impl State {
    /// The state's name in data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Running => "running",
            Self::Ended => "ended",
        }
    }

    fn parse(text: &str) -> Result<Self, LedgerError> {
        [Self::Claimed, Self::Running, Self::Ended]
            .into_iter()
            .find(|s| s.name() == text)
            .ok_or_else(|| LedgerError::corrupt("state of a process", text))
    }
}

/// A process.
#[derive(Debug, Clone)]
pub struct StoredProcess {
    /// Which; a process has one submission.
    pub key: DocumentKey,
    /// Of which kind.
    pub kind: Process,
    /// Whose.
    pub employee: PersonId,
    /// The request that claimed it.
    pub request_id: String,
    /// The keyed hash of what was claimed.
    pub payload_hash: String,
    /// The work, as it was claimed. Of an offboarding, the start date is the last day.
    pub employment: Employment,
    /// The hash of the template that it has.
    pub template: String,
    /// The onboarding that an offboarding undoes.
    pub undoes: Option<DocumentKey>,
    /// Who asked for it.
    pub requested_by: PersonId,
    /// Where it stands.
    pub state: State,
    /// How it ended, once it has.
    pub status: Option<String>,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        "process, kind, employee, request_id, payload_hash, employment, template, undoes, requested_by, state, status, \
         claimed_at, ended_at"
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    process: String,
    kind: String,
    employee: String,
    request_id: String,
    payload_hash: String,
    employment: String,
    template: String,
    undoes: Option<String>,
    requested_by: String,
    state: String,
    status: Option<String>,
    claimed_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// A process's key from its id as stored.
pub(super) fn key_of(tenant: &TenantId, process: &str) -> Result<DocumentKey, LedgerError> {
    let document = process.parse().map_err(|e| LedgerError::corrupt("process", format!("{e}")))?;
    Ok(DocumentKey { tenant: tenant.clone(), document, submission: 1 })
}

pub(super) fn person(text: &str) -> Result<PersonId, LedgerError> {
    text.parse().map_err(|e| LedgerError::corrupt("person", format!("{e}")))
}

impl Row {
    fn into_process(self, tenant: &TenantId) -> Result<StoredProcess, LedgerError> {
        Ok(StoredProcess {
            key: key_of(tenant, &self.process)?,
            kind: self.kind.parse().map_err(|e| LedgerError::corrupt("process", format!("{e}")))?,
            employee: person(&self.employee)?,
            request_id: self.request_id,
            payload_hash: self.payload_hash,
            employment: canonical::from_text(&self.employment)?,
            template: self.template,
            undoes: self.undoes.map(|id| key_of(tenant, &id)).transpose()?,
            requested_by: person(&self.requested_by)?,
            state: State::parse(&self.state)?,
            status: self.status,
            claimed_at: self.claimed_at,
            ended_at: self.ended_at,
        })
    }
}

/// The process, locked until the transaction ends, which is not before its claim by anybody's clock.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn lock(tx: &mut Tx, key: &DocumentKey) -> Result<Option<StoredProcess>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            concat!(
                "UPDATE employee_processes SET lock_version = lock_version + 1 WHERE tenant = $1 AND process = $2 RETURNING ",
                columns!()
            ),
            args![key.tenant.as_str(), key.document.as_str()],
        )
        .await?;
    let process = row.filter(|_| key.submission == 1).map(|r| r.into_process(&key.tenant)).transpose()?;
    if let Some(process) = &process {
        tx.not_before(process.claimed_at);
    }
    Ok(process)
}

/// The process as it is.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn get(tx: &mut Tx, key: &DocumentKey) -> Result<Option<StoredProcess>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            concat!("SELECT ", columns!(), " FROM employee_processes WHERE tenant = $1 AND process = $2"),
            args![key.tenant.as_str(), key.document.as_str()],
        )
        .await?;
    row.filter(|_| key.submission == 1).map(|r| r.into_process(&key.tenant)).transpose()
}

/// The process that a request claimed.
pub(super) async fn of_request(
    tx: &mut Tx,
    tenant: &TenantId,
    request_id: &str,
) -> Result<Option<StoredProcess>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            concat!("SELECT ", columns!(), " FROM employee_processes WHERE tenant = $1 AND request_id = $2"),
            args![tenant.as_str(), request_id],
        )
        .await?;
    row.map(|r| r.into_process(tenant)).transpose()
}

/// The latest process of an employee.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn latest_of(
    tx: &mut Tx,
    tenant: &TenantId,
    employee: &PersonId,
) -> Result<Option<StoredProcess>, LedgerError> {
    let row: Option<Row> = tx
        .opt(
            concat!(
                "SELECT ",
                columns!(),
                " FROM employee_processes WHERE tenant = $1 AND employee = $2
             ORDER BY claimed_at DESC, process DESC LIMIT 1"
            ),
            args![tenant.as_str(), employee.as_str()],
        )
        .await?;
    row.map(|r| r.into_process(tenant)).transpose()
}

/// Which processes a list holds: those that are so in every field that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessFilter {
    /// `onboarding` or `offboarding`.
    pub kind: Option<String>,
    /// `claimed`, `running` or `ended`.
    pub state: Option<String>,
    /// The employee's id.
    pub employee: Option<String>,
}

/// The tenant's processes that fit a filter, the latest first, before a place.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn list(
    tx: &mut Tx,
    tenant: &TenantId,
    filter: &ProcessFilter,
    before: Option<&(DateTime<Utc>, String)>,
    most: u32,
) -> Result<Vec<StoredProcess>, LedgerError> {
    let far = (LATEST, String::new());
    let (at, process) = before.unwrap_or(&far);
    let at = (*at).clamp(EARLIEST, LATEST);
    let rows: Vec<Row> = tx
        .all(
            concat!(
                "SELECT ",
                columns!(),
                " FROM employee_processes WHERE tenant = $1 AND (claimed_at, process) < ($2, $3)
               AND ($5 = '' OR kind = $5) AND ($6 = '' OR state = $6) AND ($7 = '' OR employee = $7)
             ORDER BY claimed_at DESC, process DESC LIMIT CAST($4 AS BIGINT)"
            ),
            args![
                tenant.as_str(),
                at,
                process,
                most,
                filter.kind.as_deref().unwrap_or_default(),
                filter.state.as_deref().unwrap_or_default(),
                filter.employee.as_deref().unwrap_or_default()
            ],
        )
        .await?;
    rows.into_iter().map(|r| r.into_process(tenant)).collect()
}

/// The process has its first plan.
///
/// # Errors
/// [`LedgerError::Database`].
pub(super) async fn running(tx: &mut Tx, key: &DocumentKey) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE employee_processes SET state = 'running' WHERE tenant = $1 AND process = $2 AND state = 'claimed'",
        args![key.tenant.as_str(), key.document.as_str()],
    )
    .await
    .map(drop)
}

/// The process has ended.
///
/// # Errors
/// [`LedgerError::Database`].
pub(super) async fn ended(tx: &mut Tx, key: &DocumentKey, status: Status) -> Result<(), LedgerError> {
    tx.exec(
        "UPDATE employee_processes SET state = 'ended', status = $3, ended_at = $4 WHERE tenant = $1 AND process = $2",
        args![key.tenant.as_str(), key.document.as_str(), status.name(), tx.now()],
    )
    .await
    .map(drop)
}
