//! `vextrus rules test`: an approval policy is held to example documents.

use anyhow::Context as _;
use chrono::Utc;
use serde_json::{Value, json};
use vextrus_approval::Policy;
use vextrus_approval::examples::{self, Examples, Outcome};
use vextrus_domain::calendar::WorkingCalendar;
use vextrus_domain::{Person, TenantId};
use vextrus_ledger::rules::{self, RuleKind};
use vextrus_ledger::{Ledger, masterdata};

use super::options::TestOptions;
use crate::options::{Format, LedgerOptions, LedgerPlace};
use crate::tax::{MAX_RULES, read};
use crate::{exit, ledger, output};

/// Who is asked does not depend on holidays, so the shipped ones will do.
const CALENDAR: &str = include_str!("../../../rules/calendar/bangladesh.toml");

pub(super) async fn run(format: Format, asked: TestOptions) -> anyhow::Result<()> {
    let TestOptions { examples: file, policy, proposal, tenant, config } = asked;
    let held_to = Examples::parse(&read(&file, MAX_RULES)?).with_context(|| file.display().to_string())?;
    let on_file = policy.map(|file| Ok::<_, anyhow::Error>((super::sound(RuleKind::Approval, &file)?.0, file)));
    let on_file = on_file.transpose()?;
    let company = match tenant {
        Some(tenant) if on_file.is_none() || held_to.people.is_empty() => {
            Some(Company::open(LedgerOptions { tenant, place: LedgerPlace { config } }).await?)
        }
        _ => None,
    };
    let (text, name) = match (on_file, &company, proposal) {
        (Some((text, file)), ..) => (text, file.display().to_string()),
        (None, Some(company), Some(number)) => (company.proposed(number).await?, format!("proposal {number}")),
        _ => return Err(exit::Usage("give a policy, or --tenant and --proposal".to_owned()).into()),
    };
    let policy = Policy::parse(&text).with_context(|| name.clone())?;
    let people = match (held_to.people.is_empty(), &company) {
        (false, _) => held_to.people,
        (true, Some(company)) => company.people().await?,
        (true, None) => {
            let message = format!("{} names no people: give --tenant to take that company's", file.display());
            return Err(exit::Usage(message).into());
        }
    };
    let calendar = WorkingCalendar::parse(CALENDAR)?;
    let outcomes = examples::run(&policy, &held_to.examples, &people, &calendar, Utc::now());
    let document = policy.document;
    anyhow::ensure!(!outcomes.is_empty(), "{} has no example for {name}, a policy for {document}", file.display());
    say(format, &name, &outcomes)
}

fn say(format: Format, name: &str, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let lines = || {
        let one = |outcome: &Outcome| match &outcome.result {
            Ok(()) => format!("ok     {}", outcome.name),
            Err(why) => format!("wrong  {}: {why}", outcome.name),
        };
        outcomes.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    let one = |o: &Outcome| json!({"example": o.name, "ok": o.result.is_ok(), "why": o.result.as_ref().err()});
    output::list(format, lines, outcomes.iter().map(one).collect::<Vec<Value>>())?;
    let wrong = outcomes.iter().filter(|o| o.result.is_err()).count();
    anyhow::ensure!(wrong == 0, "{name} does not do what {wrong} of {} examples expect", outcomes.len());
    Ok(())
}

/// The company whose proposal or people are wanted.
struct Company {
    tenant: TenantId,
    ledger: Ledger,
}

impl Company {
    async fn open(options: LedgerOptions) -> anyhow::Result<Self> {
        Ok(Self { tenant: ledger::tenant(&options)?, ledger: ledger::open(&options).await? })
    }

    async fn proposed(&self, number: i64) -> anyhow::Result<String> {
        let mut tx = self.ledger.read(&self.tenant).await?;
        let proposal = super::proposal(&mut tx, &self.tenant, number).await?;
        if proposal.kind != RuleKind::Approval {
            let message =
                format!("proposal {number} is of kind {}; only approval policies have examples", proposal.kind);
            return Err(exit::Usage(message).into());
        }
        let rule = rules::version(&mut tx, proposal.kind, &proposal.hash).await?;
        tx.rollback().await?;
        Ok(rule.content.to_string())
    }

    async fn people(&self) -> anyhow::Result<Vec<Person>> {
        let mut tx = self.ledger.read(&self.tenant).await?;
        let people = masterdata::people(&mut tx, &self.tenant).await?;
        tx.rollback().await?;
        Ok(people)
    }
}
