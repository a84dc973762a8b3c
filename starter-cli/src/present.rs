//! How text looks to people: in which language, and in colour on a terminal. What scripts read is never touched.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use unicode_width::UnicodeWidthStr as _;
use vextrus_domain::Lang;

/// The width of the labels that lines begin with.
const LABEL: usize = 12;

/// How this process shows text.
static STYLE: OnceLock<Style> = OnceLock::new();

/// A language, and whether there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) lang: Lang,
    pub(crate) colour: bool,
}

impl Style {
    /// That of a process whose stdout is what it is: colour on a terminal, unless `NO_COLOR` is set (no-color.org).
    pub(crate) fn of_stdout(lang: Lang) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { lang, colour: std::io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb }
    }

    /// The style from here on.
    pub(crate) fn set(self) {
        // The first one counts: a process has one.
        let _ = STYLE.set(self);
    }
}

fn style() -> Style {
    *STYLE.get().unwrap_or(&Style { lang: Lang::En, colour: false })
}

/// The language of this process.
pub(crate) fn lang() -> Lang {
    style().lang
}

/// A text as it is shown.
pub(crate) fn shown(text: &str) -> String {
    in_style(text, style())
}

pub(crate) fn in_style(text: &str, style: Style) -> String {
    if style == (Style { lang: Lang::En, colour: false }) {
        return text.to_owned();
    }
    let lines: Vec<String> = text.lines().map(|line| one(line, style)).collect();
    lines.join("\n")
}

fn one(line: &str, style: Style) -> String {
    if style.lang == Lang::Bn
        && let Some((_, whole)) = SENTENCES.iter().find(|(english, _)| *english == line)
    {
        return (*whole).to_owned();
    }
    let (label, rest) = split(line);
    let (label, rest) = match style.lang {
        Lang::En => (label.to_owned(), rest.to_owned()),
        Lang::Bn => (in_bengali(label), amounts(&words(rest, |word| bengali_word(word).map(str::to_owned)))),
    };
    if !style.colour {
        return format!("{label}{rest}");
    }
    let label = if label.trim().is_empty() { label } else { format!("{BOLD}{label}{RESET}") };
    format!("{label}{}", words(&rest, |word| colour_of(word).map(|colour| format!("{colour}{word}{RESET}"))))
}

/// The label that a line begins with, where it begins with one, with the spaces up to what it says.
fn split(line: &str) -> (&str, &str) {
    let is_label = |label: &str| LABELS.iter().any(|(english, _)| *english == label.trim_end());
    match line.split_at_checked(LABEL) {
        Some((label, rest)) if is_label(label) => (label, rest),
        // The label of a numbered line: `line 1`.
        Some((label, rest)) if label.strip_prefix("line ").is_some_and(|n| n.trim().parse::<u32>().is_ok()) => {
            (label, rest)
        }
        _ => ("", line),
    }
}

fn in_bengali(label: &str) -> String {
    let text = label.trim_end();
    if text.is_empty() {
        return label.to_owned();
    }
    let found = LABELS.iter().find(|(english, _)| *english == text).map(|(_, bengali)| (*bengali).to_owned());
    let numbered = || text.strip_prefix("line ").map(|number| format!("লাইন {}", Lang::Bn.digits(number)));
    let word = found.or_else(numbered).unwrap_or_else(|| text.to_owned());
    let missing = LABEL.saturating_sub(word.width()).max(1);
    format!("{word}{}", " ".repeat(missing))
}

/// Each word as it is put, the rest as it was.
fn words(text: &str, put: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || ('\u{980}'..='\u{9ff}').contains(&c);
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, tail) = rest.split_at(start);
        let end = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
        let (word, after) = tail.split_at(end);
        // Part of an id is no word.
        let goes_on = after.starts_with(['-', '/']) || after.starts_with(':') && !after.starts_with(": ");
        let alone = !before.ends_with(['-', '/', '.', ':']) && !goes_on;
        out.push_str(before);
        out.push_str(&put(word).filter(|_| alone).unwrap_or_else(|| word.to_owned()));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Amounts as they are written in Bengali: `BDT 1,07,500.00` as `৳ ১,০৭,৫০০.০০`.
fn amounts(text: &str) -> String {
    let mut parts = text.split("BDT ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end =
            part.find(|c: char| !(c.is_ascii_digit() || matches!(c, ' ' | ',' | '.' | '-'))).unwrap_or(part.len());
        let (amount, rest) = part.split_at(end);
        out.push_str("৳ ");
        out.push_str(&Lang::Bn.digits(amount));
        out.push_str(rest);
    }
    out
}

const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// Green for what went well, yellow for what waits, red for what did not.
fn colour_of(word: &str) -> Option<&'static str> {
    let is = |english: &[&str]| english.iter().any(|e| *e == word || bengali_word(e) == Some(word));
    if is(&["settled", "approved", "decided"]) {
        Some("\u{1b}[32m")
    } else if is(&["claimed", "assessed", "open", "waiting", "returned"]) {
        Some("\u{1b}[33m")
    } else if is(&["closed", "rejected", "expired", "cancelled", "failed", "withdrawn"]) {
        Some("\u{1b}[31m")
    } else {
        None
    }
}

fn bengali_word(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(english, _)| *english == word).map(|(_, bengali)| *bengali)
}

const SENTENCES: [(&str, &str); 2] =
    [("nothing waits for you", "আপনার জন্য কিছু অপেক্ষায় নেই"), ("nobody need approve it", "কারও অনুমোদন লাগবে না")];

const LABELS: [(&str, &str); 29] = [
    ("invoice", "ইনভয়েস"),
    ("order", "ক্রয়াদেশ"),
    ("state", "অবস্থা"),
    ("because", "কারণ"),
    ("vendor", "সরবরাহকারী"),
    ("total", "মোট"),
    ("amount", "মূল্য"),
    ("VAT", "মূসক"),
    ("SD", "সম্পূরক শুল্ক"),
    ("borne tax", "বহন করা কর"),
    ("retention", "জামানত"),
    ("advance", "অগ্রিম"),
    ("withheld", "উৎসে কর্তন"),
    ("payable", "প্রদেয়"),
    ("match", "মিল"),
    ("instruction", "পরিশোধ"),
    ("budget", "বাজেট"),
    ("difference", "পার্থক্য"),
    ("warning", "সতর্কতা"),
    ("attached", "সংযুক্তি"),
    ("task", "কাজ"),
    ("question", "প্রশ্ন"),
    ("returned", "ফেরত"),
    ("amends", "সংশোধন"),
    ("issued", "জারি"),
    ("to confirm", "নিশ্চিত করুন"),
    ("etag", "সংস্করণ"),
    ("workflow", "ওয়ার্কফ্লো"),
    ("why", "কেন"),
];

const WORDS: [(&str, &str); 20] = [
    ("claimed", "নথিভুক্ত"),
    ("assessed", "নিরূপিত"),
    ("settled", "নিষ্পন্ন"),
    ("closed", "বন্ধ"),
    ("approved", "অনুমোদিত"),
    ("rejected", "প্রত্যাখ্যাত"),
    ("expired", "মেয়াদোত্তীর্ণ"),
    ("withdrawn", "প্রত্যাহৃত"),
    ("cancelled", "বাতিল"),
    ("failed", "ব্যর্থ"),
    ("open", "খোলা"),
    ("waiting", "অপেক্ষমাণ"),
    ("decided", "সিদ্ধান্ত"),
    ("dropped", "বাদ"),
    ("superseded", "প্রতিস্থাপিত"),
    ("until", "পর্যন্ত"),
    ("due", "শেষ সময়"),
    ("free", "অবশিষ্ট"),
    ("department", "বিভাগ"),
    ("project", "প্রকল্প"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const BENGALI: Style = Style { lang: Lang::Bn, colour: false };
    const COLOUR: Style = Style { lang: Lang::En, colour: true };

    #[test]
    fn labels_states_and_amounts_are_in_bengali_and_what_people_wrote_is_not() {
        let labelled = |label: &str, rest: &str| {
            let spaces = LABEL.saturating_sub(label.width()).max(1);
            format!("{label}{}{rest}", " ".repeat(spaces))
        };
        for (english, bengali) in [
            ("state       settled, approved", labelled("অবস্থা", "নিষ্পন্ন, অনুমোদিত")),
            ("payable     BDT      1,07,500.00", labelled("প্রদেয়", "৳      ১,০৭,৫০০.০০")),
            ("line 12     2 x cement at BDT 5.00 = BDT 10.00", labelled("লাইন ১২", "2 x cement at ৳ ৫.০০ = ৳ ১০.০০")),
            ("nothing waits for you", "আপনার জন্য কিছু অপেক্ষায় নেই".to_owned()),
            ("vendor      open-air-works, number closed-1", labelled("সরবরাহকারী", "open-air-works, number closed-1")),
            ("something of nobody's", "something of nobody's".to_owned()),
        ] {
            assert_eq!(in_style(english, BENGALI), bengali);
        }
        assert_eq!(in_style("SD          BDT 1.00", BENGALI), labelled("সম্পূরক শুল্ক", "৳ ১.০০"));
    }

    #[test]
    fn a_terminal_sees_what_went_well() {
        let shown = in_style("state       closed, rejected", COLOUR);
        assert_eq!(shown, "\u{1b}[1mstate       \u{1b}[0m\u{1b}[31mclosed\u{1b}[0m, \u{1b}[31mrejected\u{1b}[0m");
        assert_eq!(in_style("open-air-works", COLOUR), "open-air-works");
        let both = in_style("state       settled", Style { lang: Lang::Bn, colour: true });
        assert!(both.contains("\u{1b}[32mনিষ্পন্ন\u{1b}[0m"), "{both}");
    }
}
