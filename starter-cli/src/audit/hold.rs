//! Legal holds.

use serde_json::json;
use vextrus_ledger::Tx;
use vextrus_ledger::holds::{self, Hold};

use super::options::HoldCommand;
use crate::ledger::{change_unkeyed, open, tenant};
use crate::options::Global;
use crate::output;

pub(super) async fn run(global: &Global, command: HoldCommand) -> anyhow::Result<()> {
    match command {
        HoldCommand::Set { employee, reason, by, ledger } => {
            let tenant = tenant(&ledger)?;
            let employee = employee.map(|e| e.parse()).transpose()?;
            let set = async |tx: &mut Tx| holds::set(tx, &tenant, employee.as_ref(), &reason, &by).await;
            let number = change_unkeyed(&ledger, set).await?;
            output::answer(global.output, || format!("hold {number} is set"), &json!({"number": number}))
        }
        HoldCommand::Release { number, by, ledger } => {
            let tenant = tenant(&ledger)?;
            change_unkeyed(&ledger, async |tx| holds::release(tx, &tenant, number, &by).await).await?;
            output::answer(global.output, || format!("hold {number} is released"), &json!({"number": number}))
        }
        HoldCommand::List { ledger } => {
            let tenant = tenant(&ledger)?;
            let mut tx = open(&ledger).await?.read(&tenant).await?;
            let found = holds::all(&mut tx, &tenant).await?;
            let lines = found.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
            output::list(global.output, || found.iter().map(text).collect::<Vec<_>>().join("\n"), lines)
        }
    }
}

fn text(hold: &Hold) -> String {
    let what = if hold.employee.is_empty() { "every record" } else { &hold.employee };
    let end = match &hold.released_by {
        Some(by) => format!("released by {by}"),
        None => "in force".to_owned(),
    };
    format!("{:>4}  {what}  {end}  set by {}: {}", hold.number, hold.set_by, hold.reason)
}
