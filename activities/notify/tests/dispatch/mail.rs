//! Events by mail, to a server on this machine.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use serde_json::json;
use vextrus_domain::{Lang, Party};
use vextrus_ledger::outbox::EventKind;
use vextrus_notify::Channels;
use vextrus_platform::notify::{NotifyConfig, SmtpSecurity};
use vextrus_tests_support::company::{Acme, id};
use vextrus_tests_support::on_both;

use crate::mail_server::{Mail, MailServer, Tls};
use crate::{TODAY, add, config, contact, deliveries, dispatch, dispatch_all, file, opened, states};

on_both![
    people_are_written_to_in_their_language,
    a_mail_sent_twice_has_one_message_id,
    who_has_no_address_is_passed_by_visibly,
    what_the_server_will_not_have_is_dead,
    what_the_server_cannot_take_now_is_sent_later,
    credentials_that_are_refused_kill_no_mail,
    mail_goes_out_over_tls_from_either_beginning,
    a_certificate_that_nobody_knows_is_not_spoken_to,
    one_recipients_trouble_is_not_the_others,
    connections_are_kept,
    no_line_of_a_header_comes_from_an_event,
];

fn mail(server: &MailServer) -> NotifyConfig {
    NotifyConfig {
        smtp_host: "localhost".to_owned(),
        smtp_port: server.address.port(),
        smtp_security: SmtpSecurity::None,
        smtp_from: "Approvals <approvals@acme.example>".to_owned(),
        link: "https://erp.acme.example/{collection}/{document}".to_owned(),
        timeout_millis: 2_000,
        ..config("smtp")
    }
}

fn channels(server: &MailServer) -> Channels {
    Channels::configured(&mail(server)).unwrap()
}

async fn rina(acme: &Acme, lang: Lang) {
    contact(acme, Party::Person(id("rina")), "rina@acme.example", lang).await;
}

/// A header of a mail, folded lines put together.
fn header(mail: &Mail, name: &str) -> String {
    let (head, _) = mail.text.split_once("\n\n").unwrap();
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let found = unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default();
    decoded_words(found)
}

/// Encoded words (RFC 2047, base64) as text. White space between two of them means nothing.
fn decoded_words(text: &str) -> String {
    let (mut out, mut after_encoded) = (String::new(), true);
    for word in text.split(' ') {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|w| w.strip_suffix("?="));
        if !(after_encoded && (encoded.is_some() || out.is_empty())) {
            out.push(' ');
        }
        match encoded {
            Some(encoded) => out.push_str(&String::from_utf8(BASE64.decode(encoded).unwrap()).unwrap()),
            None => out.push_str(word),
        }
        after_encoded = encoded.is_some();
    }
    out
}

/// The parts of a mail, plain text and HTML, decoded.
fn parts(mail: &Mail) -> Vec<(String, String)> {
    let boundary = mail.text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let boundary = format!("--{boundary}");
    let parts = mail.text.split(&boundary).skip(1).filter(|part| !part.starts_with("--"));
    parts
        .map(|part| {
            let (head, body) = part.trim_start().split_once("\n\n").unwrap();
            let kind = head.lines().find_map(|l| l.strip_prefix("Content-Type: ")).unwrap().to_owned();
            let encoding = head.lines().find_map(|l| l.strip_prefix("Content-Transfer-Encoding: ")).unwrap();
            let text = match encoding {
                "base64" => {
                    let joined: String = body.split_whitespace().collect();
                    String::from_utf8(BASE64.decode(joined).unwrap()).unwrap().replace("\r\n", "\n")
                }
                "quoted-printable" => quoted_printable(body),
                _ => body.to_owned(),
            };
            (kind, text)
        })
        .collect()
}

fn quoted_printable(body: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = body.replace("=\n", "");
    while let Some((before, after)) = rest.clone().split_once('=') {
        bytes.extend(before.as_bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = after[2..].to_owned();
    }
    bytes.extend(rest.as_bytes());
    String::from_utf8(bytes).unwrap()
}

async fn people_are_written_to_in_their_language(acme: &Acme) {
    acme.at(TODAY);
    let server = MailServer::new(Tls::None).await;
    rina(acme, Lang::Bn).await;
    contact(acme, Party::Person(id("salma")), "salma@acme.example", Lang::En).await;
    let invoice = vextrus_tests_support::company::invoice("padma", "INV-7", "100000");
    let key = acme.claim(&invoice).await.unwrap().key;
    let payload = json!({"task": "level-1", "to": ["rina", "salma"], "role": "accounts_payable",
        "question": "Is <it> due & right?", "due_at": "2025-08-12T11:00:00Z"});
    add(acme, key.document.as_str(), EventKind::TaskOpened, "level-1", payload).await;
    assert_eq!(dispatch(acme, &channels(&server)).await, 2);
    let mut mails = server.mails();
    mails.sort_by(|a, b| a.to.cmp(&b.to));
    let [bengali, english] = mails.as_slice() else { panic!("{mails:?}") };

    assert_eq!((english.from.as_str(), english.to.as_str()), ("approvals@acme.example", "salma@acme.example"));
    assert_eq!(header(english, "From"), "Approvals <approvals@acme.example>");
    assert_eq!(header(english, "Subject"), "Please decide: invoice INV-7 of padma limited (৳1,15,000.00)");
    assert_eq!(header(english, "Auto-Submitted"), "auto-generated");
    assert_eq!(header(english, "Content-Language"), "en");
    let [(plain, text), (html, page)] = parts(english).try_into().unwrap();
    assert!(plain.starts_with("text/plain; charset=utf-8") && html.starts_with("text/html; charset=utf-8"));
    for said in [
        "The invoice INV-7 of padma limited (৳1,15,000.00) waits for you.\nTask: level-1\nQuestion: Is <it> due & right?\n",
        "Until: 2025-08-12 17:00\n",
        &format!("Open it: https://erp.acme.example/invoices/{}\n", key.document),
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(
        page.contains("<p>Question: Is &lt;it&gt; due &amp; right?</p>") && page.contains("<html lang=\"en\">"),
        "{page}"
    );

    assert!(header(bengali, "Subject").starts_with("সিদ্ধান্ত দিন: বিল INV-7"), "{}", header(bengali, "Subject"));
    let [(_, text), (_, page)] = parts(bengali).try_into().unwrap();
    assert!(text.contains("শেষ সময়: ২০২৫-০৮-১২ ১৭:০০\n") && text.contains("১,১৫,০০০.০০৳"), "{text}");
    assert!(page.contains("<html lang=\"bn\">") && page.contains("খুলুন</a>"), "{page}");
    assert_ne!(header(english, "Message-ID"), header(bengali, "Message-ID"));
    assert!(deliveries(acme).await.iter().all(|d| d.state == "sent"));
}

async fn a_mail_sent_twice_has_one_message_id(acme: &Acme) {
    acme.at(TODAY);
    // It is taken, and the connection breaks before we are told.
    let server = MailServer::with(Tls::None, {
        let first = std::sync::atomic::AtomicBool::new(true);
        move |before, line| {
            let breaks = before == 1 && line == "NOTHING";
            let lost = line == "DONE" && first.swap(false, std::sync::atomic::Ordering::SeqCst);
            (breaks || lost).then(String::new)
        }
    })
    .await;
    rina(acme, Lang::En).await;
    opened(acme, "inv-1", "a").await;
    let channels = channels(&server);
    dispatch_all(acme, &channels).await;
    assert_eq!(states(acme).await, [("sent".to_owned(), 2, None)]);
    let again = server.mails();
    let expected = deliveries(acme).await[0].event.clone();
    let id = header(&again[0], "Message-ID");
    assert!(id.starts_with(&format!("<{expected}.")) && id.ends_with("@acme.example>"), "{id}");
    // The same event once more, as after a replay of what had arrived: the same id again.
    acme.database.raw().await.take_guards_away().await;
    let mut raw = acme.database.raw().await;
    raw.take_guards_away().await;
    raw.exec("UPDATE outbox_deliveries SET state = 'waiting', ended_at = NULL").await.unwrap();
    raw.exec("UPDATE outbox_lanes SET pending = 1").await.unwrap();
    dispatch_all(acme, &channels).await;
    let ids: BTreeSet<String> = server.mails().iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!((server.mails().len(), ids.len()), (2, 1));
}

async fn who_has_no_address_is_passed_by_visibly(acme: &Acme) {
    acme.at(TODAY);
    let server = MailServer::new(Tls::None).await;
    opened(acme, "inv-1", "a").await;
    assert_eq!(dispatch(acme, &channels(&server)).await, 1);
    let said = Some("no e-mail address is known".to_owned());
    assert_eq!(states(acme).await, [("skipped".to_owned(), 1, said)]);
    assert!(server.mails().is_empty());
    rina(acme, Lang::En).await;
    opened(acme, "inv-1", "b").await;
    dispatch(acme, &channels(&server)).await;
    assert_eq!(server.mails().len(), 1, "from now on");
}

async fn what_the_server_will_not_have_is_dead(acme: &Acme) {
    acme.at(TODAY);
    let server = MailServer::with(Tls::None, |_, line| {
        line.starts_with("RCPT").then(|| "550 5.1.1 <rina@acme.example> is unknown here".to_owned())
    })
    .await;
    rina(acme, Lang::En).await;
    opened(acme, "inv-1", "a").await;
    dispatch(acme, &channels(&server)).await;
    // The server's words hold an address, and are not repeated.
    let said = Some("the mail server answered 550".to_owned());
    assert_eq!(states(acme).await, [("dead".to_owned(), 1, said)]);
}

async fn what_the_server_cannot_take_now_is_sent_later(acme: &Acme) {
    acme.at(TODAY);
    rina(acme, Lang::En).await;
    for (number, (word, answer, said)) in [
        ("RCPT", "451 4.3.0 try again", "the mail server answered 451"),
        ("CONNECT", "421 closing", "the mail server answered 421"),
        ("DATA", "", "the connection to the mail server failed"),
        ("MAIL", "", "the connection to the mail server failed"),
        ("DONE", "452 4.2.2 full", "the mail server answered 452"),
    ]
    .into_iter()
    .enumerate()
    {
        let failed = std::sync::atomic::AtomicBool::new(false);
        let server = MailServer::with(Tls::None, move |_, line| {
            let hit =
                line.starts_with(word) && !failed.swap(line.starts_with(word), std::sync::atomic::Ordering::SeqCst);
            hit.then(|| answer.to_owned())
        })
        .await;
        let (document, channels) = (format!("inv-{number}"), channels(&server));
        opened(acme, &document, "a").await;
        assert_eq!(dispatch(acme, &channels).await, 1, "{word}");
        let found = deliveries(acme).await.into_iter().find(|d| d.document == document).unwrap();
        assert_eq!((found.state.as_str(), found.last_error.as_deref()), ("waiting", Some(said)), "{word} {answer}");
        acme.pass(TimeDelta::minutes(1));
        assert_eq!(dispatch(acme, &channels).await, 1, "{word}");
        assert_eq!(server.mails().len(), 1, "{word}");
    }
}

async fn credentials_that_are_refused_kill_no_mail(acme: &Acme) {
    acme.at(TODAY);
    let server =
        MailServer::with(Tls::Starttls, |_, line| line.starts_with("AUTH").then(|| "535 5.7.8 no".to_owned())).await;
    rina(acme, Lang::En).await;
    opened(acme, "inv-1", "a").await;
    let secured = NotifyConfig {
        smtp_security: SmtpSecurity::Starttls,
        smtp_root_file: file(&format!("root-{}", server.address.port()), &server.certificate),
        smtp_credentials_file: file("credentials", "approvals\nt0psecret\n"),
        ..mail(&server)
    };
    dispatch(acme, &Channels::configured(&secured).unwrap()).await;
    let said = Some("the mail server answered 535".to_owned());
    assert_eq!(states(acme).await, [("waiting".to_owned(), 1, said)]);
}

async fn mail_goes_out_over_tls_from_either_beginning(acme: &Acme) {
    acme.at(TODAY);
    rina(acme, Lang::En).await;
    for (tls, security) in [(Tls::Starttls, SmtpSecurity::Starttls), (Tls::FromTheFirstByte, SmtpSecurity::Tls)] {
        let server = MailServer::new(tls).await;
        let secured = NotifyConfig {
            smtp_security: security,
            smtp_root_file: file(&format!("root-{}", server.address.port()), &server.certificate),
            smtp_credentials_file: file("credentials", "approvals\nt0psecret\n"),
            ..mail(&server)
        };
        opened(acme, &format!("inv-{security:?}"), "a").await;
        assert_eq!(dispatch(acme, &Channels::configured(&secured).unwrap()).await, 1);
        let [taken] = server.mails().try_into().unwrap();
        assert!(taken.encrypted, "{security:?}");
        let expected = BASE64.encode("\0approvals\0t0psecret");
        assert_eq!(taken.auth.as_deref(), Some(format!("AUTH PLAIN {expected}").as_str()));
    }
}

async fn a_certificate_that_nobody_knows_is_not_spoken_to(acme: &Acme) {
    acme.at(TODAY);
    rina(acme, Lang::En).await;
    let server = MailServer::new(Tls::Starttls).await;
    opened(acme, "inv-1", "a").await;
    let strange = NotifyConfig { smtp_security: SmtpSecurity::Starttls, ..mail(&server) };
    dispatch(acme, &Channels::configured(&strange).unwrap()).await;
    assert_eq!(states(acme).await[0].0, "waiting");
    // A server without TLS gets nothing either, where TLS is asked for.
    let plain = MailServer::new(Tls::None).await;
    opened(acme, "inv-2", "a").await;
    let strict = NotifyConfig { smtp_security: SmtpSecurity::Starttls, ..mail(&plain) };
    dispatch(acme, &Channels::configured(&strict).unwrap()).await;
    assert!(server.mails().is_empty() && plain.mails().is_empty());
    assert!(states(acme).await.iter().all(|(state, ..)| state == "waiting"));
}

async fn one_recipients_trouble_is_not_the_others(acme: &Acme) {
    acme.at(TODAY);
    let server =
        MailServer::with(Tls::None, |_, line| line.contains("rina@").then(|| "450 4.2.1 busy".to_owned())).await;
    rina(acme, Lang::En).await;
    contact(acme, Party::Person(id("salma")), "salma@acme.example", Lang::En).await;
    for task in ["a", "b"] {
        let payload = json!({"task": task, "to": ["rina", "salma"]});
        add(acme, "inv-1", EventKind::TaskReminder, task, payload).await;
    }
    dispatch(acme, &channels(&server)).await;
    let to: Vec<String> = server.mails().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["salma@acme.example", "salma@acme.example"]);
}

async fn connections_are_kept(acme: &Acme) {
    acme.at(TODAY);
    let server = MailServer::new(Tls::None).await;
    rina(acme, Lang::En).await;
    for task in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        opened(acme, "inv-1", task).await;
    }
    assert_eq!(dispatch(acme, &channels(&server)).await, 10);
    // One is given back to the pool while the next is asked for already.
    assert!(server.mails().len() == 10 && server.connections() <= 3, "{}", server.connections());
}

async fn no_line_of_a_header_comes_from_an_event(acme: &Acme) {
    acme.at(TODAY);
    let server = MailServer::new(Tls::None).await;
    contact(acme, Party::Vendor(id("padma")), "sales@padma.example", Lang::En).await;
    let evil = "PO-1\r\nBcc: mallory@example.com\r\n\r\nhello";
    let payload = json!({"po_number": evil, "vendor": "padma", "amount": "1.00", "to": "nobody"});
    add(acme, "inv-1", EventKind::OrderIssued, "", payload).await;
    dispatch(acme, &channels(&server)).await;
    let [taken] = server.mails().try_into().unwrap();
    let (head, _) = taken.text.split_once("\n\n").unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert_eq!(header(&taken, "Subject"), "Purchase order PO-1  Bcc: mallory@example.com    hello");
    let [(_, text), _] = parts(&taken).try_into().unwrap();
    assert!(!text.contains("erp.acme.example"), "vendors get no link into the company: {text}");
}

#[test]
fn a_password_is_never_sent_in_plain() {
    let mixed = NotifyConfig {
        smtp_host: "mail.example.com".to_owned(),
        smtp_from: "a@example.com".to_owned(),
        smtp_security: SmtpSecurity::None,
        smtp_credentials_file: file("plain-credentials", "approvals\nt0psecret\n"),
        ..config("smtp")
    };
    let error = Channels::configured(&mixed).unwrap_err().to_string();
    assert!(error.contains("a password is not sent in plain") && !error.contains("t0psecret"), "{error}");
    let one_line = NotifyConfig {
        smtp_security: SmtpSecurity::Tls,
        smtp_credentials_file: file("one-line", "approvals:t0psecret\n"),
        ..mixed
    };
    let error = Channels::configured(&one_line).unwrap_err().to_string();
    assert!(error.contains("in its first line") && !error.contains("t0psecret"), "{error}");
}
