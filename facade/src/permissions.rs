//! Who may call which method, as a table; and what is put on the trail of a call that was refused.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use vextrus_domain::{Refusal, RefusalCode, RoleName};
use vextrus_ledger::{LedgerError, claims, masterdata};

use crate::call::Call;
use crate::errors::Failure;
use crate::server::methods;
use crate::service::App;

/// The table where none is configured.
const DEFAULT: &str = include_str!("permissions.toml");
/// The same refusal of the same person is put on the trail once in this time.
const ONCE_IN: Duration = Duration::from_secs(60);
/// Refusals that are remembered before those are forgotten that are past that time.
const REMEMBERED: usize = 10_000;

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PermissionsError {
    /// The file cannot be read.
    #[error("facade.permissions_file {path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A method has no line.
    #[error("facade.permissions_file: {0} has no line; say who may call it")]
    Missing(String),
    /// A line is of no method.
    #[error("facade.permissions_file: there is no method {0}; take the line out")]
    Unknown(String),
}

/// Who may call a method.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Allowed {
    Members(Members),
    Roles(Vec<RoleName>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Members {
    Members,
}

/// Of which company, to whom, in which method, and which refusal.
type Told = (String, String, &'static str, RefusalCode);

/// The table, and which refusals were put on the trail a moment ago.
#[derive(Debug)]
pub(crate) struct Permissions {
    /// The roles by method; none where every active person may.
    roles: HashMap<String, Vec<RoleName>>,
    told: Mutex<HashMap<Told, Instant>>,
}

impl Permissions {
    /// The table of a file, or the default one where the path is empty.
    pub(crate) fn open(path: &Path) -> Result<Self, PermissionsError> {
        let wrong = |why: String| PermissionsError::File { path: path.to_owned(), why };
        let text = match path.as_os_str().is_empty() {
            true => DEFAULT.to_owned(),
            false => std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?,
        };
        let table: BTreeMap<String, BTreeMap<String, Allowed>> =
            toml::from_str(&text).map_err(|e| wrong(e.to_string().trim_end().to_owned()))?;
        let mut lines: BTreeMap<String, Allowed> = table
            .into_iter()
            .flat_map(|(service, methods)| {
                methods.into_iter().map(move |(method, allowed)| (format!("{service}/{method}"), allowed))
            })
            .collect();
        let mut roles = HashMap::new();
        for full in methods() {
            let method = full.rsplit('.').next().unwrap_or_default();
            let allowed = lines.remove(method).ok_or_else(|| PermissionsError::Missing(method.to_owned()))?;
            if let Allowed::Roles(of) = allowed {
                roles.insert(method.rsplit('/').next().unwrap_or_default().to_owned(), of);
            }
        }
        match lines.into_keys().next() {
            Some(unknown) => Err(PermissionsError::Unknown(unknown)),
            None => Ok(Self { roles, told: Mutex::default() }),
        }
    }

    /// Refuses a call of somebody who holds none of the roles that the method is for.
    pub(crate) async fn check(&self, app: &App, call: &Call) -> Result<(), Failure> {
        let Some(allowed) = self.roles.get(call.rpc()) else { return Ok(()) };
        let actor = &call.actor;
        let mut tx = app.ledger.read(&actor.tenant).await?;
        let held = masterdata::roles(&mut tx, &actor.tenant, &actor.person).await?;
        let held = held.ok_or_else(|| claims::not_a_member(actor))?;
        if held.iter().any(|role| allowed.contains(role)) {
            return Ok(());
        }
        let names: Vec<&str> = allowed.iter().map(RoleName::as_str).collect();
        let message = format!("{} is for holders of the role {}", call.rpc(), names.join(" or "));
        Err(Refusal::new(RefusalCode::PermissionDenied, message).into())
    }

    /// Puts a call on the company's trail that was refused because of who made it. Nobody waits for it, and the same one is told once
    /// in a while.
    pub(crate) fn tell(app: &Arc<App>, call: &Call, failure: &Failure) {
        let (refusal, what) = match failure {
            Failure::Foreign(refusal) => (refusal, "another company's"),
            Failure::Refused(refusal) if refusal.code == RefusalCode::PermissionDenied => (refusal, "not allowed"),
            _ => return,
        };
        if !app.permissions.is_news(call, refusal.code) {
            return;
        }
        let (app, actor, rpc) = (Arc::clone(app), call.actor.clone(), call.rpc());
        let body = json!({"rpc": rpc, "code": refusal.code, "what": what});
        tracing::warn!(rpc, tenant = %actor.tenant, code = %refusal.code, what, "access was refused");
        tokio::spawn(async move {
            let write = async {
                let mut tx = app.ledger.begin(&actor.tenant).await?;
                // Whoever has a token of a company that is not here makes no trail of it.
                if masterdata::is_known(&mut tx, &actor.tenant).await? {
                    tx.audit_tenant(&actor.tenant, "access_refused", actor.person.as_str(), body);
                    tx.commit().await?;
                }
                Ok::<_, LedgerError>(())
            };
            if let Err(error) = write.await {
                tracing::error!(rpc, %error, "a refused call is not on the trail");
            }
        });
    }

    fn is_news(&self, call: &Call, code: RefusalCode) -> bool {
        let key: Told = (call.actor.tenant.to_string(), call.actor.person.to_string(), call.rpc(), code);
        let now = Instant::now();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() > REMEMBERED {
            told.retain(|_, at| now.duration_since(*at) < ONCE_IN);
        }
        // Where that does not help, it is a flood: what is told of it already has to do.
        if told.len() > 2 * REMEMBERED || told.get(&key).is_some_and(|at| now.duration_since(*at) < ONCE_IN) {
            return false;
        }
        told.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Permissions, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Permissions::open(file.path()).map_err(|e| e.to_string())
    }

    #[test]
    fn the_default_table_has_a_line_for_every_method_and_no_other() {
        let default = Permissions::open(Path::new("")).unwrap();
        assert_eq!(default.roles["UpsertVendor"], ["master_data".parse().unwrap()]);
        assert!(!default.roles.contains_key("GetVendor"));
        // The names by which calls are known are unique over all services.
        let short: std::collections::BTreeSet<String> =
            methods().iter().map(|m| m.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(short.len(), methods().len());
    }

    #[test]
    fn a_table_that_leaves_something_open_is_refused() {
        let without = DEFAULT.replace("EraseEmployee = \"members\"\n", "");
        assert!(table(&without).unwrap_err().contains("OnboardingService/EraseEmployee has no line"));
        let more = format!("{DEFAULT}Everything = \"members\"\n");
        assert!(table(&more).unwrap_err().contains("there is no method TaxService/Everything"));
        let anybody = DEFAULT.replace("Act = \"members\"", "Act = \"anybody\"");
        assert!(table(&anybody).unwrap_err().contains("facade.permissions_file"));
        assert!(Permissions::open(Path::new("/nowhere/at/all")).is_err());
    }
}
