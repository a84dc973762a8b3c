//! How long it takes to seal and to verify a trail, and that it grows as the trail does.

use std::time::Instant;

use serde_json::json;
use vextrus_domain::signature::{AcceptedKeys, KeyPair};
use vextrus_domain::{DocumentKey, TenantId};
use vextrus_ledger::audit::{seal, verify};
use vextrus_tests_support::company::{ACME, Acme, id};
use vextrus_tests_support::ledgers::{Engine, run};

use crate::line;

/// Entries, one measurement after another in one ledger.
const ENTRIES: [u32; 2] = [10_000, 100_000];
/// Entries of one document.
const OF_A_DOCUMENT: u32 = 50;

pub(crate) fn measure() -> anyhow::Result<()> {
    line(&format!("the trail of one company, {OF_A_DOCUMENT} entries a document"))?;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut said = Ok(());
        run(engine, async |acme: &Acme| said = of_engine(engine, acme).await);
        said?;
    }
    Ok(())
}

async fn of_engine(engine: Engine, acme: &Acme) -> anyhow::Result<()> {
    let (ledger, tenant, key) = (acme.ledger(), id::<TenantId>(ACME), KeyPair::from_seed(&[3; 32]));
    let keys = AcceptedKeys::from_public_texts([key.public_text().as_str()])?;
    let mut documents = 0;
    for entries in ENTRIES {
        while documents * OF_A_DOCUMENT < entries {
            let document =
                DocumentKey { tenant: tenant.clone(), document: id(&format!("d-{documents}")), submission: 1 };
            let mut tx = ledger.begin(&tenant).await?;
            for n in 0..OF_A_DOCUMENT {
                tx.audit(
                    &document,
                    "measured",
                    None,
                    json!({"n": n, "words": "as many as an entry has, more or less"}),
                );
            }
            tx.commit().await?;
            documents += 1;
        }
        let began = Instant::now();
        while seal::seal(&ledger, &tenant, &key).await?.is_some() {}
        let sealed = began.elapsed();
        let began = Instant::now();
        let mut tx = ledger.read(&tenant).await?;
        let found = verify::verify(&mut tx, &tenant, &keys, &[]).await?;
        let verified = began.elapsed();
        anyhow::ensure!(found.problems.is_empty() && found.unsealed == 0, "it is not sound: {found:?}");
        line(&format!(
            "{:<10} {entries:>7} entries    sealed in {:>6} ms    verified in {:>6} ms",
            format!("{engine:?}").to_lowercase(),
            sealed.as_millis(),
            verified.as_millis()
        ))?;
    }
    Ok(())
}
