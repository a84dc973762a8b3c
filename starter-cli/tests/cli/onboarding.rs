//! An onboarding with `vextrus dev`: begun, worked at by people and systems, moved, taken back, and its record erased.

use chrono::{Days, Utc};
use serde_json::{Value, json};
use vextrus_domain::calendar::dhaka_date;

use crate::program::{Program, root, run, until, vextrus};
use crate::running::{Dev, id};

const ENGINEER: &str = "examples/onboarding/01-engineer.json";
/// What may be shown to those alone whom it concerns.
const PERSONAL: [&str; 4] = ["Rokeya", "rokeya", "1712345678", "1234567890"];

#[test]
fn an_onboarding_from_its_start_to_its_end() {
    let dev = Dev::start(&[]);
    let process = begun(&dev);
    it_is_shown_to_whom_it_concerns(&dev, &process);
    it_waits_in_inboxes(&dev, &process);
    people_and_systems_work_at_it(&dev, &process);
    it_is_changed(&dev, &process);
    it_is_taken_back(&dev, &process);
    its_record_is_erased(&dev, &process);
    let session = dev.session();
    let mut command = dev.command(&["ledger", "check", "--tenant", "acme-bd"]);
    command.env("VEXTRUS_LEDGER_ADDRESS", session["ledger"].as_str().unwrap());
    assert!(run(command).ok().contains("sound"));
}

/// A day in Dhaka, so many days from now: soon enough for everything that is done before the first day at work.
fn in_days(days: u64) -> String {
    dhaka_date(Utc::now()).checked_add_days(Days::new(days)).unwrap().to_string()
}

/// The example, with the first day in a week.
fn engineer() -> String {
    let text = std::fs::read_to_string(root().join(ENGINEER)).unwrap();
    let mut employee: Value = serde_json::from_str(&text).unwrap();
    employee["employment"]["start_date"] = in_days(7).into();
    employee.to_string()
}

fn on(dev: &Dev, person: &str, process: &str, verb: &str, more: &[&str]) -> crate::program::Ran {
    dev.by(person, &[&["onboarding", verb, process], more].concat())
}

fn show(dev: &Dev, process: &str) -> Value {
    on(dev, "hasina", process, "show", &["-o", "json"]).json()
}

fn task(shown: &Value, task: &str) -> Value {
    shown["tasks"].as_array().unwrap().iter().find(|t| t["task"] == task).unwrap_or_else(|| panic!("{shown:#}")).clone()
}

fn until_task(dev: &Dev, process: &str, of: &str, state: &str) -> Value {
    until(&format!("{of} is {state}"), || {
        let shown = show(dev, process);
        let found = shown["tasks"].as_array().unwrap().iter().find(|t| t["task"] == of && t["state"] == state);
        found.cloned()
    })
}

fn begun(dev: &Dev) -> String {
    dev.by("nasrin", &["onboarding", "start", ENGINEER]).fails(4, "NOT_ADMINISTRATOR");
    dev.by("hasina", &["onboarding", "start", "/nowhere.json"]).fails(1, "/nowhere.json");
    let text = engineer();
    for (good, bad, said) in [
        ("01712345678", "0171-2345", "INVALID_FIELD"),
        ("rokeya.sultana@example.com", "rokeya", "personal.email"),
        ("karim", "emp-0042", "employment.manager"),
    ] {
        let command = dev.command(&["--as", "hasina", "onboarding", "start", "-"]);
        let ran = Program::start(command, &text.replace(good, bad)).wait();
        assert!(!PERSONAL.iter().any(|personal| ran.err.contains(personal)), "{ran:#?}");
        ran.fails(4, said);
    }
    let file = dev.folder.path().join("engineer.json");
    std::fs::write(&file, &text).unwrap();
    let start = ["onboarding", "start", file.to_str().unwrap(), "--request-id", "s-1", "-o", "json"];
    let started = dev.by("hasina", &start).json();
    assert_eq!((&started["kind"], &started["employee"]), (&json!("onboarding"), &json!("emp-0042")));
    assert_eq!(started["personal"]["name"], "Rokeya Sultana");
    assert_eq!(id(&dev.by("hasina", &start).json()), id(&started), "the same request");
    std::fs::write(&file, text.replace("G7", "G8")).unwrap();
    dev.by("hasina", &["onboarding", "start", file.to_str().unwrap()]).fails(4, "PROCESS_OPEN");
    id(&started)
}

fn it_is_shown_to_whom_it_concerns(dev: &Dev, process: &str) {
    until_task(dev, process, "appointment-letter", "open");
    let text = on(dev, "karim", process, "show", &[]).ok();
    let first_day = format!("first day   {}, probation until ", in_days(7));
    for said in [
        first_day.as_str(),
        "emp-0042",
        "running, preparation",
        "Site engineer (skilled, G7) of works",
        "manager karim, HR manager hasina",
        "name        Rokeya Sultana",
        "task                   state    owner       due ",
        "appointment-letter     open     hr ",
        "probation-review       waiting  manager ",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let shown = on(dev, "nasrin", process, "show", &["-o", "json"]).json();
    let text = on(dev, "nasrin", process, "show", &[]).ok() + &shown.to_string();
    assert!(!PERSONAL.iter().any(|personal| text.contains(personal)), "{text}");
    assert_eq!(shown["personal"], Value::Null);
    on(dev, "hasina", "no-such", "show", &[]).fails(3, "NOT_FOUND");
    dev.by("hasina", &["offboarding", "show", process]).fails(3, "NOT_FOUND");
    let listed = dev.by("nasrin", &["onboarding", "list", "-o", "jsonl"]).jsonl();
    assert_eq!((listed.len(), id(&listed[0]).as_str()), (1, process));
    assert!(
        dev.by("nasrin", &["onboarding", "list"]).ok().contains(&format!("emp-0042  running  {}  works", in_days(7)))
    );
    assert_eq!(dev.by("nasrin", &["offboarding", "list"]).ok(), "there is no offboarding\n");
}

fn it_waits_in_inboxes(dev: &Dev, process: &str) {
    let lines = dev.by("hasina", &["inbox", "-o", "jsonl"]).jsonl();
    let letter = lines.iter().find(|l| l["task"] == "appointment-letter").unwrap();
    assert_eq!((&letter["employee"], &letter["total"]), (&json!("emp-0042"), &Value::Null));
    assert_eq!((&letter["kind"], &letter["answers"]), (&json!("employee_task"), &json!([])));
    let text = dev.by("hasina", &["inbox"]).ok();
    let line = format!("{process}  appointment-letter onboarding of emp-0042  due ");
    assert!(
        text.contains(&line)
            && text.contains("    for hasina: Appointment letter, signed")
            && text.contains("[complete]"),
        "{text}"
    );
    assert!(dev.by("rahim", &["inbox"]).ok().contains("nothing waits for you"));
}

fn people_and_systems_work_at_it(dev: &Dev, process: &str) {
    on(dev, "karim", process, "complete", &["appointment-letter"]).fails(4, "NOT_ELIGIBLE");
    on(dev, "hasina", process, "complete", &["appointment-letter", "--note", "Rokeya has signed"])
        .fails(4, "PERSONAL_DATA");
    on(dev, "hasina", process, "skip", &["appointment-letter", "--reason", "later"]).fails(4, "NOT_SKIPPABLE");
    on(dev, "karim", process, "complete", &["probation-review", "--verdict", "confirm"]).fails(4, "TASK_NOT_OPEN");
    on(dev, "hasina", process, "complete", &["no-such"]).fails(3, "TASK_UNKNOWN");
    on(dev, "hasina", process, "retry", &["appointment-letter", "--reason", "again"]).fails(4, "ANSWER_NOT_ALLOWED");
    let complete = ["appointment-letter", "--note", "signed twice", "--request-id", "c-1", "-o", "json"];
    let taken = on(dev, "hasina", process, "complete", &complete).json();
    let open = taken["open_tasks"].as_array().unwrap();
    assert!(open.contains(&json!("identity-papers")) && !open.contains(&json!("appointment-letter")), "{taken}");
    let account = until_task(dev, process, "create-user-account", "done");
    assert_eq!((&account["by"], &account["reference"]), (&Value::Null, &json!("account emp-0042 1")));
    until_task(dev, process, "schedule-orientation", "done");
    let again = on(dev, "hasina", process, "complete", &complete).json();
    assert_eq!(again["process"], taken["process"], "the same request");
    on(dev, "hasina", process, "complete", &["appointment-letter", "--request-id", "c-1"])
        .fails(4, "REQUEST_ID_REUSED");
    on(dev, "hasina", process, "complete", &["appointment-letter"]).fails(4, "ALREADY_DECIDED");
    let text = on(dev, "hasina", process, "complete", &["identity-papers"]).ok();
    assert!(text.starts_with("taken; open: ") && text.contains("bank-account"), "{text}");
    let papers = until_task(dev, process, "identity-papers", "done");
    assert_eq!((&papers["by"], &papers["on_behalf_of"]), (&json!("hasina"), &json!("emp-0042")));
    on(dev, "karim", process, "skip", &["assign-mentor", "--reason", "nobody is free"]).ok();
    assert_eq!(until_task(dev, process, "assign-mentor", "skipped")["note"], "nobody is free");
}

fn it_is_changed(dev: &Dev, process: &str) {
    let later = in_days(14);
    on(dev, "karim", process, "move-start", &[&later, "--reason", "a notice"]).fails(4, "NOT_ADMINISTRATOR");
    on(dev, "hasina", process, "move-start", &["soon", "--reason", "a notice"]).fails(4, "move_start.start_date");
    on(dev, "hasina", process, "move-start", &[&later, "--reason", "a notice"]).ok();
    on(dev, "hasina", process, "change-manager", &["--to", "nobody", "--reason", "x"]).fails(4, "NOT_ELIGIBLE");
    on(dev, "hasina", process, "change-manager", &["--to", "shirin", "--reason", "another site"]).ok();
    on(dev, "hasina", process, "reassign", &["photo-id", "--to", "rubel", "--reason", "they print it"]).ok();
    let shown = until("the changes are in the ledger", || {
        let shown = show(dev, process);
        let review = task(&shown, "probation-review")["people"] == json!(["shirin"]);
        (review && task(&shown, "photo-id")["people"] == json!(["rubel"])).then_some(shown)
    });
    assert_eq!((&shown["start_date"], &shown["employment"]["manager"]), (&json!(later), &json!("shirin")));
}

fn it_is_taken_back(dev: &Dev, process: &str) {
    dev.by("hasina", &["employee", "erase", "emp-0042", "--reason", "asked for"]).fails(4, "PROCESS_OPEN");
    on(dev, "hasina", process, "withdraw", &["--reason", " "]).fails(4, "REASON_REQUIRED");
    let text = on(dev, "hasina", process, "withdraw", &["--reason", "another post was taken"]).ok();
    assert_eq!(text, "taken back; what was done is undone\n");
    let seen = on(dev, "hasina", process, "watch", &["-o", "jsonl"]).jsonl();
    let last = seen.last().unwrap();
    assert_eq!((&last["state"], &last["status"]), (&json!("ended"), &json!("withdrawn")), "{last:#}");
    assert_eq!(last["why"], "another post was taken");
    let undone = task(last, "undo-create-user-account");
    assert_eq!((&undone["state"], &undone["undoes"]), (&json!("done"), &json!("create-user-account")));
    let text = on(dev, "hasina", process, "show", &[]).ok();
    assert!(
        text.contains("state       ended, withdrawn") && text.contains("because     another post was taken"),
        "{text}"
    );
    on(dev, "hasina", process, "withdraw", &["--reason", "again"]).fails(4, "DOCUMENT_CLOSED");
    let last_day = in_days(90);
    let leave = ["--last-day", &last_day, "--reason", "another post", "--hr-manager", "hasina"];
    dev.by("hasina", &[&["offboarding", "start", "emp-0042"], &leave[..]].concat()).fails(4, "NOT_ONBOARDED");
}

fn its_record_is_erased(dev: &Dev, process: &str) {
    dev.by("nasrin", &["employee", "erase", "emp-0042", "--reason", "asked for"]).fails(4, "NOT_ADMINISTRATOR");
    dev.by("hasina", &["employee", "erase", "emp-9", "--reason", "asked for"]).fails(3, "NOT_FOUND");
    let erase = ["employee", "erase", "emp-0042", "--reason", "asked for"];
    assert_eq!(dev.by("hasina", &erase).ok(), "the record of emp-0042 is erased\n");
    assert_eq!(dev.by("hasina", &[&erase[..], &["-o", "json"]].concat()).json(), json!({"erased": "emp-0042"}));
    let shown = on(dev, "hasina", process, "show", &["-o", "json"]).json();
    assert_eq!((&shown["personal"], &shown["employee"]), (&Value::Null, &json!("emp-0042")));
}

#[test]
fn a_file_that_cannot_be_read_needs_no_server_and_repeats_nothing() {
    let text = std::fs::read_to_string(root().join(ENGINEER)).unwrap();
    for bad in
        [text.replace("1234567890\"", "12345-secret\""), text.replace("\"name\"", "\"secret\""), "secret".to_owned()]
    {
        let ran = Program::start(vextrus(&["onboarding", "start", "-"]), &bad).wait();
        assert!(!ran.err.contains("secret") && !ran.err.contains("okeya"), "{ran:#?}");
        ran.fails(4, "INVALID_FIELD: the employee cannot be read");
    }
}
