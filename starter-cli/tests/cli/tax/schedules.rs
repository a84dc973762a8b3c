//! Schedules: listed, shown, checked and compared.

use serde_json::{Value, json};

use super::{CONTRACTOR, file, house, tax, tax_json};
use crate::program::{run, vextrus};

#[test]
fn embedded_schedules_are_those_of_the_repository() {
    let all = tax_json(&["schedule", "list"]);
    for schedule in all.as_array().unwrap() {
        let name = schedule["schedule"].as_str().unwrap();
        let checked = run(vextrus(&["rules", "check", "tax", &format!("rules/tax/{name}.toml")])).ok();
        assert!(checked.contains(schedule["hash"].as_str().unwrap()), "{checked}");
    }
    assert_eq!((&all[0]["schedule"], &all[0]["rows"]), (&json!("house"), &json!(4)));
    assert_eq!(all[0]["taxes"], json!({"VAT": {"H": 1}, "TDS": {"H": 3}}));
    assert_eq!(tax(&["schedule", "list", "-o", "jsonl"]).jsonl().len(), all.as_array().unwrap().len());
    let said = tax(&["schedule", "list"]).ok();
    assert!(said.lines().any(|l| l.starts_with("house") && l.ends_with("TDS 3 H, VAT 1 H")), "{said}");
}

#[test]
fn rows_are_shown_by_tax_code_and_day() {
    let said = tax(&["schedule", "show"]).ok();
    assert!(
        said.contains("CONTRACTOR") && said.contains("7.5 %") && said.contains("Income Tax Act 2023 s.89"),
        "{said}"
    );
    let rows = |args: &[&str]| {
        let answer = tax_json(&[&["schedule", "show", "nbr"], args].concat());
        answer["rows"].as_array().unwrap().clone()
    };
    assert!(rows(&["--tax", "VDS"]).iter().all(|r| r["tax"] == "VDS"));
    let key = ["--code", "s89/RECYCLING_RAW"];
    let on = |day: &str| rows(&[&key[..], &["--on", day]].concat());
    assert_eq!((on("2026-06-30").len(), on("2026-07-01").len()), (1, 1));
    assert_eq!((&on("2026-06-30")[0]["rate_ppm"], &on("2026-07-01")[0]["rate_ppm"]), (&json!(15_000), &json!(10_000)));
    // With a code, the sources are shown; a code of several meanings shows them all.
    let said = tax(&["schedule", "show", "nbr", "--code", "S001.10"]).ok();
    assert!(said.contains("S001.10 is one of S001.10AC, S001.10nonAC") && said.contains("    source: "), "{said}");
    let none = tax(&["schedule", "show", "--code", "S999.99"]).ok();
    assert!(none.contains("no row is like that"), "{none}");
}

#[test]
fn a_broken_schedule_is_told_with_file_and_line() {
    let sound = house();
    let line = 1 + sound.lines().position(|l| l == "rate_ppm = 75000").unwrap();
    let (_folder, broken) = file("broken.toml", sound.replace("rate_ppm = 75000", "rate_ppm = \"much\""));
    let broken = broken.to_str().unwrap();
    let place = format!("{broken}:{line}: ");
    tax(&["schedule", "check", broken]).fails(1, &place);
    tax(&["assess", "-f", CONTRACTOR, "--schedule", broken]).fails(1, &place);

    let ran = tax(&["schedule", "check", "rules/tax/house.toml", broken, "/nowhere"]).exits(1);
    assert!(ran.out.starts_with("rules/tax/house.toml: a sound tax schedule house, "), "{ran:#?}");
    assert!(ran.err.starts_with(&place) && ran.err.contains("/nowhere cannot be opened"), "{ran:#?}");
    assert!(ran.err.ends_with("2 of 3 are not sound\n"), "{ran:#?}");

    let ran = tax(&["schedule", "check", broken, "-o", "json"]).exits(1);
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&answer[0]["sound"], &answer[0]["line"]), (&json!(false), &json!(line)));
}

#[test]
fn an_edited_schedule_differs_by_what_was_edited() {
    let said = tax(&["schedule", "diff", "house", "rules/tax/house.toml"]).ok();
    assert_eq!(said, "no difference\n");
    let (_folder, edited) = file("edited.toml", house().replace("rate_ppm = 75000", "rate_ppm = 70000"));
    let edited = edited.to_str().unwrap();
    let said = tax(&["schedule", "diff", "house", edited]).ok();
    assert!(said.starts_with("~ TDS CONTRACTOR 7.5 %") && said.contains("is now TDS CONTRACTOR 7 %"), "{said}");
    let answer = tax_json(&["schedule", "diff", "house", edited]);
    let changes = answer["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["change"]), (1, &json!("changed")));
    assert_eq!((&changes[0]["before"]["rate_ppm"], &changes[0]["after"]["rate_ppm"]), (&json!(75_000), &json!(70_000)));
    let (_folder, remarked) = file("remarked.toml", format!("# A remark.\n{}", house()));
    let said = tax(&["schedule", "diff", "house", remarked.to_str().unwrap()]).ok();
    assert!(said.starts_with("no difference in rows and settings"), "{said}");
}
