//! The accounts to which vendors are paid: proposing one, and deciding on it.

use anyhow::Context as _;
use serde_json::json;
use vextrus_domain::BankAccount;
use vextrus_facade::record_messages as message;
use vextrus_proto::approval::v1::act_request::Action;
use vextrus_proto::approval::v1::{ActResponse, Decide, Withdraw};
use vextrus_proto::masterdata::v1::BankAccountChange;

use super::show::{self, word};
use super::{VendorCommand, list};
use crate::client::{Client, new_request_id, told_again};
use crate::options::Global;
use crate::{files, json as shown, output};

pub(super) async fn run(global: &Global, mut client: Client, command: VendorCommand) -> anyhow::Result<()> {
    match command {
        VendorCommand::Put(_) | VendorCommand::Show { .. } | VendorCommand::List => Ok(()),
        VendorCommand::ProposeAccount { vendor, file, reason, request_id } => {
            let text = files::read(&file, "account")?;
            let account: BankAccount = serde_json::from_str(&text)
                .with_context(|| format!("{}: the account cannot be read", file.display()))?;
            files::sound(account.violations())?;
            let (id, account) = (request_id.unwrap_or_else(new_request_id), message::bank_account(&account));
            let change = told_again(client.propose_bank_account(&vendor, account, &reason, id.clone()).await, &id)?;
            let said = || format!("{} asks {}", change.name, change.eligible.join(", "));
            output::answer(global.output, said, &serde_json::to_value(&change)?)
        }
        VendorCommand::AccountChanges { vendor } => {
            let row = |c: &BankAccountChange| {
                let account = c.account.clone().unwrap_or_default();
                let to = format!("{} {}", account.bank, account.account_number);
                let state = word(c.state().as_str_name(), "BANK_ACCOUNT_CHANGE_STATE_");
                let time = shown::time(c.propose_time.as_ref()).unwrap_or_default();
                let [id, vendor] = [&c.name, &c.vendor].map(|name| shown::last(name).to_owned());
                [id, vendor, to, state, c.proposer.clone(), c.decider.clone(), time]
            };
            let heads = ["change", "vendor", "account", "stands", "proposed by", "decided by", "at"];
            list(global.output, heads, &client.bank_account_changes(vendor.as_deref()).await?, row)
        }
        VendorCommand::AccountChange { change } => {
            show::one(global.output, &client.bank_account_change(&change).await?)
        }
        VendorCommand::DecideAccount { change, answer, comment, request_id } => {
            act(global, client, &change, Action::Decide(Decide { answer, comment }), request_id).await
        }
        VendorCommand::WithdrawAccount { change, comment, request_id } => {
            act(global, client, &change, Action::Withdraw(Withdraw { comment }), request_id).await
        }
    }
}

async fn act(
    global: &Global,
    mut client: Client,
    change: &str,
    action: Action,
    request_id: Option<String>,
) -> anyhow::Result<()> {
    let id = request_id.unwrap_or_else(new_request_id);
    let name = client.bank_account_change_name(change);
    let done: ActResponse = told_again(client.act(name, action, id.clone()).await, &id)?;
    let outcome = shown::outcome(done.outcome()).unwrap_or_else(|| "open".to_owned());
    let said = || format!("{} is {outcome}", done.document);
    output::answer(global.output, said, &json!({"change": done.document, "outcome": outcome}))
}
