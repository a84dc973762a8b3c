//! What is personal about an employee stands in the ledger's records and nowhere else: in no history, no field of the UI, no log or
//! span, no other table.
#![cfg(test)]

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use prost::Message as _;
use temporalio_client::WorkflowDescribeOptions;
use tracing_subscriber::fmt::format::FmtSpan;
use vextrus_domain::EmployeeClass;
use vextrus_lifecycle::{Action, Process};
use vextrus_proto::onboarding::v1::Complete;
use vextrus_proto::onboarding::v1::act_on_process_request::Action as ActOnProcess;
use vextrus_starter_cli::client::new_request_id;
use vextrus_tests_e2e::{Staff, World, employee, personal_words};
use vextrus_tests_support::raw::Raw;

/// Everything that the processes of this test have logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn holds(bytes: &[u8], words: &str) -> bool {
    let (bytes, words) = (bytes.to_ascii_lowercase(), words.to_ascii_lowercase());
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_found_nowhere_else() -> anyhow::Result<()> {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_env_filter("debug,vextrus=trace")
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let world = World::with(|options| options.day = Some(Duration::from_millis(40))).await?;
    let staff = Staff::of(&world).await?;
    let (stays, leaves) = (employee(1, EmployeeClass::Managerial), employee(2, EmployeeClass::Skilled));
    let mut hr = staff.hr().await?;
    let (first, second) = (staff.onboard(&stays).await?, staff.onboard(&leaves).await?);
    // What names the employee is refused at the door.
    let note = Complete { note: format!("{} has signed", stays.personal.name), ..Complete::default() };
    let letter = format!("{}/tasks/appointment-letter", hr.process_name(Process::Onboarding, first.document.as_str()));
    let refused = hr.act_on_process(letter, ActOnProcess::Complete(note), new_request_id()).await.err();
    let refused = refused.context("it was taken")?;
    ensure!(refused.message().starts_with("PERSONAL_DATA"), "{refused}");
    ensure!(!holds(format!("{refused:?}").as_bytes(), &stays.personal.name), "the refusal repeats it");
    staff.work_until_ended(&first, &[]).await?;
    let given = async || Ok(staff.provisions(&leaves).await?.len() == 6);
    staff.work_until(&second, &["probation-review"], given).await?;
    staff.tell(&second, "hasina", Action::Withdraw { reason: "another offer".to_owned() }).await?;
    staff.work_until_ended(&second, &[]).await?;
    staff.result(&second).await?;

    let mut places: Vec<(String, Vec<u8>)> = vec![("the log".to_owned(), log.text().into_bytes())];
    for key in [&first, &second] {
        for (run, events) in (1..).zip(staff.runs(key).await?) {
            let bytes: Vec<u8> = events.iter().flat_map(prost::Message::encode_to_vec).collect();
            places.push((format!("the history of run {run} of {key}"), bytes));
        }
        let described = staff.handle(key).describe(WorkflowDescribeOptions::default()).await;
        let described = described.map_err(|e| anyhow::anyhow!("{e:?}"))?;
        places.push((format!("the UI's fields of {key}"), described.raw_description.encode_to_vec()));
    }
    let mut raw = Raw::open(&world.stack.config.ledger.address).await;
    // The migrations' own table holds checksums of this program's text.
    let others =
        raw.rows().await.into_keys().filter(|t| !["employee_records", "_sqlx_migrations"].contains(&t.as_str()));
    let tables: Vec<String> = others.collect();
    ensure!(tables.iter().any(|t| t == "audit_entries") && tables.iter().any(|t| t == "outbox"), "{tables:?}");
    for table in tables {
        let columns = raw.texts(&format!("SELECT name FROM pragma_table_info('{table}')")).await;
        let all = columns.iter().map(|c| format!("coalesce(\"{c}\", '')")).collect::<Vec<_>>().join(" || ' ' || ");
        let rows = raw.texts(&format!("SELECT '' || {all} FROM \"{table}\"")).await;
        places.push((format!("table {table}"), rows.join("\n").into_bytes()));
    }
    // The search finds what is there: the records hold all of it, and every place has been written to.
    let records = raw.texts("SELECT personal FROM employee_records").await.join("\n");
    for words in personal_words(&stays).iter().chain(&personal_words(&leaves)) {
        ensure!(holds(records.as_bytes(), words), "the record does not hold {words}");
        for (place, bytes) in &places {
            ensure!(!holds(bytes, words), "{words} stands in {place}");
        }
    }
    for (place, id) in [("the log", first.document.as_str()), ("table audit_entries", stays.id.as_str())] {
        let (_, bytes) = places.iter().find(|(name, _)| name == place).context("no such place")?;
        ensure!(holds(bytes, id), "{place} does not even hold {id}");
    }
    staff.check().await
}
