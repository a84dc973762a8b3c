//! What the facade's health depends on, and what health and metrics say of its keys and certificates.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use temporalio_client::Client;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use vextrus_domain::RefusalCode;
use vextrus_ledger::Ledger;
use vextrus_platform::config::FacadeConfig;
use vextrus_platform::health::Check;
use vextrus_platform::{Config, Health, certificates, metrics};
use vextrus_temporal::{SdkMetrics, Watched, WatchedError, pollers};

use crate::auth::Authenticator;

/// Keys are read every minute; so long after the last time something is wrong with where they come from.
const KEYS_WITHIN: Duration = Duration::from_secs(600);
/// A certificate is to be replaced this long before it ends.
const REPLACED_BEFORE: i64 = 14 * 24 * 3600;

/// What operators see of a facade, served where the configuration says; none where it names no place. Must be called within a tokio
/// runtime.
///
/// # Errors
/// [`WatchedError`].
pub fn watched(config: &Config, sdk: Option<SdkMetrics>) -> Result<Option<Watched>, WatchedError> {
    let place = ("facade.admin_listen", config.facade.admin_listen.as_str());
    Watched::open("vextrus-facade", place, option_env!("VEXTRUS_COMMIT"), sdk)
}

/// Tells every refusal that has not been given yet as none.
fn at_zero() {
    RefusalCode::ALL.iter().for_each(|code| drop(metrics::REFUSALS.with_label_values(&[code.name()])));
}

/// Has everything looked at that the facade depends on.
pub(crate) fn watch(
    health: &Health,
    config: &FacadeConfig,
    ledger: &Ledger,
    client: &Client,
    auth: &Arc<Authenticator>,
) {
    at_zero();
    ledger.watch(health);
    pollers::watch(health, client);
    let auth = Arc::clone(auth);
    health.add(Check::told("jwks"), move || {
        let age = auth.keys_age();
        async move { keys(age) }
    });
    let files = [&config.tls_certificate_file, &config.tls_client_ca_file];
    let files: Vec<_> = files.into_iter().filter(|file| !file.as_os_str().is_empty()).cloned().collect();
    if !files.is_empty() {
        health.add(Check::told("certificates"), move || {
            let files = files.clone();
            async move {
                // Each is looked at, whatever is wrong with another.
                let all: Vec<Result<String, String>> = files.iter().map(|file| certificate(file)).collect();
                let is_well = all.iter().all(Result::is_ok);
                let said: Vec<String> = all.into_iter().map(|one| one.unwrap_or_else(|why| why)).collect();
                if is_well { Ok(said.join("; ")) } else { Err(said.join("; ")) }
            }
        });
    }
}

fn keys(age: Duration) -> Result<String, String> {
    metrics::JWKS_AGE.with_label_values::<&str>(&[]).set(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
    let said = format!("they were read {} s ago", age.as_secs());
    if age < KEYS_WITHIN { Ok(said) } else { Err(said) }
}

/// When the first certificate of a file ends.
fn certificate(file: &Path) -> Result<String, String> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let failed = |why: String| format!("{name}: {why}");
    let pem = std::fs::read(file).map_err(|e| failed(e.to_string()))?;
    let ends = certificates::ends(&name, &pem).map_err(failed)?;
    let left = ends - chrono::Utc::now().timestamp();
    let said = failed(format!("it ends in {} h", left / 3600));
    if left > REPLACED_BEFORE { Ok(said) } else { Err(said) }
}

/// Says by gRPC what readiness is, until the facade ends.
pub(crate) async fn follow(
    health: Health,
    reporter: HealthReporter,
    services: impl Iterator<Item = &'static str> + Clone,
) {
    let mut ready = health.ready();
    loop {
        let status = if *ready.borrow_and_update() { ServingStatus::Serving } else { ServingStatus::NotServing };
        for name in services.clone() {
            reporter.set_service_status(name, status).await;
        }
        if ready.changed().await.is_err() {
            return;
        }
    }
}
