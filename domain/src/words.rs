//! Amounts in words, as cheques and challans print them.

use crate::lang::Lang;
use crate::money::Taka;

/// The amount in words: `Taka One Lakh Seven Thousand Five Hundred Only`, or
/// `এক লাখ সাত হাজার পাঁচশত টাকা মাত্র`.
///
/// Poisha come after the taka (`... and Fifty Poisha Only`, `... টাকা পঞ্চাশ পয়সা মাত্র`), and an amount below
/// zero begins with `Minus` or `ঋণাত্মক` (CLDR's bare `ঋণ` also means a debt, so it has no place on a paper about money).
#[must_use]
pub fn in_words(amount: Taka, lang: Lang) -> String {
    let poisha = amount.poisha().unsigned_abs();
    let (taka, rest) = (poisha / 100, poisha % 100);
    let mut words: Vec<&str> = Vec::with_capacity(16);
    match lang {
        Lang::En => {
            if amount.is_negative() {
                words.push("Minus");
            }
            words.push("Taka");
            english(taka, &mut words);
            if rest > 0 {
                words.push("and");
                english(rest, &mut words);
                words.push("Poisha");
            }
            words.push("Only");
        }
        Lang::Bn => {
            if amount.is_negative() {
                words.push("ঋণাত্মক");
            }
            bengali(taka, &mut words);
            words.push("টাকা");
            if rest > 0 {
                bengali(rest, &mut words);
                words.push("পয়সা");
            }
            words.push("মাত্র");
        }
    }
    words.join(" ")
}

/// The largest scale first. Only crores are counted with all scales again: ten lakh crore has no word of its own.
const SCALES: [(u64, &str, &str); 3] =
    [(10_000_000, "Crore", "কোটি"), (100_000, "Lakh", "লাখ"), (1_000, "Thousand", "হাজার")];

fn english(number: u64, words: &mut Vec<&'static str>) {
    if number == 0 {
        words.push("Zero");
        return;
    }
    let mut left = number;
    for (size, name, _) in SCALES {
        if left >= size {
            english(left / size, words);
            words.push(name);
            left %= size;
        }
    }
    if left >= 100 {
        words.extend([pick(&ENGLISH_SMALL, left / 100), "Hundred"]);
        left %= 100;
    }
    if left >= 20 {
        words.push(pick(&ENGLISH_TENS, left / 10));
        left %= 10;
    }
    if left > 0 {
        words.push(pick(&ENGLISH_SMALL, left));
    }
}

fn bengali(number: u64, words: &mut Vec<&'static str>) {
    if number == 0 {
        words.push(pick(&BENGALI, 0));
        return;
    }
    let mut left = number;
    for (size, _, name) in SCALES {
        if left >= size {
            bengali(left / size, words);
            words.push(name);
            left %= size;
        }
    }
    if left >= 100 {
        words.push(pick(&BENGALI_HUNDREDS, left / 100));
        left %= 100;
    }
    if left > 0 {
        words.push(pick(&BENGALI, left));
    }
}

fn pick(table: &'static [&'static str], index: u64) -> &'static str {
    usize::try_from(index).ok().and_then(|i| table.get(i)).copied().unwrap_or_default()
}

const ENGLISH_SMALL: [&str; 20] = [
    "Zero",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
    "Thirteen",
    "Fourteen",
    "Fifteen",
    "Sixteen",
    "Seventeen",
    "Eighteen",
    "Nineteen",
];

const ENGLISH_TENS: [&str; 10] =
    ["", "Ten", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"];

/// Written in one word, as challans do.
const BENGALI_HUNDREDS: [&str; 10] = ["", "একশত", "দুইশত", "তিনশত", "চারশত", "পাঁচশত", "ছয়শত", "সাতশত", "আটশত", "নয়শত"];

// All hundred were compared with CLDR's spell-out rules (unicode-org/cldr common/rbnf/bn.xml) and with published tables
// in public repositories; up to 39 also with the first-grade mathematics of the primary schools
// (bdeducontent.bdeducation.org.bd class1/math/extra1). Where CLDR differs we write as those schools do: বিশ not কুড়ি (20),
// আটাশ not আঠাশ (28), ঊন- from 29 on but উনিশ (19); beyond 39, by the majority of the tables: তিপ্পান্ন (53), ছাপ্পান্ন (56),
// আটাশি (88). 52 is CLDR's বায়ান্ন; বাহান্ন is as common. Letters are in Unicode's NFC, in which য় is two code points.
#[rustfmt::skip]
const BENGALI: [&str; 100] = [
    "শূন্য", "এক", "দুই", "তিন", "চার", "পাঁচ", "ছয়", "সাত", "আট", "নয়",
    "দশ", "এগারো", "বারো", "তেরো", "চৌদ্দ", "পনেরো", "ষোলো", "সতেরো", "আঠারো", "উনিশ",
    "বিশ", "একুশ", "বাইশ", "তেইশ", "চব্বিশ", "পঁচিশ", "ছাব্বিশ", "সাতাশ", "আটাশ", "ঊনত্রিশ",
    "ত্রিশ", "একত্রিশ", "বত্রিশ", "তেত্রিশ", "চৌত্রিশ", "পঁয়ত্রিশ", "ছত্রিশ", "সাঁইত্রিশ", "আটত্রিশ", "ঊনচল্লিশ",
    "চল্লিশ", "একচল্লিশ", "বিয়াল্লিশ", "তেতাল্লিশ", "চুয়াল্লিশ", "পঁয়তাল্লিশ", "ছেচল্লিশ", "সাতচল্লিশ", "আটচল্লিশ", "ঊনপঞ্চাশ",
    "পঞ্চাশ", "একান্ন", "বায়ান্ন", "তিপ্পান্ন", "চুয়ান্ন", "পঞ্চান্ন", "ছাপ্পান্ন", "সাতান্ন", "আটান্ন", "ঊনষাট",
    "ষাট", "একষট্টি", "বাষট্টি", "তেষট্টি", "চৌষট্টি", "পঁয়ষট্টি", "ছেষট্টি", "সাতষট্টি", "আটষট্টি", "ঊনসত্তর",
    "সত্তর", "একাত্তর", "বাহাত্তর", "তিয়াত্তর", "চুয়াত্তর", "পঁচাত্তর", "ছিয়াত্তর", "সাতাত্তর", "আটাত্তর", "ঊনআশি",
    "আশি", "একাশি", "বিরাশি", "তিরাশি", "চুরাশি", "পঁচাশি", "ছিয়াশি", "সাতাশি", "আটাশি", "ঊননব্বই",
    "নব্বই", "একানব্বই", "বিরানব্বই", "তিরানব্বই", "চুরানব্বই", "পঁচানব্বই", "ছিয়ানব্বই", "সাতানব্বই", "আটানব্বই", "নিরানব্বই",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_cheques_do() {
        for (amount, english, bengali) in [
            ("107500", "Taka One Lakh Seven Thousand Five Hundred Only", "এক লাখ সাত হাজার পাঁচশত টাকা মাত্র"),
            ("0", "Taka Zero Only", "শূন্য টাকা মাত্র"),
            ("0.50", "Taka Zero and Fifty Poisha Only", "শূন্য টাকা পঞ্চাশ পয়সা মাত্র"),
            ("1", "Taka One Only", "এক টাকা মাত্র"),
            ("100.01", "Taka One Hundred and One Poisha Only", "একশত টাকা এক পয়সা মাত্র"),
            ("-20", "Minus Taka Twenty Only", "ঋণাত্মক বিশ টাকা মাত্র"),
            ("-0.05", "Minus Taka Zero and Five Poisha Only", "ঋণাত্মক শূন্য টাকা পাঁচ পয়সা মাত্র"),
            ("119.19", "Taka One Hundred Nineteen and Nineteen Poisha Only", "একশত উনিশ টাকা উনিশ পয়সা মাত্র"),
            (
                "12345678.90",
                "Taka One Crore Twenty Three Lakh Forty Five Thousand Six Hundred Seventy Eight and Ninety Poisha Only",
                "এক কোটি তেইশ লাখ পঁয়তাল্লিশ হাজার ছয়শত আটাত্তর টাকা নব্বই পয়সা মাত্র",
            ),
            (
                "1234567890",
                "Taka One Hundred Twenty Three Crore Forty Five Lakh Sixty Seven Thousand Eight Hundred Ninety Only",
                "একশত তেইশ কোটি পঁয়তাল্লিশ লাখ সাতষট্টি হাজার আটশত নব্বই টাকা মাত্র",
            ),
            ("1000000000000", "Taka One Lakh Crore Only", "এক লাখ কোটি টাকা মাত্র"),
            (
                "999999999999",
                "Taka Ninety Nine Thousand Nine Hundred Ninety Nine Crore Ninety Nine Lakh Ninety Nine Thousand Nine \
                 Hundred Ninety Nine Only",
                "নিরানব্বই হাজার নয়শত নিরানব্বই কোটি নিরানব্বই লাখ নিরানব্বই হাজার নয়শত নিরানব্বই টাকা মাত্র",
            ),
        ] {
            let amount: Taka = amount.parse().unwrap();
            assert_eq!(in_words(amount, Lang::En), english);
            assert_eq!(in_words(amount, Lang::Bn), bengali);
        }
    }

    #[test]
    fn every_number_below_a_hundred_has_a_word_of_its_own() {
        let distinct: std::collections::BTreeSet<&str> = BENGALI.into_iter().collect();
        assert_eq!(distinct.len(), 100);
        let composed = ['\u{09DC}', '\u{09DD}', '\u{09DF}'];
        for word in BENGALI.iter().chain(&BENGALI_HUNDREDS[1..]) {
            assert!(word.chars().all(|c| ('\u{0980}'..='\u{09FF}').contains(&c)), "{word} is not all Bengali");
            assert!(!word.contains(composed), "{word} is not in NFC");
        }
    }

    #[test]
    fn words_of_a_ten_are_alike() {
        // The irregular words still share their endings: a slip of a row would show here.
        for (from, to, ending) in [
            (29, 38, "ত্রিশ"),
            (39, 48, "ল্লিশ"),
            (51, 58, "ান্ন"),
            (61, 68, "ষট্টি"),
            (71, 78, "াত্তর"),
            (81, 88, "াশি"),
            (89, 98, "নব্বই"),
        ] {
            for (offset, word) in BENGALI[from..=to].iter().enumerate() {
                assert!(word.ends_with(ending), "{} {word}", from + offset);
            }
        }
    }
}
