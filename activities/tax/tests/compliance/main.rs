//! Each point that an auditor looks at: it passes when all is known and right, fails in every way that it can, and what
//! is not known never passes.
#![cfg(test)]

mod failures;
mod outcomes;

use chrono::NaiveDate;
use serde_json::json;
use vextrus_domain::identity::IdentityProfile;
use vextrus_domain::vendor::VendorKind;
use vextrus_domain::{Invoice, PayeeFacts, Payer, Taka};
use vextrus_tax::compliance::{
    Approvals, Booking, Certificate66, Credit, Deposits, Facts, Override, Report, Retention, Trail, check,
};
use vextrus_tax::mushak::{Challan, Form63};
use vextrus_tax::{Answers, Assessment, Case, Schedule, assess};

const ISSUER: &str = "123456789-0101";
const BUYER: &str = "987654321-0203";

fn taka(text: &str) -> Taka {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Everything that is known of a bill that is right in every way: VAT 30,000 withheld, income tax 20,000.
#[derive(Clone)]
struct World {
    invoice: Invoice,
    assessment: Assessment,
    schedule: Schedule,
    payer: Payer,
    payee: PayeeFacts,
    form: Form63,
    overrides: Vec<Override>,
    booking: Booking,
    credit: Credit,
    certificate: Certificate66,
    deposits: Deposits,
    trail: Trail,
    retention: Retention,
    approvals: Approvals,
    today: NaiveDate,
}

fn schedule() -> Schedule {
    let house = include_str!("../../../../rules/tax/house.toml");
    let policy = "\n[policy]\nvds = \"table\"\ns142_uplift = \"apply\"\n\n[[row]]";
    let vds = "\n[[row]]\ntax = \"VDS\"\ncode = \"S032.00\"\nrate_ppm = 150000\nlegal_ref = \"VDS Rules 2025 r.3(1)\"\n\
               source = \"test\"\nconfidence = \"H\"\n";
    Schedule::parse(&(house.replacen("\n[[row]]", policy, 1) + vds)).unwrap()
}

/// The bill and its Mushak 6.3.
fn papers() -> (Invoice, Form63) {
    let invoice = json!({
        "vendor": "padma", "number": "INV-7", "date": "2026-08-01", "due_date": "2026-08-31", "currency": "BDT",
        "lines": [{"description": "Consultancy", "quantity": "1", "unit_price": "200000", "amount": "200000",
                   "tax_code": "S032.00", "tds_code": "SERVICE"}],
        "subtotal": "200000", "vat": "30000", "total": "230000", "department": "works",
        "mushak_63": {"number": "1001/2026-27", "date": "2026-08-01"}
    });
    let form = json!({
        "number": "1001/2026-27", "date": "2026-08-01", "time": "14:05:00",
        "issuer": {"name": "Padma Ltd", "bin": ISSUER, "address": "Dhaka"},
        "buyer": {"name": "Meghna Ltd", "bin": BUYER, "address": "Chattogram"},
        "lines": [{"serial": 1, "description": "Consultancy", "unit": "job", "quantity": "1", "unit_price": "200000",
                   "value": "200000", "vat_charge": {"rate_ppm": 150_000}, "vat": "30000", "total": "230000"}],
        "totals": {"value": "200000", "vat": "30000", "total": "230000"},
        "officer": {"name": "R. Karim", "designation": "Manager"}, "signed": true, "sealed": true
    });
    (Invoice::from_json(&invoice.to_string()).unwrap(), serde_json::from_value(form).unwrap())
}

/// The machine in its best state.
fn controls() -> (Trail, Retention) {
    let yes = Some(true);
    let trail = Trail {
        chain_verified: yes,
        return_filed: yes,
        period_locked: yes,
        serials_without_gap: yes,
        backups_a_day: Some(2),
        restore_tested: yes,
        admin_acts_logged: yes,
    };
    let retention = Retention {
        kept_until: Some(day("2038-08-20")),
        legal_hold: Some(false),
        disposed: Some(false),
        exportable: yes,
        officers_read_only: yes,
        officer_access_days: Some(90),
        reads_logged: yes,
        reproducible: yes,
    };
    (trail, retention)
}

fn world() -> World {
    let (invoice, form) = papers();
    let (trail, retention) = controls();
    let payee = json!({"psr": {"kind": "return_acknowledgement", "number": "A-1", "assessment_year": "2026-27",
                               "verified_on": "2026-08-02"}});
    let (name, address) = ("Meghna Ltd".to_owned(), "Chattogram".to_owned());
    let challan = Challan { number: "2627-1".into(), date: day("2026-09-10"), amount: taka("50000") };
    let mut world = World {
        invoice,
        assessment: serde_json::from_value(json!({
            "subtotal": "0", "vat": "0", "total": "0", "withheld": [], "net_payable": "0", "trace": [], "questions": []
        }))
        .unwrap(),
        schedule: schedule(),
        payer: Payer { name, bin: BUYER.into(), address, identity_profile: IdentityProfile::Nbr, ..Payer::default() },
        payee: serde_json::from_value(payee).unwrap(),
        form,
        overrides: vec![],
        booking: Booking { booked_on: Some(day("2026-08-03")), reference: "1001/2026-27".into() },
        credit: Credit {
            amount: taka("30000"),
            taken_on: day("2026-09-12"),
            period: "2026-08".parse().unwrap(),
            exempt_use: Some(false),
            reversed_on: None,
        },
        certificate: Certificate66 {
            issued_on: Some(day("2026-09-17")),
            due: Some(day("2026-09-17")),
            vat_deducted: taka("30000"),
            in_note_24: Some(true),
        },
        deposits: Deposits {
            deducted: taka("50000"),
            challans: vec![challan],
            due: Some(day("2026-09-14")),
            certified_on: Some(day("2026-09-14")),
            return_total: Some(taka("50000")),
        },
        trail,
        retention,
        approvals: Approvals {
            submitter: "rahim".parse().unwrap(),
            approvers: vec!["salma".parse().unwrap(), "karim".parse().unwrap()],
            releaser: Some("nila".parse().unwrap()),
        },
        today: day("2026-10-01"),
    };
    world.invoice.tax.payment.evidence = Some("BEFTN 42".into());
    world.assess();
    world
}

impl World {
    fn assess(&mut self) {
        let Self { invoice, payer, payee, .. } = &*self;
        let (kind, paid_on, answers) = (VendorKind::Service, day("2026-08-20"), Answers::new());
        let case = Case { invoice, payer, kind, payee, paid_on, answers: &answers };
        self.assessment = assess(&self.schedule, &case).unwrap();
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            invoice: Some(&self.invoice),
            assessment: Some(&self.assessment),
            schedule: Some(&self.schedule),
            payer: Some(&self.payer),
            payee: Some(&self.payee),
            payee_bin: Some(ISSUER),
            form_6_3: Some(&self.form),
            paid_on: Some(day("2026-08-20")),
            today: Some(self.today),
            bank_evidence: None,
            overrides: Some(self.overrides.clone()),
            booking: Some(self.booking.clone()),
            credit: Some(self.credit.clone()),
            certificate_6_6: Some(self.certificate.clone()),
            deposits: Some(self.deposits.clone()),
            trail: Some(self.trail.clone()),
            retention: Some(self.retention.clone()),
            approvals: Some(self.approvals.clone()),
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Report {
        let mut world = world();
        change(&mut world);
        check(&world.facts())
    }
}
