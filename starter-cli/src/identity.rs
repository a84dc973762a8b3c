//! `vextrus identity …`: numbers of taxpayers and people, checked offline.

use chrono::{NaiveDate, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use vextrus_domain::calendar::dhaka_date;
use vextrus_domain::identity::{Accepted, Bin, IdentityError, IdentityProfile, Mobile, Nid, Tin};

use crate::options::Global;
use crate::tax::{date, table};
use crate::{exit, output};

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Checks numbers as they are written: Bengali or ASCII digits, with spaces and hyphens.
    ///
    /// Only form and length are checked; no register is asked. Exits with 4 where one is refused.
    ///
    /// Example: vextrus identity check --tin 1234-5678-9012 --bin ১২৩৪৫৬৭৮৯-০১০১ --identity-profile nbr
    Check(CheckOptions),
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("number").required(true).multiple(true))]
pub(crate) struct CheckOptions {
    /// A taxpayer identification number.
    #[arg(long, group = "number")]
    tin: Option<String>,
    /// A business identification number.
    #[arg(long, group = "number")]
    bin: Option<String>,
    /// A national identity number.
    #[arg(long, group = "number")]
    nid: Option<String>,
    /// A mobile number.
    #[arg(long, group = "number")]
    mobile: Option<String>,
    /// Which forms of TIN and BIN the company takes: house (10 and 9 digits), nbr (12 and 13) or any.
    #[arg(long, default_value = "any")]
    identity_profile: IdentityProfile,
    /// The day of the document, by which a form may have become invalid; today in Dhaka without it.
    #[arg(long, value_name = "DATE", value_parser = date)]
    on: Option<NaiveDate>,
}

pub(crate) fn run(global: &Global, command: IdentityCommand) -> anyhow::Result<()> {
    let IdentityCommand::Check(asked) = command;
    let on = asked.on.unwrap_or_else(|| dhaka_date(Utc::now()));
    let all = findings(&asked, on);
    let refused = all.iter().filter(|f| f.trouble.is_some()).count();
    let lines: Vec<Value> = all.iter().map(Finding::json).collect();
    output::list(global.output, || text(&all), lines)?;
    if refused > 0 {
        let are = if refused == 1 { "is" } else { "are" };
        return Err(exit::Refused(format!("{refused} of {} {are} refused", all.len())).into());
    }
    Ok(())
}

/// What was found of one number.
struct Finding {
    what: &'static str,
    /// Its form, canonical and printed writing; none where it cannot be read.
    read: Option<(&'static str, String, String)>,
    /// Why it is refused.
    trouble: Option<IdentityError>,
    warning: Option<&'static str>,
}

impl Finding {
    fn new<T: ToString>(
        what: &'static str,
        read: Result<T, IdentityError>,
        form: impl FnOnce(&T) -> (&'static str, String),
        accept: impl FnOnce(&T) -> Result<Accepted, IdentityError>,
    ) -> Self {
        let number = match read {
            Ok(number) => number,
            Err(trouble) => return Self { what, read: None, trouble: Some(trouble), warning: None },
        };
        let (tag, printed) = form(&number);
        let (trouble, warning) = match accept(&number) {
            Ok(accepted) => (None, accepted.warning()),
            Err(trouble) => (Some(trouble), None),
        };
        Self { what, read: Some((tag, number.to_string(), printed)), trouble, warning }
    }

    fn json(&self) -> Value {
        let (form, canonical, printed) = match &self.read {
            Some((form, canonical, printed)) => (Some(form), Some(canonical), Some(printed)),
            None => (None, None, None),
        };
        json!({
            "identity": self.what,
            "form": form,
            "canonical": canonical,
            "printed": printed,
            "accepted": self.trouble.is_none(),
            "error": self.trouble.as_ref().map(ToString::to_string),
            "warning": self.warning,
        })
    }
}

fn findings(asked: &CheckOptions, on: NaiveDate) -> Vec<Finding> {
    let always = Accepted::Current;
    let tin = |text: &String| {
        Finding::new("tin", text.parse(), |n| (tin_form(n), n.printed()), |n| asked.identity_profile.check_tin(n, on))
    };
    let bin = |text: &String| {
        Finding::new("bin", text.parse(), |n| (bin_form(n), n.printed()), |n| asked.identity_profile.check_bin(n, on))
    };
    let nid =
        |text: &String| Finding::new("nid", Nid::parse_on(text, on), |n| (nid_form(n), n.printed()), |_| Ok(always));
    let mobile =
        |text: &String| Finding::new("mobile", text.parse::<Mobile>(), |n| ("mobile", n.printed()), |_| Ok(always));
    let mut all = Vec::new();
    all.extend(asked.tin.as_ref().map(tin));
    all.extend(asked.bin.as_ref().map(bin));
    all.extend(asked.nid.as_ref().map(nid));
    all.extend(asked.mobile.as_ref().map(mobile));
    all
}

const fn tin_form(tin: &Tin) -> &'static str {
    match tin {
        Tin::Legacy10(_) => "legacy_10",
        Tin::Etin12(_) => "etin_12",
    }
}

const fn bin_form(bin: &Bin) -> &'static str {
    match bin {
        Bin::Legacy9(_) => "legacy_9",
        Bin::Old11(_) => "old_11",
        Bin::Bin13 { .. } => "bin_13",
    }
}

const fn nid_form(nid: &Nid) -> &'static str {
    match nid {
        Nid::Smart10(_) => "smart_10",
        Nid::Old13(_) => "old_13",
        Nid::Birth17 { .. } => "birth_17",
    }
}

fn text(all: &[Finding]) -> String {
    let row = |finding: &Finding| {
        let (form, canonical, printed) = match &finding.read {
            Some((form, canonical, printed)) => (*form, canonical.as_str(), printed.as_str()),
            None => ("-", "-", "-"),
        };
        let said = match (&finding.trouble, finding.warning) {
            (Some(trouble), _) => format!("refused: {trouble}"),
            (None, Some(warning)) => format!("accepted, {warning}: the form was no longer valid on the day"),
            (None, None) => "accepted".to_owned(),
        };
        [finding.what, form, canonical, printed, &said].map(str::to_owned)
    };
    table(["number", "form", "canonical", "printed", "answer"], &all.iter().map(row).collect::<Vec<_>>())
}
