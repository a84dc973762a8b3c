//! `vextrus treasury …`: deposits and certificates of withheld tax.

use chrono::NaiveDate;
use clap::{Args, Subcommand, value_parser};
use serde_json::json;
use vextrus_domain::calendar::TaxPeriod;
use vextrus_domain::{Actor, DocumentId, PersonId, Refusal, RefusalCode, RequestId, Taka, VendorId};
use vextrus_ledger::treasury::{self, CertificateRequest, DepositRequest, Ended, Means, Selection};
use vextrus_tax::Tax;
use vextrus_tax::mushak::Officer;

use crate::client::new_request_id;
use crate::options::{Format, LedgerOptions};
use crate::tax::date;
use crate::{ledger, output};

#[derive(Debug, Subcommand)]
pub(crate) enum TreasuryCommand {
    /// Records a deposit by challan, or the VAT return that takes withheld VAT up. It covers what is selected and not deposited yet.
    ///
    /// Example: vextrus treasury deposit tds --challan 2627-0001 --on 2026-08-10 --bank "Sonali Bank, Motijheel" --amount 7500
    /// --month 2026-07 --by nasrin
    Deposit(DepositOptions),
    /// Issues a certificate to a vendor for what is selected, deposited and not certified yet: Mushak 6.6 for VDS, the certificate of
    /// deduction for TDS.
    ///
    /// Example: vextrus treasury certify tds --vendor padma --month 2026-07 --officer "N. Akter" --designation Manager --by nasrin
    Certify(CertifyOptions),
    /// Reverses a deposit, once no certificate rests on it.
    Reverse {
        /// The deposit's number, as the registers show it.
        #[arg(value_parser = value_parser!(i64).range(1..))]
        deposit: i64,
        /// Why, for the trail.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Cancels a certificate. Its number stays used.
    Cancel {
        /// The certificate's number.
        certificate: String,
        /// Why, for the trail.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Shows a certificate as it was issued.
    Show {
        /// The certificate's number.
        certificate: String,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
}

/// Who acts on which books, under which request id.
#[derive(Debug, Args)]
pub(crate) struct Acting {
    #[command(flatten)]
    pub(crate) ledger: LedgerOptions,
    /// Who does it: a person of the tenant.
    #[arg(long, value_name = "PERSON")]
    pub(crate) by: PersonId,
    /// The id of this request; the same id gives the same answer. A new one without it.
    #[arg(long)]
    request_id: Option<RequestId>,
}

impl Acting {
    pub(crate) fn actor(&self) -> anyhow::Result<Actor> {
        Ok(Actor { tenant: ledger::tenant(&self.ledger)?, person: self.by.clone() })
    }

    pub(crate) fn request(&self) -> anyhow::Result<RequestId> {
        match &self.request_id {
            Some(given) => Ok(given.clone()),
            None => Ok(new_request_id().parse()?),
        }
    }
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("means").required(true).args(["challan", "vat_return"])))]
pub(crate) struct DepositOptions {
    /// VDS or TDS.
    #[arg(value_parser = withheld)]
    tax: Tax,
    /// The challan's number.
    #[arg(long, value_name = "NUMBER")]
    challan: Option<String>,
    /// The acknowledgement of the VAT return, where withheld VAT goes into it.
    #[arg(long, value_name = "NUMBER")]
    vat_return: Option<String>,
    /// The day of the deposit or of the filing.
    #[arg(long, value_name = "DATE", value_parser = date)]
    on: NaiveDate,
    /// The amount, which is that of the obligations together.
    #[arg(long)]
    amount: Taka,
    /// Bank and branch; needed with a challan.
    #[arg(long, value_name = "TEXT", default_value = "")]
    bank: String,
    /// The economic code on the challan.
    #[arg(long, value_name = "CODE", default_value = "")]
    economic_code: String,
    /// Only what was withheld from this vendor.
    #[arg(long)]
    vendor: Option<VendorId>,
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    acting: Acting,
}

#[derive(Debug, Args)]
pub(crate) struct CertifyOptions {
    /// VDS or TDS.
    #[arg(value_parser = withheld)]
    tax: Tax,
    /// Whom it is for.
    #[arg(long)]
    vendor: VendorId,
    /// Only what this deposit covers.
    #[arg(long, value_name = "NUMBER", value_parser = value_parser!(i64).range(1..))]
    deposit: Option<i64>,
    /// Who signs.
    #[arg(long, value_name = "NAME")]
    officer: String,
    /// The designation of who signs.
    #[arg(long, value_name = "TEXT")]
    designation: String,
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    acting: Acting,
}

/// Which obligations.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Of {
    /// What was withheld in this month, such as 2026-07.
    #[arg(long)]
    month: Option<TaxPeriod>,
    /// What was withheld from this document; may be given several times.
    #[arg(long, value_name = "ID")]
    document: Vec<DocumentId>,
}

impl Of {
    fn selection(self, vendor: Option<VendorId>) -> Selection {
        Selection { month: self.month, vendor, documents: self.document }
    }
}

fn withheld(text: &str) -> Result<Tax, String> {
    let known = [Tax::Vds, Tax::Tds].into_iter().find(|tax| tax.name().eq_ignore_ascii_case(text));
    known.ok_or_else(|| "it is not withheld: use VDS or TDS".to_owned())
}

pub(crate) async fn run(format: Format, command: TreasuryCommand) -> anyhow::Result<()> {
    match command {
        TreasuryCommand::Deposit(options) => deposit(format, options).await,
        TreasuryCommand::Certify(options) => certify(format, options).await,
        TreasuryCommand::Reverse { deposit, reason, acting } => {
            let (actor, request) = (acting.actor()?, acting.request()?);
            let ended = ledger::change(&acting.ledger, async |tx| {
                treasury::reverse(tx, &actor, &request, deposit, &reason).await
            });
            taken_back(format, "deposit", "reversed", &ended.await?)
        }
        TreasuryCommand::Cancel { certificate, reason, acting } => {
            let (actor, request) = (acting.actor()?, acting.request()?);
            let ended = ledger::change(&acting.ledger, async |tx| {
                treasury::cancel(tx, &actor, &request, &certificate, &reason).await
            });
            taken_back(format, "certificate", "cancelled", &ended.await?)
        }
        TreasuryCommand::Show { certificate, ledger } => show(format, &certificate, &ledger).await,
    }
}

async fn deposit(format: Format, options: DepositOptions) -> anyhow::Result<()> {
    let (means, number) = match (options.challan, options.vat_return) {
        (Some(number), _) => (Means::Challan, number),
        (None, number) => (Means::VatReturn, number.unwrap_or_default()),
    };
    let asked = DepositRequest {
        tax: options.tax,
        means,
        number,
        on: options.on,
        bank: options.bank,
        account_code: options.economic_code,
        amount: options.amount,
        of: options.of.selection(options.vendor),
    };
    let (actor, request) = (options.acting.actor()?, options.acting.request()?);
    let change =
        ledger::change(&options.acting.ledger, async |tx| treasury::deposit(tx, &actor, &request, &asked).await);
    let done = change.await?;
    let said = || {
        let (number, count, tax) = (done.deposit, done.obligations, asked.tax);
        format!("deposit {number}: BDT {} for {count} obligations of {tax}", done.amount.grouped())
    };
    output::answer(format, said, &json!(&done))
}

async fn certify(format: Format, options: CertifyOptions) -> anyhow::Result<()> {
    let asked = CertificateRequest {
        tax: options.tax,
        vendor: options.vendor,
        of: options.of.selection(None),
        deposit: options.deposit,
        officer: Officer { name: options.officer, designation: options.designation },
    };
    let (actor, request) = (options.acting.actor()?, options.acting.request()?);
    let change =
        ledger::change(&options.acting.ledger, async |tx| treasury::certify(tx, &actor, &request, &asked).await);
    let done = change.await?;
    let said = || format!("certificate {} to {}: BDT {}", done.certificate, asked.vendor, done.amount.grouped());
    output::answer(format, said, &json!(&done))
}

fn taken_back(format: Format, what: &str, how: &str, ended: &Ended) -> anyhow::Result<()> {
    let said = || format!("{what} {} is {how}; BDT {} are open again", ended.number, ended.amount.grouped());
    output::answer(format, said, &json!(ended))
}

async fn show(format: Format, certificate: &str, options: &LedgerOptions) -> anyhow::Result<()> {
    let tenant = ledger::tenant(options)?;
    let mut tx = ledger::open(options).await?.read(&tenant).await?;
    let found = treasury::certificate(&mut tx, &tenant, certificate).await?;
    tx.rollback().await?;
    let Some((content, in_force)) = found else {
        let message =
            format!("{tenant} has no such certificate; `vextrus report vds` and `report tds` show their numbers");
        return Err(Refusal::new(RefusalCode::NotFound, message).into());
    };
    let json = json!({"certificate": certificate, "in_force": in_force, "content": &content});
    let stands = if in_force { "in force" } else { "cancelled" };
    output::answer(format, || format!("certificate {certificate}, {stands}\n{content:#}"), &json)
}
