//! When what was withheld is due.

use serde_json::{Value, json};

use super::{file, tax, tax_json};

#[test]
fn deadlines_of_a_month_are_listed_with_their_doubts() {
    let answer = tax_json(&["deadlines", "--month", "2026-07"]);
    let due = |answer: &Value, duty: &str| -> Vec<Value> {
        answer["deadlines"].as_array().unwrap().iter().filter(|d| d["duty"] == duty).cloned().collect()
    };
    assert_eq!((&answer["month"], &answer["vat_registered"]), (&json!("2026-07"), &json!(true)));
    let deposit = &due(&answer, "tds_deposit")[0];
    assert_eq!((&deposit["due"], &deposit["doubtful"]), (&json!("2026-08-14"), &json!(false)));
    assert_eq!(due(&answer, "vat_return")[0]["doubtful"], true);
    assert!(due(&answer, "vds_deposit").is_empty() && !due(&answer, "vds_adjustment").is_empty());

    let unregistered = tax_json(&["deadlines", "--month", "২০২৬-০৭", "--unregistered"]);
    assert!(due(&unregistered, "vat_return").is_empty());
    assert_eq!(due(&unregistered, "vds_deposit")[0]["due"], "2026-07-16");

    let said = tax(&["deadlines", "--month", "2026-07"]).ok();
    assert!(said.contains("Fri 2026-08-14   H") && said.contains("Sat 2026-08-15?"), "{said}");
    assert!(said.contains("? the holidays of 2026 are not all listed: the day may move"), "{said}");
    let path = tax(&["deadlines", "--month", "2026-07", "--calendar", "rules/calendar/bangladesh.toml"]).ok();
    assert_eq!(said.lines().skip(1).collect::<Vec<_>>(), path.lines().skip(1).collect::<Vec<_>>());

    let (_folder, broken) = file("calendar.toml", "weekend = 7\n");
    tax(&["deadlines", "--month", "2026-07", "--calendar", broken.to_str().unwrap()]).fails(1, "calendar.toml");
}
