//! `vextrus ledger intake …`: whether a company takes anything new. Decisions go on.

use clap::Subcommand;
use vextrus_domain::Actor;
use vextrus_ledger::intake::{self, Gate, Intake};

use crate::client::new_request_id;
use crate::ledger::{change, open, tenant};
use crate::options::{Format, LedgerOptions};
use crate::output;
use crate::tax::table;

/// A command about what a company takes in.
#[derive(Debug, Subcommand)]
pub(crate) enum IntakeCommand {
    /// Takes nothing new from now on: submissions are refused with INTAKE_STOPPED. What is under way goes on, and is decided.
    ///
    /// Example: vextrus ledger intake stop --tenant acme-bd --by ruma --reason "cut-over on Friday"
    Stop(SetOptions),
    /// Takes new things again.
    Resume(SetOptions),
    /// Says what is taken and what is not.
    Show {
        #[command(flatten)]
        ledger: LedgerOptions,
    },
}

/// What is stopped or resumed.
#[derive(Debug, clap::Args)]
pub(crate) struct SetOptions {
    /// Only this: invoice, purchase_order, onboarding or offboarding. May be given more than once; all of them without it.
    #[arg(long = "kind")]
    kinds: Vec<Intake>,
    /// Why, for the trail and for whoever is refused.
    #[arg(long)]
    reason: String,
    /// Who does it: a person of the company.
    #[arg(long)]
    by: String,
    /// The id of this request; the same id gives the same answer. A new one without it.
    #[arg(long)]
    request_id: Option<String>,
    #[command(flatten)]
    ledger: LedgerOptions,
}

pub(crate) async fn run(format: Format, command: IntakeCommand) -> anyhow::Result<()> {
    let gates = match command {
        IntakeCommand::Stop(options) => set(options, true).await?,
        IntakeCommand::Resume(options) => set(options, false).await?,
        IntakeCommand::Show { ledger } => {
            let tenant = tenant(&ledger)?;
            intake::gates(&mut open(&ledger).await?.read(&tenant).await?, &tenant).await?
        }
    };
    let row = |gate: &Gate| {
        let is = if gate.stopped { "stopped" } else { "open" };
        [gate.kind.to_string(), is.to_owned(), gate.set_by.clone(), gate.set_at.to_rfc3339(), gate.reason.clone()]
    };
    let rows: Vec<[String; 5]> = gates.iter().map(row).collect();
    let lines = gates.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    let text = || {
        if rows.is_empty() { "everything is open".to_owned() } else { table(["kind", "is", "by", "at", "why"], &rows) }
    };
    output::list(format, text, lines)
}

/// Stops or resumes; answers how everything stands then.
async fn set(options: SetOptions, stopped: bool) -> anyhow::Result<Vec<Gate>> {
    let SetOptions { kinds, reason, by, request_id, ledger } = options;
    let kinds = if kinds.is_empty() { Intake::ALL.to_vec() } else { kinds };
    let actor = Actor { tenant: tenant(&ledger)?, person: by.parse()? };
    let request = request_id.unwrap_or_else(new_request_id).parse()?;
    change(&ledger, async |tx| {
        let set = intake::set(tx, &actor, &request, &kinds, stopped, &reason).await?;
        match set {
            Ok(_) => Ok(Ok(intake::gates(tx, &actor.tenant).await?)),
            Err(refusal) => Ok(Err(refusal)),
        }
    })
    .await
}
