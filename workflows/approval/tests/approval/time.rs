//! Calendar time and working time, reminders, and commands that come early, late or out of order.

use chrono::{DateTime, TimeDelta, Utc};
use vextrus_approval::{Outcome, What, forecast};
use vextrus_domain::RefusalCode;
use vextrus_domain::calendar::WorkingCalendar;

use crate::common::{BANGLADESH, Case, TWO, policy, start};
use crate::desk::{Desk, ask, comment, reply};

/// Two levels of so many working hours.
fn working(first: &str, second: &str) -> String {
    let levels = format!(
        "[[level]]\nrole = \"clerk\"\nwithin = \"{first}\"\n[[level]]\nrole = \"chief\"\nwithin = \"{second}\"\n"
    );
    policy("clock = \"working\"", &format!("{levels}[information]\nanswer_within = \"8h\""))
}

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00+06:00").parse().unwrap()
}

fn opened(text: &str, when: &str) -> Desk {
    Desk::open(text, Case::with("100", |c| c.at = at(when)))
}

fn due(desk: &Desk) -> DateTime<Utc> {
    desk.machine.due_at(desk.machine.open_tasks().next().unwrap()).unwrap()
}

#[test]
fn working_time_passes_in_office_hours_alone() {
    for (opened_at, hours, expected) in [
        ("2026-08-02T10:00", "8h", "2026-08-03T10:00"),
        ("2026-08-02T09:00", "8h", "2026-08-02T17:00"),
        // Thursday afternoon, and then Friday and Saturday.
        ("2026-08-06T16:00", "2h", "2026-08-09T10:00"),
        ("2026-08-07T12:00", "1h", "2026-08-09T10:00"),
        ("2026-08-06T23:59", "1h", "2026-08-09T10:00"),
        // 5 August is a holiday.
        ("2026-08-04T16:00", "2h", "2026-08-06T10:00"),
        // The holidays of Eid-ul-Azha, 26 to 31 May.
        ("2026-05-25T16:00", "2h", "2026-06-01T10:00"),
        // A bank holiday is a working day.
        ("2026-06-30T16:00", "2h", "2026-07-01T10:00"),
    ] {
        assert_eq!(due(&opened(&working(hours, "8h"), opened_at)), at(expected), "{hours} from {opened_at}");
    }
}

#[test]
fn reminders_and_deadlines_are_exact_in_working_time() {
    let mut desk = opened(&working("8h", "8h"), "2026-08-06T13:00");
    assert_eq!(desk.machine.next_moment(), Some(at("2026-08-06T17:00")), "half of the time, at closing");
    desk.now = at("2026-08-06T17:00") - TimeDelta::seconds(1);
    assert_eq!(desk.tick(), []);
    desk.now += TimeDelta::seconds(1);
    assert!(matches!(desk.tick()[0].what, What::Reminded { count: 1, .. }));
    assert_eq!(desk.machine.next_moment(), Some(at("2026-08-09T13:00")));
    desk.now = at("2026-08-09T13:00") - TimeDelta::seconds(1);
    assert_eq!(desk.tick(), []);
    desk.now += TimeDelta::seconds(1);
    desk.tick();
    assert_eq!(desk.machine.outcome(), Some(&Outcome::Expired { task: "level-1".parse().unwrap() }));
}

#[test]
fn a_question_over_the_weekend_takes_no_working_time() {
    let mut desk = opened(&working("8h", "8h"), "2026-08-06T13:00");
    desk.now = at("2026-08-06T15:00");
    desk.act("ana", ask("level-1")).unwrap();
    assert_eq!(desk.machine.next_moment(), Some(at("2026-08-09T15:00")), "the submitter has working time too");
    desk.now = at("2026-08-08T11:00");
    desk.act("sub", reply("r1")).unwrap();
    assert_eq!(due(&desk), at("2026-08-09T15:00"), "six hours were left");
}

#[test]
fn one_rule_may_have_another_clock() {
    let mixed = working("8h", "2d\"\nclock = \"calendar");
    let mut desk = opened(&mixed, "2026-08-06T13:00");
    assert_eq!(due(&desk), at("2026-08-09T13:00"));
    desk.approve("ana", "level-1").unwrap();
    assert_eq!(due(&desk), at("2026-08-08T13:00"));
    let plan = Case::with("100", |c| c.at = at("2026-08-06T13:00")).first(&mixed).unwrap();
    let due_by: Vec<DateTime<Utc>> = forecast(&plan, at("2026-08-06T13:00")).iter().map(|e| e.due_by).collect();
    assert_eq!(due_by, [at("2026-08-09T13:00"), at("2026-08-11T13:00")]);
}

#[test]
fn the_plan_carries_the_hours_that_it_was_made_with() {
    let mut desk = opened(&working("8h", "8h"), "2026-08-04T16:00");
    let moved = BANGLADESH.replace(
        "{date = \"2026-08-05\", name = \"July Uprising Day\", kind = \"government\", source = \"bdnews, list\", confidence = \"M\"},\n",
        "",
    );
    desk.case.calendar = WorkingCalendar::parse(&moved).unwrap();
    assert_eq!(due(&desk), at("2026-08-06T16:00"), "a later calendar moves nothing by itself");
    desk.act("ada", crate::desk::replan()).unwrap();
    desk.next_plan().unwrap();
    assert_eq!(due(&desk), at("2026-08-05T16:00"));
}

#[test]
fn reminders_go_out_at_their_shares_and_never_twice() {
    let text = policy("remind_at_percent = [25, 50, 90]", TWO);
    let mut desk = Desk::open(&text, Case::of("100"));
    let counts = |desk: &mut Desk, hours: i64| -> Vec<u32> {
        desk.now = start() + TimeDelta::hours(hours);
        desk.tick()
            .iter()
            .filter_map(|e| match e.what {
                What::Reminded { count, .. } => Some(count),
                _ => None,
            })
            .collect()
    };
    assert_eq!(counts(&mut desk, 11), [0; 0]);
    assert_eq!(counts(&mut desk, 12), [1]);
    assert_eq!(counts(&mut desk, 13), [0; 0]);
    assert_eq!(counts(&mut desk, 44), [3], "two at once are one");
    assert_eq!(counts(&mut desk, 47), [0; 0]);
    let mut none = Desk::open(&policy("remind_at_percent = []", TWO), Case::of("100"));
    assert_eq!(counts(&mut none, 47), [0; 0]);
}

#[test]
fn a_command_counts_from_when_it_was_given() {
    let mut desk = Desk::open(&policy("", TWO.replace("escalate", "#escalate").as_str()), Case::of("100"));
    let mut in_time = desk.later(47).command("ana", comment());
    let decide = {
        let mut other = desk.clone();
        other.approve("ana", "level-1").unwrap();
        other.events.last().unwrap().at
    };
    assert_eq!(decide, desk.now);
    // It waited for three hours while nothing ran: it is not late.
    let task = "level-1".parse().unwrap();
    let plan_hash = desk.machine.tasks()[0].plan_hash.clone();
    in_time.action =
        vextrus_approval::Action::Decide { task, plan_hash, answer: "approve".to_owned(), comment: String::new() };
    let mut late = desk.clone();
    desk.later(3);
    desk.send(in_time.clone()).unwrap();
    assert_eq!(desk.events.last().unwrap().at, start() + TimeDelta::hours(47));
    assert_eq!(due(&desk), start() + TimeDelta::hours(47 + 96), "and the next level has all of its time from then on");
    // But what time has brought stays, and a clock that runs ahead makes no command early.
    let mut expired = late.clone();
    expired.later(3).tick();
    assert_eq!(expired.send(in_time.clone()), Err(RefusalCode::DocumentClosed));
    in_time.at += TimeDelta::days(400);
    late.send(in_time).unwrap();
    assert_eq!(late.events.last().unwrap().at, late.now);
}

#[test]
fn time_never_goes_back() {
    let mut desk = Desk::open(&policy("", TWO), Case::of("100"));
    desk.later(20).act("ana", comment()).unwrap();
    desk.later(-19);
    let events = desk.approve("ana", "level-1").unwrap();
    assert!(events.iter().all(|e| e.at == start() + TimeDelta::hours(20)));
    assert_eq!(desk.tick(), []);
    assert!(desk.events.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[test]
fn what_is_due_comes_before_a_command() {
    let mut desk = Desk::open(&policy("", TWO), Case::of("100"));
    let events = desk.later(49).act("hasan", ask("level-1")).unwrap();
    assert!(matches!(events[0].what, What::Escalated { .. }), "the deputy is asked by then");
    assert!(events[0].request.is_none() && events[1].request.is_some());
    let mut desk = Desk::open(&policy("", TWO), Case::of("100"));
    desk.approve("ana", "level-1").unwrap();
    assert_eq!(desk.later(97).approve("gita", "level-2"), Err(RefusalCode::DocumentClosed));
    assert_eq!(desk.machine.outcome(), None, "a refusal changes nothing; the timer will");
}

#[test]
fn the_ends_of_time_are_no_panic() {
    let mut desk = Desk::open(&working("3652d", "3652d"), Case::of("100"));
    assert!(due(&desk) > start());
    desk.now = DateTime::<Utc>::MAX_UTC;
    desk.tick();
    assert!(desk.machine.outcome().is_some());
    let far = Desk::open(&working("3652d", "8h"), Case::with("100", |c| c.at = DateTime::<Utc>::MAX_UTC));
    assert_eq!(due(&far), DateTime::<Utc>::MAX_UTC);
}
