//! The records of employees: what is personal, kept where it can be erased.

use hmac::{Hmac, Mac as _};
use serde::Serialize;
use serde_json::json;
use sha2::Sha256;
use uuid::Uuid;
use vextrus_domain::{Actor, PersonId, PersonalData, Refusal, RefusalCode, TenantId, canonical};

use super::{claim, processes};
use crate::db::{Tx, args};
use crate::error::LedgerError;
use crate::holds;

/// The shortest part of a name that is looked for in words; shorter ones are parts of other words.
const SHORTEST_NAME: usize = 3;

/// A record that was not erased.
#[derive(Debug, Clone)]
pub struct Record {
    /// What is personal.
    pub personal: PersonalData,
    /// The key of its hashes. Whoever has no key can neither make nor check one, so that a hash says nothing once the key is gone.
    key: String,
}

impl Record {
    /// The keyed hash of something about this employee, for the trail (HMAC-SHA256 in lowercase hex).
    ///
    /// # Errors
    /// [`LedgerError::Canonical`].
    pub fn hash(&self, value: &impl Serialize) -> Result<String, LedgerError> {
        let text = canonical::to_text(value)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_bytes())
            .map_err(|e| LedgerError::corrupt("key of a record", e))?;
        mac.update(text.as_bytes());
        Ok(hex::encode(mac.finalize().into_bytes()))
    }

    /// Whether words hold something of what is personal: the name or a part of it, a number, an address.
    #[must_use]
    pub fn is_in(&self, words: &str) -> bool {
        is_in(&self.personal, words)
    }
}

/// Whether words hold something of what is personal, however it is written: a part of the name as a word, also with digits run
/// on; the whole name, the address or a number whatever stands between its letters or digits.
///
/// The one rule for words that stand in histories, whoever said them.
#[must_use]
pub fn is_in(personal: &PersonalData, words: &str) -> bool {
    let lower = words.to_lowercase();
    let name = personal.name.to_lowercase();
    let of_name: Vec<&str> = letters(&name).collect();
    // A name of one part run together with its neighbours would be found in too many words.
    let whole_name = match of_name.as_slice() {
        [_, _, ..] => is_within(&name, &lower),
        _ => lower.contains(&name),
    };
    let digits: String = lower.chars().filter_map(ascii_digit).collect();
    // Without its first 0, which the notation with +880 leaves out.
    let phone: String = personal.phone.printed().chars().filter(char::is_ascii_digit).skip(1).collect();
    let numbers =
        [personal.nid.as_ref().map(vextrus_domain::identity::Nid::digits), personal.birth_registration.clone()];
    letters(&lower).any(|part| part.chars().count() >= SHORTEST_NAME && of_name.contains(&part))
        || whole_name
        || is_within(&personal.email.to_lowercase(), &lower)
        || digits.contains(&phone)
        || numbers.into_iter().flatten().any(|number| digits.contains(&number))
}

/// The runs of letters in a text.
fn letters(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_letter(c)).filter(|part| !part.is_empty())
}

/// The signs of Bengali vowels and the joiner of its consonants stand within words, though Unicode calls some of them marks.
fn is_letter(c: char) -> bool {
    ascii_digit(c).is_none() && (c.is_alphabetic() || ('\u{980}'..='\u{9ff}').contains(&c))
}

/// Whether the letters and digits of the one follow one another among those of the other.
fn is_within(part: &str, text: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|c| is_letter(*c) || c.is_numeric()).collect::<String>();
    let part = bare(part);
    !part.is_empty() && bare(text).contains(&part)
}

/// A digit, also a Bengali one, as ASCII writes it.
fn ascii_digit(c: char) -> Option<char> {
    let value = c.to_digit(10).or_else(|| u32::from(c).checked_sub(u32::from('০')).filter(|value| *value < 10));
    value.and_then(|value| char::from_digit(value, 10))
}

/// Writes a record, with a key of its own. Answers it.
pub(super) async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    employee: &PersonId,
    personal: &PersonalData,
) -> Result<Record, LedgerError> {
    // Two random ids together have 244 random bits.
    let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    tx.exec(
        "INSERT INTO employee_records (tenant, employee, personal, hash_key, recorded_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, employee) DO UPDATE SET personal = $3, hash_key = $4, recorded_at = $5, erased_at = NULL,
            lock_version = employee_records.lock_version + 1",
        args![tenant.as_str(), employee.as_str(), canonical::to_text(personal)?, &key, tx.now()],
    )
    .await?;
    Ok(Record { personal: personal.clone(), key })
}

/// The record of an employee; none where it was erased or never made.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn get(tx: &mut Tx, tenant: &TenantId, employee: &PersonId) -> Result<Option<Record>, LedgerError> {
    let found: Option<(Option<String>, Option<String>)> = tx
        .opt(
            "SELECT personal, hash_key FROM employee_records WHERE tenant = $1 AND employee = $2",
            args![tenant.as_str(), employee.as_str()],
        )
        .await?;
    match found {
        Some((Some(personal), Some(key))) => Ok(Some(Record { personal: canonical::from_text(&personal)?, key })),
        _ => Ok(None),
    }
}

/// Erases what is personal about an employee whose processes have ended, for good. The trail stays; its hashes can be tied to
/// nobody any more.
///
/// # Errors
/// [`LedgerError::Database`]; the inner error says why it may not be erased.
pub async fn erase(
    tx: &mut Tx,
    actor: &Actor,
    employee: &PersonId,
    reason: &str,
) -> Result<Result<(), Refusal>, LedgerError> {
    let no = |code, message: String| Ok(Err(Refusal::new(code, message)));
    let tenant = &actor.tenant;
    // A claim that is under way has its say first: its process needs the record.
    tx.exec(
        "UPDATE employee_records SET lock_version = lock_version + 1 WHERE tenant = $1 AND employee = $2",
        args![tenant.as_str(), employee.as_str()],
    )
    .await?;
    let Some(latest) = processes::latest_of(tx, tenant, employee).await? else {
        return no(RefusalCode::NotFound, format!("{employee} has no record in {tenant}"));
    };
    if let Err(refusal) = claim::may_administer(tx, actor, &latest).await? {
        return Ok(Err(refusal));
    }
    if reason.trim().is_empty() {
        return no(RefusalCode::ReasonRequired, "reason: say why the record is erased".to_owned());
    }
    let Some(process) = processes::lock(tx, &latest.key).await? else {
        return no(RefusalCode::NotFound, format!("{employee} has no record in {tenant}"));
    };
    if process.state != processes::State::Ended {
        let message = format!("the {} of {employee} has not ended; its record is needed", process.kind);
        return no(RefusalCode::ProcessOpen, message);
    }
    let Some(record) = get(tx, tenant, employee).await? else { return Ok(Ok(())) };
    if let Some(refusal) = holds::held(tx, tenant, employee).await? {
        return Ok(Err(refusal));
    }
    if record.is_in(reason) {
        return Ok(Err(personal_words("reason")));
    }
    tx.exec(
        "UPDATE employee_records SET personal = NULL, hash_key = NULL, erased_at = $3, lock_version = lock_version + 1
         WHERE tenant = $1 AND employee = $2",
        args![tenant.as_str(), employee.as_str(), tx.now()],
    )
    .await?;
    tx.audit(&process.key, "record_erased", Some(&actor.person), json!({"employee": employee, "reason": reason}));
    Ok(Ok(()))
}

/// The refusal of words that hold what may stand in no history.
#[must_use]
pub fn personal_words(field: &str) -> Refusal {
    let message =
        format!("{field}: it holds the employee's name, number or address, which cannot be erased there; use the id");
    Refusal::new(RefusalCode::PersonalData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> PersonalData {
        let text = r#"{"name":"NAME","email":"Roke.B@example.com","phone":"01712345678","nid":"1234567890",
            "birth_registration":"19901234567890123"}"#;
        canonical::from_text(&text.replace("NAME", name)).unwrap()
    }

    #[test]
    fn words_that_hold_something_personal_are_found() {
        let personal = named("Rokeya Sultana Ali");
        for bad in [
            "rokeya has come",
            "ask Sultana.",
            "sultana-9",
            "badge of rokeya42",
            "rokeya.sultana@acme",
            "RokeyaSultanaAli7",
            "xrokeya_sultana/alix",
            "write to roke.b@EXAMPLE.com",
            "roke-b-example-com",
            "call 01712-345678",
            "call +880 1712 345678",
            "tel01712345678x",
            "NID 123 456 7890 seen",
            "br-1990-1234567890123",
            "জাতীয় পরিচয়পত্র ১২৩৪৫৬৭৮৯০",
        ] {
            assert!(is_in(&personal, bad), "{bad}");
        }
        for good in
            ["", "emp-0042 has come", "the rokeyas", "al is a friend", "1234567 pieces", "order 17-12", "345678"]
        {
            assert!(!is_in(&personal, good), "{good}");
        }
    }

    #[test]
    fn a_name_has_the_parts_that_words_have() {
        for (name, bad, good) in [
            ("Abdur-Rahman Khan", ["ask abdur", "Rahman's card", "abdurrahmankhan"], ["abdu", "the rah man"]),
            ("Md.Rahim", ["rahim is here", "card of md rahim", "MDRAHIM"], ["md is a title", "rahims"]),
            ("Rokeya", ["rokeya-1", "rokeya7", "the rokeyas"], ["roke ya", "emp-1"]),
            // Parts of these names up to a vowel's sign or a joiner are words of their own.
            ("রোকেয়া সুলতানা", ["রোকেয়া এসেছেন", "কার্ড: সুলতানা।", "সুলতানা-৯"], ["সুলতান", "রোকে"]),
            ("চৌধুরী মান্নান", ["চৌধুরী", "মান্নান৭", "(মান্নান)"], ["মান", "মান্যবর নান রুটি"]),
        ] {
            let personal = named(name);
            for words in bad {
                assert!(is_in(&personal, words), "{name}: {words}");
            }
            for words in good {
                assert!(!is_in(&personal, words), "{name}: {words}");
            }
        }
    }
}
