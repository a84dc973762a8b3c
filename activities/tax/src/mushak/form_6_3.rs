//! Mushak 6.3, the tax invoice (VAT Rules r.40(1), the form of 11 columns of SRO 142/2020).
//!
//! A defective form is no evidence for input credit (r.40(3)). Every figure is recomputed: a printed one is a claim.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use vextrus_domain::identity::{Bin, EntityMatch, IdentityProfile};
use vextrus_domain::invoice::{FieldViolation, MAX_LINES, canonical_number};
use vextrus_domain::money::MoneyError;
use vextrus_domain::quantity::Quantity;
use vextrus_domain::{FiscalYear, Invoice, Rate, RefusalCode, Taka};

use super::findings::{Findings, excerpt};
use super::{Officer, Party};

/// Above this total, taxes included, the buyer's name, BIN and address are mandatory. This amount itself is not above.
pub const BUYER_NAMED_ABOVE: Taka = Taka::whole(25_000);

/// What VAT a line carries: column 9.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VatCharge {
    /// A rate on value and supplementary duty, in parts per million.
    RatePpm(Rate),
    /// An amount for each unit (Third Schedule, Table-4).
    Specific {
        /// The VAT on one unit, in taka.
        amount: Taka,
        /// The unit that it is for, such as `tonne`.
        per: String,
    },
}

/// One line, by its columns. Amounts are in taka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line63 {
    /// Column 1, the serial, from 1.
    pub serial: u32,
    /// Column 2, with the brand.
    pub description: String,
    /// Column 2 too: the HS or service code, where it is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Column 3, the unit of supply.
    pub unit: String,
    /// Column 4.
    pub quantity: Quantity,
    /// Column 5, taxes excluded.
    pub unit_price: Taka,
    /// Column 6: 4 x 5.
    pub value: Taka,
    /// Column 7, in parts per million.
    #[serde(default = "none", rename = "sd_rate_ppm")]
    pub sd_rate: Rate,
    /// Column 8: 6 x 7.
    #[serde(default)]
    pub sd: Taka,
    /// Column 9.
    pub vat_charge: VatCharge,
    /// Column 10: (6 + 8) x 9, or the specific amount.
    pub vat: Taka,
    /// Column 11: 6 + 8 + 10.
    pub total: Taka,
}

const fn none() -> Rate {
    Rate::from_ppm(0)
}

/// The line below the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Totals63 {
    /// Of column 6.
    pub value: Taka,
    /// Of column 8.
    pub sd: Taka,
    /// Of column 10.
    pub vat: Taka,
    /// Of column 11.
    pub total: Taka,
}

/// A tax invoice. What a paper lacks is read as empty, so that [`Form63::check`] can name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form63 {
    /// The serial in its fiscal year, such as `1001/2026-27`.
    pub number: String,
    /// The day of issue.
    pub date: NaiveDate,
    /// The time of issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<NaiveTime>,
    /// The supplier; its address is where the invoice was issued.
    #[serde(default)]
    pub issuer: Party,
    /// The buyer.
    #[serde(default)]
    pub buyer: Party,
    /// Where the supply goes, for what is carried.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub destination: String,
    /// The vehicle's type and number, for what is carried.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vehicle: String,
    /// The lines.
    #[serde(default)]
    pub lines: Vec<Line63>,
    /// Their totals.
    #[serde(default)]
    pub totals: Totals63,
    /// The officer in charge.
    #[serde(default)]
    pub officer: Officer,
    /// Whether it is signed.
    #[serde(default)]
    pub signed: bool,
    /// Whether it bears the seal.
    #[serde(default)]
    pub sealed: bool,
    /// Whether it was issued electronically (allowed from 2026-07-01, SRO 125/2026).
    #[serde(default)]
    pub electronic: bool,
}

impl Form63 {
    /// Everything that is wrong with the form on its own. Empty means that it can be evidence for credit.
    ///
    /// Columns 6 and 11 are exact; SD and VAT may differ by `tolerance`, as in an assessment, and the VAT's total may
    /// have been rounded by line or once for each rate. A specific VAT is recomputed where its unit is the line's;
    /// otherwise it is taken as stated.
    #[must_use]
    pub fn check(&self, profile: IdentityProfile, tolerance: Taka) -> Vec<FieldViolation> {
        let mut found = Findings::default();
        self.check_header(&mut found, profile);
        if self.lines.is_empty() {
            found.invalid("lines", "there are none; a tax invoice has at least one");
        }
        if self.lines.len() > MAX_LINES {
            let message = format!("there are {}; the most is {MAX_LINES}", self.lines.len());
            found.say("lines", RefusalCode::LimitExceeded, message);
        }
        for (i, line) in self.lines.iter().enumerate().take(MAX_LINES) {
            check_line(&mut found, i, line, tolerance);
        }
        self.check_totals(&mut found, tolerance);
        found.officer(&self.officer);
        if !self.signed {
            found.invalid("signed", "it is not signed; ask for a signed original");
        }
        // An electronic form has no place for a stamp: our reading of SRO 125/2026.
        if !self.sealed && !self.electronic {
            found.invalid("sealed", "it bears no seal; ask for a sealed original");
        }
        let allowed = NaiveDate::from_ymd_opt(2026, 7, 1);
        if self.electronic && allowed.is_some_and(|from| self.date < from) {
            let message =
                format!("an electronic form of {} is not allowed before 2026-07-01; ask for paper", self.date);
            found.invalid("electronic", message);
        }
        found.0
    }

    fn check_header(&self, found: &mut Findings, profile: IdentityProfile) {
        found.text("number", &self.number);
        if !self.number.trim().is_empty() && !of_fiscal_year(&self.number, FiscalYear::of(self.date)) {
            let year = FiscalYear::of(self.date);
            let message = format!(
                "{} is not a serial of the fiscal year of {}; it would be like 1001/{year}",
                excerpt(&self.number),
                self.date
            );
            found.invalid("number", message);
        }
        if self.time.is_none() {
            found.invalid("time", "there is none; a tax invoice tells the time of its issue");
        }
        found.text("issuer.name", &self.issuer.name);
        found.text("issuer.address", &self.issuer.address);
        let _ = found.bin("issuer.bin", &self.issuer.bin, (profile, self.date));
        let named = self.totals.total > BUYER_NAMED_ABOVE || self.lines_total().is_ok_and(|t| t > BUYER_NAMED_ABOVE);
        for (field, value) in [("buyer.name", &self.buyer.name), ("buyer.address", &self.buyer.address)] {
            if named {
                found.text(field, value);
            } else {
                found.optional(field, value);
            }
        }
        if named || !self.buyer.bin.trim().is_empty() {
            let _ = found.bin("buyer.bin", &self.buyer.bin, (profile, self.date));
        }
        found.optional("destination", &self.destination);
        found.optional("vehicle", &self.vehicle);
        if !self.vehicle.trim().is_empty() && self.destination.trim().is_empty() {
            found.invalid("destination", "a vehicle is named and no destination; what is carried goes somewhere");
        }
    }

    /// What the lines come to, whatever the totals say: a wrong total must not hide that the buyer has to be named.
    fn lines_total(&self) -> Result<Taka, MoneyError> {
        Taka::sum(self.lines.iter().map(|l| l.total))
    }

    fn check_totals(&self, found: &mut Findings, tolerance: Taka) {
        let Totals63 { value, sd, vat, total } = self.totals;
        for (field, amount) in
            [("totals.value", value), ("totals.sd", sd), ("totals.vat", vat), ("totals.total", total)]
        {
            found.not_negative(field, amount);
        }
        let code = (RefusalCode::TotalMismatch, "the lines add up to");
        let column = |pick: fn(&Line63) -> Taka| Taka::sum(self.lines.iter().map(pick));
        found.equals("totals.value", value, column(|l| l.value), Taka::ZERO, code);
        found.equals("totals.sd", sd, column(|l| l.sd), tolerance, code);
        let once = self.vat_rounded_once().and_then(|once| once.distance(vat));
        if !once.is_ok_and(|distance| distance <= tolerance) {
            found.equals("totals.vat", vat, column(|l| l.vat), tolerance, code);
        }
        let parts = (RefusalCode::TotalMismatch, "value, SD and VAT add up to");
        found.equals("totals.total", total, Taka::sum([value, sd, vat]), Taka::ZERO, parts);
    }

    /// The VAT when it is rounded once for each rate, as suppliers do who round for the document.
    fn vat_rounded_once(&self) -> Result<Taka, MoneyError> {
        let mut bases: Vec<(Rate, Taka)> = Vec::new();
        let mut vat = Taka::ZERO;
        for line in &self.lines {
            match &line.vat_charge {
                VatCharge::Specific { .. } => vat = vat.plus(line.vat)?,
                VatCharge::RatePpm(rate) => {
                    let base = line.value.plus(line.sd)?;
                    match bases.iter_mut().find(|(r, _)| r == rate) {
                        Some((_, sum)) => *sum = sum.plus(base)?,
                        None => bases.push((*rate, base)),
                    }
                }
            }
        }
        bases.into_iter().try_fold(vat, |sum, (rate, base)| sum.plus(base.share(rate)?))
    }

    /// The differences between the form and the bill that it came with. Empty means that they belong together.
    ///
    /// The two BINs are those on record, of the vendor and of the company. Units of one entity are one business; an old
    /// 9-digit BIN that only begins like a 13-digit one is a difference until a person has settled it.
    #[must_use]
    pub fn matches(&self, invoice: &Invoice, issuer_bin: &str, buyer_bin: &str) -> Vec<FieldViolation> {
        let mut found = Findings::default();
        match &invoice.mushak_63 {
            None => found.say("number", RefusalCode::MushakMissing, "the bill names no Mushak 6.3; name it there"),
            Some(named) => {
                if canonical_number(&named.number) != canonical_number(&self.number) {
                    let (form, bill) = (excerpt(&self.number), excerpt(&named.number));
                    found.invalid(
                        "number",
                        format!("the form says {form}, the bill {bill}; ask for the bill's own form"),
                    );
                }
                if named.date != self.date {
                    found.invalid(
                        "date",
                        format!("the form says {}, the bill {}; correct the bill", self.date, named.date),
                    );
                }
            }
        }
        let Totals63 { value, sd, vat, total } = self.totals;
        for (field, form, bill, code) in [
            ("totals.value", value, invoice.subtotal, RefusalCode::TotalMismatch),
            ("totals.sd", sd, invoice.sd, RefusalCode::TotalMismatch),
            ("totals.vat", vat, invoice.vat, RefusalCode::VatMismatch),
            ("totals.total", total, invoice.total, RefusalCode::TotalMismatch),
        ] {
            if form != bill {
                found.say(field, code, format!("the form says {form}, the bill {bill}; one of them must be corrected"));
            }
        }
        same_business(&mut found, "issuer.bin", &self.issuer.bin, issuer_bin, "the vendor's record");
        same_business(&mut found, "buyer.bin", &self.buyer.bin, buyer_bin, "the company's record");
        found.0
    }
}

fn check_line(found: &mut Findings, i: usize, line: &Line63, tolerance: Taka) {
    let at = |name: &str| format!("lines[{i}].{name}");
    if usize::try_from(line.serial).ok() != i.checked_add(1) {
        found.invalid(&at("serial"), format!("it is {}; serials count from 1 without gaps", line.serial));
    }
    found.text(&at("description"), &line.description);
    found.text(&at("unit"), &line.unit);
    if let Some(code) = &line.code {
        found.text(&at("code"), code);
    }
    for (name, amount) in [
        ("unit_price", line.unit_price),
        ("value", line.value),
        ("sd", line.sd),
        ("vat", line.vat),
        ("total", line.total),
    ] {
        found.not_negative(&at(name), amount);
    }
    let wrong = RefusalCode::LineArithmetic;
    let value = line.quantity.priced(line.unit_price);
    found.equals(&at("value"), line.value, value, Taka::ZERO, (wrong, "quantity x unit price is"));
    let sd = line.value.share(line.sd_rate);
    found.equals(&at("sd"), line.sd, sd, tolerance, (wrong, "the value x the SD rate is"));
    match &line.vat_charge {
        VatCharge::RatePpm(rate) => {
            let vat = line.value.plus(line.sd).and_then(|base| base.share(*rate));
            found.equals(&at("vat"), line.vat, vat, tolerance, (wrong, "value and SD x the VAT rate is"));
        }
        VatCharge::Specific { amount, per } => {
            found.text(&at("vat_charge.per"), per);
            found.not_negative(&at("vat_charge.amount"), *amount);
            // Kilograms of what is taxed by the tonne: nobody but a person knows the factor.
            if per.trim().to_lowercase() == line.unit.trim().to_lowercase() {
                let vat = line.quantity.priced(*amount);
                found.equals(&at("vat"), line.vat, vat, tolerance, (wrong, "quantity x the specific VAT is"));
            }
        }
    }
    let total = Taka::sum([line.value, line.sd, line.vat]);
    found.equals(&at("total"), line.total, total, Taka::ZERO, (wrong, "value, SD and VAT add up to"));
}

/// Whether a number is `serial/year` of this fiscal year, the year written `2026-27` or `2026-2027`, in either script.
fn of_fiscal_year(number: &str, year: FiscalYear) -> bool {
    let Some((serial, written)) = number.rsplit_once('/') else { return false };
    let hyphens = written.trim().chars().filter(|c| !c.is_alphanumeric()).count();
    let long = format!("{}{}", year.first_day().format("%Y"), year.last_day().format("%Y"));
    let plain = canonical_number(written);
    let counted = canonical_number(serial).chars().any(|c| ('1'..='9').contains(&c));
    counted && hyphens == 1 && (plain == canonical_number(&year.to_string()) || plain == long)
}

fn same_business(found: &mut Findings, field: &str, printed: &str, recorded: &str, record: &str) {
    let code = RefusalCode::VendorIdentityInvalid;
    match (printed.parse::<Bin>(), recorded.parse::<Bin>()) {
        (Err(e), _) => found.say(field, code, e),
        (_, Err(e)) => found.say(field, code, format!("{record} has none to compare with: {e}")),
        (Ok(printed), Ok(recorded)) => match printed.same_entity(&recorded) {
            EntityMatch::Same => {}
            EntityMatch::Different => {
                found.say(field, code, format!("it is not the BIN of {record}; ask for a form with the right one"));
            }
            EntityMatch::HintConfirm => {
                let message =
                    format!("{record} has an older BIN that begins alike; confirm that they are one business");
                found.say(field, code, message);
            }
        },
    }
}
