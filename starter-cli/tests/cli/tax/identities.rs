//! Numbers of taxpayers and people.

use serde_json::{Value, json};

use crate::program::{Ran, run, vextrus};

/// `vextrus identity check` with these arguments.
fn identity(args: &[&str]) -> Ran {
    run(vextrus(&[&["identity", "check"], args].concat()))
}

#[test]
fn identities_are_read_in_either_script() {
    let all =
        ["--tin", "১২৩৪-৫৬৭৮-৯০১২", "--bin", "১২৩৪৫৬৭৮৯-০১০১", "--nid", "১২৩ ৪৫৬ ৭৮৯০", "--mobile", "০১৭১২-৩৪৫৬৭৮"];
    let answer = identity(&[&all[..], &["-o", "json"]].concat()).json();
    let told: Vec<[&str; 4]> = answer
        .as_array()
        .unwrap()
        .iter()
        .map(|a| ["identity", "form", "canonical", "printed"].map(|key| a[key].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ["tin", "etin_12", "123456789012", "1234-5678-9012"],
            ["bin", "bin_13", "123456789-0101", "123456789-0101"],
            ["nid", "smart_10", "1234567890", "1234567890"],
            ["mobile", "mobile", "+8801712345678", "01712-345678"],
        ]
    );
    assert!(answer.as_array().unwrap().iter().all(|a| a["accepted"] == true && a["warning"].is_null()));
    let said = identity(&all).ok();
    assert!(said.contains("etin_12") && said.contains("1234-5678-9012"), "{said}");
    assert_eq!(identity(&[&all[..], &["-o", "jsonl"]].concat()).jsonl().len(), 4);
}

#[test]
fn identities_are_refused_by_form_and_profile() {
    identity(&[]).fails(2, "--tin");
    identity(&["--tin", "1234567890", "--identity-profile", "shop"]).fails(2, "write house, nbr or any");
    let legacy = identity(&["--tin", "1234567890"]).ok();
    assert!(legacy.contains("LEGACY_IDENTIFIER"), "{legacy}");
    let then = identity(&["--tin", "1234567890", "--on", "2013-12-31"]).ok();
    assert!(!then.contains("LEGACY"), "{then}");
    for (args, said) in [
        (["--tin", "1234567890", "--identity-profile", "nbr"], "give the e-TIN of 12 digits"),
        (["--tin", "123456789012", "--identity-profile", "house"], "give the TIN of 10 digits"),
        (["--bin", "123456789", "--identity-profile", "nbr"], "give the BIN of 13 digits"),
        (["--nid", "0123456789", "--identity-profile", "any"], "begins with 0"),
        (["--mobile", "01212345678", "--identity-profile", "any"], "does not begin with 013 to 019"),
        (["--tin", "12x", "--identity-profile", "any"], "character 3 of the TIN"),
    ] {
        let ran = identity(&args).exits(4);
        assert!(ran.out.contains("refused: ") && ran.out.contains(said), "{ran:#?}");
        assert!(ran.err.contains("1 of 1 is refused"), "{ran:#?}");
    }
    let mixed = identity(&["--tin", "123456789012", "--bin", "1", "-o", "json"]).exits(4);
    let answer: Value = serde_json::from_str(&mixed.out).unwrap();
    assert_eq!((&answer[0]["accepted"], &answer[1]["accepted"]), (&json!(true), &json!(false)));
    assert!(answer[1]["error"].as_str().unwrap().contains("BIN has 1 digits"), "{answer}");
    assert!(answer[1]["form"].is_null() && answer[0]["error"].is_null(), "{answer}");
}
