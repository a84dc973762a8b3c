//! The words of an explanation, in English and in Bengali.

use vextrus_domain::{Lang, Rate, Taka};

use crate::assessment::UpliftGround;
use crate::schedule::Tax;

/// A phrase in both languages.
pub(super) type Phrase = (&'static str, &'static str);

pub(super) const LINE: Phrase = ("line", "লাইন");
pub(super) const OF: Phrase = ("of", "এর");
pub(super) const ROUNDED: Phrase = ("rounded half-up", "নিকটতম পয়সায়");
pub(super) const ROUNDED_ONCE: Phrase = ("rounded once for its section", "ধারা অনুযায়ী একবার পূর্ণায়িত");
pub(super) const SCHEDULE: Phrase = ("schedule", "তফসিল");
pub(super) const CONFIDENCE: Phrase = ("confidence", "আস্থা");
pub(super) const FROM: Phrase = ("in force from", "কার্যকর");
pub(super) const WITHIN: Phrase = ("within the price of", "মূল্যের অন্তর্ভুক্ত");
pub(super) const WHOLE: Phrase = ("the whole VAT is withheld, the rates are the same", "হার এক, সম্পূর্ণ মূসক কর্তনযোগ্য");
pub(super) const STATED: Phrase = ("as printed; computed", "মুদ্রিত অঙ্ক; হিসাবকৃত");
pub(super) const BASE: Phrase = ("base", "ভিত্তিমূল্য");
pub(super) const HIGHEST: Phrase = ("the highest of", "সর্বোচ্চ");
pub(super) const CONTRACT: Phrase = ("contract", "চুক্তিমূল্য");
pub(super) const BILL: Phrase = ("bill", "বিল");
pub(super) const PAYMENT: Phrase = ("payment", "পরিশোধ");
pub(super) const BEFORE: Phrase = ("less taxed before", "পূর্বে করায়িত বাদ");
pub(super) const RAISED: Phrase = ("is raised to", "বৃদ্ধি পেয়ে");
pub(super) const LOWERED: Phrase = ("is lowered by certificate", "সনদ অনুযায়ী হ্রাস");
pub(super) const LOWER: Phrase = ("is the lower tax of the two; the higher is due", "দুইটির মধ্যে কম; অধিকতরটি প্রযোজ্য");
pub(super) const IMPORT: Phrase = ("less tax paid at import", "আমদানি পর্যায়ে পরিশোধিত কর বাদ");
pub(super) const GROSS_UP: Phrase =
    ("borne by the payer: base x rate / (100 - rate) on", "পরিশোধকারী কর্তৃক বহনকৃত কর, ভিত্তি");
pub(super) const NEAREST: Phrase = ("the section's tax in whole taka (s.331)", "নিকটতম টাকায় (ধারা ৩৩১)");
pub(super) const NOTHING: Phrase = ("nothing", "কর্তন নেই");
pub(super) const PAYABLE: Phrase = ("payable", "প্রদেয়");
pub(super) const SUBTOTAL: Phrase = ("value", "মূল্য");
pub(super) const TOTAL: Phrase = ("total", "সর্বমোট");
pub(super) const RETENTION: Phrase = ("retention", "জামানত");
pub(super) const ADVANCE: Phrase = ("advance set off", "অগ্রিম সমন্বয়");
pub(super) const BORNE: Phrase = ("tax borne by the payer", "পরিশোধকারীর বহনকৃত কর");
pub(super) const QUESTION: Phrase = ("question", "প্রশ্ন");
pub(super) const BLOCKS: Phrase = ("must not be paid", "পরিশোধযোগ্য নয়");

pub(super) const fn say(lang: Lang, phrase: Phrase) -> &'static str {
    match lang {
        Lang::En => phrase.0,
        Lang::Bn => phrase.1,
    }
}

pub(super) const fn tax(lang: Lang, tax: Tax) -> &'static str {
    match (lang, tax) {
        (Lang::En, tax) => tax.name(),
        (Lang::Bn, Tax::Vat) => "মূসক",
        (Lang::Bn, Tax::Vds) => "উৎসে মূসক",
        (Lang::Bn, Tax::Tds) => "উৎসে কর",
        (Lang::Bn, Tax::Sd) => "সম্পূরক শুল্ক",
    }
}

pub(super) const fn ground(lang: Lang, ground: UpliftGround) -> &'static str {
    match (lang, ground) {
        (Lang::En, UpliftGround::NoPsr) => "no proof of submission of return, Income Tax Act 2023 s.142(1)",
        (Lang::En, UpliftGround::NotByBank) => "not paid by bank transfer, Income Tax Act 2023 s.142(2)",
        (Lang::En, UpliftGround::Both) => "neither proof of return nor bank transfer, Income Tax Act 2023 s.142",
        (Lang::Bn, UpliftGround::NoPsr) => "রিটার্ন দাখিলের প্রমাণ নেই, আয়কর আইন ২০২৩ ধারা ১৪২(১)",
        (Lang::Bn, UpliftGround::NotByBank) => "ব্যাংক ট্রান্সফারে পরিশোধ নয়, আয়কর আইন ২০২৩ ধারা ১৪২(২)",
        (Lang::Bn, UpliftGround::Both) => "রিটার্নের প্রমাণ ও ব্যাংক ট্রান্সফার কোনোটিই নেই, আয়কর আইন ২০২৩ ধারা ১৪২",
    }
}

pub(super) fn money(lang: Lang, amount: Taka) -> String {
    match lang {
        Lang::En => amount.grouped(),
        Lang::Bn => amount.grouped_in(lang),
    }
}

pub(super) fn percent(lang: Lang, rate: Rate) -> String {
    digits(lang, &rate.to_string())
}

/// Numerals as the language writes them.
pub(super) fn digits(lang: Lang, text: &str) -> String {
    match lang {
        Lang::En => text.to_owned(),
        Lang::Bn => text.chars().map(bengali).collect(),
    }
}

fn bengali(c: char) -> char {
    match c.to_digit(10) {
        Some(digit) if c.is_ascii_digit() => char::from_u32(0x09E6 + digit).unwrap_or(c),
        _ => c,
    }
}
