//! The command line as such.

use clap::CommandFactory as _;
use vextrus_approval::Action;
use vextrus_proto::FILE_DESCRIPTOR_SET;
use vextrus_proto::approval::v1::act_request::Action as Wanted;

use crate::program::{run, vextrus};

#[test]
fn the_command_line_is_consistent() {
    vextrus_starter_cli::Options::command().debug_assert();
}

/// The subcommands that a help page lists.
fn listed(page: &str) -> Vec<String> {
    let section = page.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.trim().is_empty());
    // A name is indented by two; what it does may go on in the next line, indented by more.
    let names = lines.filter(|line| !line[2..].starts_with(' ')).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_help_page_renders() {
    let mut pages = vec![Vec::<String>::new()];
    let mut next = 0;
    while let Some(path) = pages.get(next).cloned() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let page = run(vextrus(&args)).ok();
        assert!(page.contains("Usage: vextrus") && page.contains("--help"), "{path:?}: {page}");
        assert!(!page.trim_start().starts_with("Usage"), "{path:?} does not say what it is for");
        pages.extend(listed(&page).into_iter().map(|name| [path.clone(), vec![name]].concat()));
        next += 1;
    }
    let names: Vec<String> = pages.iter().map(|path| path.join(" ")).collect();
    let some = [
        "inbox",
        "ledger check",
        "ledger backup",
        "ledger restore",
        "outbox status",
        "outbox replay",
        "ledger reconcile",
        "ledger adopt-namespace",
        "dev",
        "demo",
        "order receive",
        "order close",
    ];
    let rules = ["rules check", "rules list", "rules diff", "rules test", "rules propose", "rules activate"];
    let employees =
        ["onboarding start", "onboarding move-start", "offboarding start", "offboarding list", "employee erase"];
    let delegations = ["delegation give", "delegation revoke", "delegation list"];
    let audits =
        ["report vds", "report tds", "report purchases", "report budget", "report obligations", "report journal"];
    let questions = ["report serials", "report document", "report rules", "treasury deposit", "treasury certify"];
    let closings =
        ["treasury reverse", "treasury cancel", "treasury show", "period lock", "period reopen", "period list"];
    let auditors = audits.into_iter().chain(questions).chain(closings);
    for name in some.into_iter().chain(rules).chain(delegations).chain(employees).chain(auditors) {
        assert!(names.iter().any(|n| n == name), "{name} is not listed: {names:?}");
    }
    let all = run(vextrus(&["--help"])).ok();
    assert!(
        all.contains("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 unavailable"),
        "{all}"
    );
    assert!(run(vextrus(&["--version"])).ok().starts_with("vextrus "));
}

#[test]
fn wrong_usage_exits_with_2() {
    let cases: [(&[&str], &str); 49] = [
        (&["frobnicate"], "frobnicate"),
        (&[], "Usage"),
        (&["invoice"], "Usage"),
        (&["invoice", "pay"], "pay"),
        (&["invoice", "reject", "x"], "--reason"),
        (&["order", "ask", "x"], "--question"),
        (&["order", "return", "x"], "--comment"),
        (&["invoice", "reassign", "x", "--from", "a", "--to", "b", "--reason", "r"], "--task"),
        (&["order", "receive", "PO-1"], "--line"),
        (&["order", "receive", "PO-1", "--line", "60"], "write it like 1=40"),
        (&["order", "close", "PO-1"], "--reason"),
        (&["delegation", "give", "--to", "a", "--from-day", "b", "--to-day", "c", "--document", "bill"], "bill"),
        (&["onboarding"], "Usage"),
        (&["onboarding", "start"], "FILE"),
        (&["onboarding", "complete", "x"], "TASK"),
        (&["onboarding", "complete", "x", "probation-review", "--verdict", "perhaps"], "perhaps"),
        (&["onboarding", "skip", "x", "t"], "--reason"),
        (&["onboarding", "reassign", "x", "t", "--reason", "r"], "--to"),
        (&["onboarding", "move-start", "x", "--reason", "r"], "DATE"),
        (&["offboarding", "start", "emp-1", "--last-day", "d", "--reason", "r"], "--hr-manager"),
        (&["employee", "erase", "emp-1"], "--reason"),
        (&["inbox", "-o", "yaml"], "yaml"),
        (&["inbox", "--as", "a", "--token-file", "b"], "--token-file"),
        (&["rules", "check", "weather", "x.toml"], "weather"),
        (&["rules", "propose", "tax", "x.toml", "--tenant", "a", "--by", "farida"], "--reason"),
        (&["rules", "propose", "tax", "x.toml", "--tenant", "a", "--reason", "r"], "--by"),
        (&["rules", "activate", "0", "--tenant", "a", "--by", "tanvir"], "0 is not in 1.."),
        (&["rules", "activate", "1", "--tenant", "a", "--by", "no person"], "is not a person id"),
        (&["rules", "diff", "--tenant", "a"], "--proposal"),
        (&["rules", "diff", "tax", "--tenant", "a"], "FILE"),
        (&["rules", "diff", "tax", "x.toml", "--proposal", "1", "--tenant", "a"], "--proposal"),
        (&["rules", "list"], "--tenant"),
        (&["ledger", "backup"], "<FILE>"),
        (&["ledger", "restore", "f"], "--by"),
        (&["report", "vds", "--tenant", "a"], "--month"),
        (&["report", "vds", "--tenant", "a", "--month", "2026-7"], "write year and month like 2026-07"),
        (&["report", "tds", "--tenant", "a", "--month", "2026-07", "--as-of", "x"], "write year, month and day"),
        (&["report", "journal", "--tenant", "a", "--from", "2026-07-01"], "--to"),
        (&["report", "document", "d", "--tenant", "a"], "--at"),
        (&["ledger", "check", "--tenant", "a", "-o", "csv"], "only `vextrus report` answers csv"),
        (&["treasury", "deposit", "vat", "--tenant", "a"], "use VDS or TDS"),
        (
            &["treasury", "deposit", "tds", "--tenant", "a", "--on", "2026-08-01", "--amount", "1", "--by", "b"],
            "--challan",
        ),
        (&["treasury", "reverse", "0", "--tenant", "a", "--reason", "r", "--by", "b"], "0 is not in 1.."),
        (&["period", "lock", "--tenant", "a", "--through", "2026-07-31", "--by", "b"], "--reason"),
        (&["outbox", "replay", "--tenant", "a", "--by", "b"], "DELIVERY"),
        (&["outbox", "replay", "x", "--all-dead", "--tenant", "a", "--by", "b"], "--all-dead"),
        (&["outbox", "replay", "x", "--tenant", "a"], "--by"),
        (&["outbox", "discard", "x", "--tenant", "a", "--by", "b"], "--reason"),
        (&["outbox", "list", "--dead", "--skipped", "--tenant", "a"], "--skipped"),
    ];
    for (args, said) in cases {
        run(vextrus(args)).fails(2, said);
    }
}

/// The action that an action of the API brings. One that is new there does not compile before it stands here.
const fn brings(wanted: &Wanted) -> &'static str {
    match wanted {
        Wanted::Decide(_) => "decide",
        Wanted::RequestInformation(_) => "request_info",
        Wanted::AnswerQuestion(_) => "answer",
        Wanted::ReturnForChanges(_) => "return",
        Wanted::Withdraw(_) => "withdraw",
        Wanted::Delegate(_) => "delegate",
        Wanted::Reassign(_) => "reassign",
        Wanted::Comment(_) => "comment",
        Wanted::Escalate(_) => "escalate",
        Wanted::Replan(_) => "replan",
        Wanted::Reassess(_) => "reassess",
    }
}

#[test]
fn every_action_can_be_taken_over_the_api_and_on_the_command_line() {
    let calls = [
        Wanted::Decide(Default::default()),
        Wanted::RequestInformation(Default::default()),
        Wanted::AnswerQuestion(Default::default()),
        Wanted::ReturnForChanges(Default::default()),
        Wanted::Withdraw(Default::default()),
        Wanted::Delegate(Default::default()),
        Wanted::Reassign(Default::default()),
        Wanted::Comment(Default::default()),
        Wanted::Escalate(Default::default()),
        Wanted::Replan(Default::default()),
        Wanted::Reassess(Default::default()),
    ];
    let pages = ["invoice", "order"].map(|noun| listed(&run(vextrus(&[noun, "--help"])).ok()));
    for name in Action::NAMES {
        let (verbs, call) = match name {
            "decide" => (vec!["approve", "reject"], None),
            "request_info" => (vec!["ask"], None),
            // It brings a new content, and has a call of its own for each type of document.
            "resubmit" => (vec!["resubmit"], Some(["ResubmitInvoice", "ResubmitPurchaseOrder"])),
            verb => (vec![verb], None),
        };
        for call in call.into_iter().flatten() {
            let described = FILE_DESCRIPTOR_SET.windows(call.len()).any(|part| part == call.as_bytes());
            assert!(described, "there is no {call}");
        }
        assert!(call.is_some() || calls.iter().any(|wanted| brings(wanted) == name), "{name} is not in ActRequest");
        for (page, verb) in pages.iter().flat_map(|page| verbs.iter().map(move |verb| (page, verb))) {
            assert!(page.iter().any(|listed| listed == verb), "{verb} is not listed: {page:?}");
        }
    }
    for page in &pages {
        for verb in ["submit", "show", "watch", "list", "trail", "explain"] {
            assert!(page.iter().any(|listed| listed == verb), "{verb} is not listed: {page:?}");
        }
    }
}

#[test]
fn every_action_on_a_process_can_be_taken_on_the_command_line() {
    for noun in vextrus_lifecycle::Process::ALL {
        let page = listed(&run(vextrus(&[noun.name(), "--help"])).ok());
        let actions = vextrus_lifecycle::Action::NAMES.map(|name| name.replace('_', "-"));
        for verb in actions.iter().map(String::as_str).chain(["start", "show", "list", "trail", "watch"]) {
            assert!(page.iter().any(|listed| listed == verb), "{noun} {verb} is not listed: {page:?}");
        }
    }
    let page = run(vextrus(&["onboarding", "complete", "--help"])).ok();
    for said in
        ["<PROCESS>", "<TASK>", "--verdict", "confirm", "extend", "--note", "without anything personal", "--request-id"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
}
