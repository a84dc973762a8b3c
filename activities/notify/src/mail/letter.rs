//! What people are written: templates as data, in both languages, as plain text and as HTML.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use vextrus_domain::calendar::dhaka_time;
use vextrus_domain::{Lang, Taka};
use vextrus_ledger::outbox::{About, Delivery, EventKind};

/// The templates, by language.
pub const LETTERS: [(Lang, &str); 2] =
    [(Lang::En, include_str!("letters/en.toml")), (Lang::Bn, include_str!("letters/bn.toml"))];

static READ: LazyLock<Result<BTreeMap<Lang, Letters>, String>> = LazyLock::new(|| {
    let read = |(lang, text): (Lang, &str)| toml::from_str(text).map(|letters| (lang, letters));
    LETTERS.into_iter().map(read).collect::<Result<_, _>>().map_err(|e| e.to_string())
});

#[derive(Debug, Deserialize)]
struct Letters {
    words: BTreeMap<String, String>,
    #[serde(flatten)]
    letters: BTreeMap<String, Template>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    subject: String,
    body: String,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// One line.
    pub subject: String,
    /// In plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// What is written about a delivery's event to its recipient; nothing where people are not written to about it. `link` is where a
/// link leads, with `{collection}` and `{document}` in it; empty for none. Vendors get none.
///
/// Whatever an event holds becomes text: no line of a header, and no tag.
#[must_use]
pub fn letter(delivery: &Delivery, lang: Lang, link: &str) -> Option<Written> {
    let letters = READ.as_ref().ok()?.get(&lang)?;
    let kind = EventKind::of_type(&delivery.event.kind)?;
    let about = About::parse(&delivery.event.about)?;
    let is_for_vendor = delivery.recipient.starts_with("vendor/");
    let name = if is_for_vendor { format!("{}/vendor", kind.schema()) } else { kind.schema().to_owned() };
    let template = letters.letters.get(&name)?;
    let data: Value = serde_json::from_str(&delivery.event.payload).ok()?;
    let place = |name: &str| match name {
        "thing" => Some(thing(delivery, about, letters, lang)),
        name => shown(name, &data[name], letters, lang),
    };
    let link = (!link.is_empty() && !is_for_vendor)
        .then(|| link.replace("{collection}", about.collection()).replace("{document}", &delivery.event.document));
    let lines: Vec<String> = template.body.lines().filter_map(|line| fill(line, &place)).collect();
    let word = |name: &str| letters.words.get(name).map(String::as_str).unwrap_or_default();
    Some(Written {
        subject: fill(&template.subject, &place)?,
        text: text(&lines, link.as_deref(), &word),
        html: html(&lines, link.as_deref(), lang, &word),
    })
}

/// A line with its places filled; nothing where there is nothing for one of them.
fn fill(line: &str, place: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&place(name).filter(|text| !text.trim().is_empty())?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

/// A value as people read it.
fn shown(name: &str, value: &Value, letters: &Letters, lang: Lang) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let amount = || text.parse::<Taka>().ok().map(|taka| taka.currency(lang));
    let moment = || text.parse::<DateTime<Utc>>().ok().map(|at| at_dhaka(at, lang));
    let word = || letters.words.get(&text).cloned();
    let text = match name {
        "amount" | "before" | "net_payable" => amount(),
        "due_at" => moment(),
        "status" | "reason" => word(),
        _ => None,
    }
    .unwrap_or(text);
    Some(in_one_line(&text))
}

fn at_dhaka(at: DateTime<Utc>, lang: Lang) -> String {
    lang.digits(&dhaka_time(at).format("%Y-%m-%d %H:%M").to_string())
}

/// What the letter is about, by what its readers know it by.
fn thing(delivery: &Delivery, about: About, letters: &Letters, lang: Lang) -> String {
    let word = |name: &str| letters.words.get(name).cloned().unwrap_or_default();
    let facts = &delivery.letter;
    let number = facts.number.as_deref().unwrap_or(&delivery.event.document);
    let mut thing = format!("{} {number}", word(about.name()));
    if let Some(vendor) = &facts.vendor_name {
        thing = match lang {
            Lang::En => format!("{thing} {} {vendor}", word("of")),
            Lang::Bn => format!("{thing}, {} {vendor}", word("of")),
        };
    }
    if let Some(Ok(total)) = facts.total.map(Taka::from_poisha) {
        thing = format!("{thing} ({})", total.currency(lang));
    }
    in_one_line(&thing)
}

fn in_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn text<'a>(lines: &[String], link: Option<&str>, word: &impl Fn(&str) -> &'a str) -> String {
    let link = link.map(|link| format!("{}: {link}", word("open")));
    let all = lines.iter().map(String::as_str).chain(link.as_deref());
    format!("{}\n\n-- \n{}\n", all.collect::<Vec<_>>().join("\n"), word("footer"))
}

fn html<'a>(lines: &[String], link: Option<&str>, lang: Lang, word: &impl Fn(&str) -> &'a str) -> String {
    let lines: String = lines.iter().map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
    let link = link
        .map(|link| format!("<p><a href=\"{}\">{}</a></p>\n", escaped(link), escaped(word("open"))))
        .unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\"></head><body>\n{lines}{link}<p><small>{}</small></p>\n\
         </body></html>\n",
        escaped(word("footer"))
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
