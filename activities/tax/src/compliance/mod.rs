//! What an auditor of the National Board of Revenue looks for, asked of one document.
//!
//! Eleven named checks: the ten points of our research (rules of 23 November 2026, section 14) and, from its last line,
//! that duties are segregated. A check passes only when everything that it needs is known and right. What is not known
//! is never a pass: the check does not apply then, and says what is "not known here".

mod controls;
mod facts;
mod papers;
mod parts;
mod withholding;

use serde::{Deserialize, Serialize};
use vextrus_domain::Lang;

pub use facts::{Approvals, Booking, Certificate66, Credit, Deposits, Facts, Override, Retention, Trail};
use parts::Parts;

// One list keeps a check, its name and its titles together.
macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $en:literal, $bn:literal;)*) => {
        /// One point that is looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Check {
            $($(#[$doc])* $variant,)*
        }

        impl Check {
            /// Every check, in the order of the report.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The title, in one line.
            #[must_use]
            pub const fn title(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Self::$variant, Lang::En) => $en, (Self::$variant, Lang::Bn) => $bn),* }
            }
        }
    };
}

checks! {
    /// The purchase is in the register, before any credit (VAT Rules r.40(1)).
    PurchaseBooked = "purchase_booked",
        "The purchase is booked before credit is taken",
        "রেয়াত গ্রহণের পূর্বে ক্রয় হিসাব পুস্তকে লিপিবদ্ধ";
    /// A right Mushak 6.3 is in hand (VDS Rules 2025 r.6(1)).
    TaxInvoiceValid = "tax_invoice_valid",
        "A valid tax invoice (Mushak 6.3) is in hand",
        "সঠিক কর চালানপত্র (মূসক-৬.৩) সংগৃহীত";
    /// VAT is withheld by service code, or an exemption is proved (VDS Rules 2025 r.3, r.5).
    VdsByCode = "vds_by_code",
        "VAT is withheld by service code or an exemption is proved",
        "সেবার কোড অনুযায়ী উৎসে মূসক কর্তিত বা অব্যাহতি প্রমাণিত";
    /// The Mushak 6.6 is on time and matches (VAT Rules r.40(1)(f)).
    VdsCertificate = "vds_certificate",
        "The VDS certificate (Mushak 6.6) is on time and matches",
        "উৎসে কর কর্তন সনদপত্র (মূসক-৬.৬) যথাসময়ে ও সঙ্গতিপূর্ণ";
    /// The base of TDS shows its working (Income Tax Act 2023 s.140(5)).
    TdsBaseShown = "tds_base_shown",
        "The base and rate of TDS show their working",
        "উৎসে আয়কর কর্তনের ভিত্তি ও হারের হিসাব প্রদর্শিত";
    /// Proof of return and bank transfer at the day of payment (Income Tax Act 2023 s.142, s.264).
    ReturnAndBankProof = "return_and_bank_proof",
        "Proof of return and bank transfer stand at the payment date",
        "পরিশোধের তারিখে রিটার্ন দাখিল ও ব্যাংক লেনদেনের প্রমাণ বিদ্যমান";
    /// Deposits equal deductions, in time (Income Tax Act 2023 s.146; TDS Rules 2026 r.9).
    ChallanTieOut = "challan_tie_out",
        "A-Challan deposits equal the deductions, in time",
        "এ-চালানে জমা কর্তনের সমান ও যথাসময়ে";
    /// No credit that the law blocks (VAT Act s.46; VAT Rules r.40(3)).
    CreditAllowed = "credit_allowed",
        "No blocked input credit is taken",
        "অগ্রহণযোগ্য উপকরণ কর রেয়াত গ্রহণ করা হয়নি";
    /// The trail cannot be erased (General Order 16/Mushak/2019).
    TrailIntact = "trail_intact",
        "The audit trail is intact, numbered without gaps and backed up",
        "নিরীক্ষা লিপি অক্ষুণ্ণ, নম্বর নিরবচ্ছিন্ন ও ব্যাকআপ সংরক্ষিত";
    /// Records are kept and can be shown (VAT Act s.107; Income Tax Act 2023 s.72A).
    RetentionAndAccess = "retention_and_access",
        "Records are kept, exportable and open to officers read-only",
        "দলিলাদি সংরক্ষিত, রপ্তানিযোগ্য ও কর্মকর্তার জন্য কেবল পাঠযোগ্য";
    /// Who asks, who approves and who pays are different people.
    DutiesSegregated = "duties_segregated",
        "Requester, approver and payer are different people",
        "দাবিদার, অনুমোদনকারী ও পরিশোধকারী ভিন্ন ব্যক্তি";
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that it needs is known and right.
    Pass,
    /// Something that is known is wrong.
    Fail,
    /// It is not about this document, not due yet, or not everything that it needs is known here.
    NotApplicable,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// How it went.
    pub outcome: Outcome,
    /// Why, with the fields and their values.
    pub reason: String,
    /// What to do about it; empty for a pass.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

/// What all checks found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// One finding for each check, in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
    /// How many passed.
    pub passed: u32,
    /// How many passed or failed.
    pub applicable: u32,
    /// `passed` x 100 / `applicable`, rounded down, so that 100 means that nothing failed. None where nothing applied:
    /// a document of which nothing is known is not a perfect one. Every check weighs the same; the score is for
    /// dashboards and says nothing of how grave a failure is.
    pub score: Option<u8>,
}

impl Report {
    /// The finding of a check.
    #[must_use]
    pub fn of(&self, check: Check) -> Option<&Finding> {
        self.findings.iter().find(|f| f.check == check)
    }

    /// What failed.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.outcome == Outcome::Fail)
    }
}

/// Looks at everything that is known of one document.
#[must_use]
pub fn check(facts: &Facts<'_>) -> Report {
    let findings: Vec<Finding> = Check::ALL.iter().map(|c| look(*c, facts).finding(*c)).collect();
    let count = |outcome| (1_u32..).zip(findings.iter().filter(|f| f.outcome == outcome)).last().map_or(0, |(n, _)| n);
    let (passed, failed) = (count(Outcome::Pass), count(Outcome::Fail));
    let applicable = passed.saturating_add(failed);
    let score = passed.saturating_mul(100).checked_div(applicable).and_then(|s| u8::try_from(s).ok());
    Report { findings, passed, applicable, score }
}

fn look(check: Check, facts: &Facts<'_>) -> Parts {
    match check {
        Check::PurchaseBooked => papers::purchase_booked(facts),
        Check::TaxInvoiceValid => papers::tax_invoice_valid(facts),
        Check::VdsByCode => withholding::vds_by_code(facts),
        Check::VdsCertificate => withholding::vds_certificate(facts),
        Check::TdsBaseShown => withholding::tds_base_shown(facts),
        Check::ReturnAndBankProof => withholding::return_and_bank_proof(facts),
        Check::ChallanTieOut => papers::challan_tie_out(facts),
        Check::CreditAllowed => papers::credit_allowed(facts),
        Check::TrailIntact => controls::trail_intact(facts),
        Check::RetentionAndAccess => controls::retention_and_access(facts),
        Check::DutiesSegregated => controls::duties_segregated(facts),
    }
}
