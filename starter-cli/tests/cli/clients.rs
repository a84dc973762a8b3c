//! Clients that nobody here wrote, and the sample of docs/integration.md.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use vextrus_domain::Taka;

use crate::program::{Ran, program, root, run, until};
use crate::running::{Dev, invoice};

const PAGE: &str = include_str!("../../../docs/integration.md");

/// A person's token of this session.
fn token(dev: &Dev, person: &str) -> String {
    dev.session()["tokens"][person].as_str().unwrap().to_owned()
}

/// `buf curl`, which learns of methods and messages by reflection alone.
fn buf(dev: &Dev, person: &str, protocol: &str, method: &str, message: &Value) -> Ran {
    let mut command = match std::env::var_os("VEXTRUS_BUF") {
        Some(buf) => program(Path::new(&buf)),
        None => {
            let mut fetch = Command::new("python3");
            let found = fetch.arg(root().join("tools/fetch.py")).arg("buf").output().unwrap();
            assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
            program(Path::new(String::from_utf8(found.stdout).unwrap().trim()))
        }
    };
    let address = dev.session()["address"].as_str().unwrap().to_owned();
    command.args(["curl", "--protocol", protocol, "--http2-prior-knowledge", "--emit-defaults"]);
    command.args(["-H", &format!("authorization: Bearer {}", token(dev, person))]);
    command.args(["-d", &message.to_string(), &format!("{address}/{method}")]);
    run(command)
}

fn content(file: &str) -> Value {
    let file: Value = serde_json::from_str(file).unwrap();
    let poisha = |value: &Value| value.as_str().unwrap().parse::<Taka>().unwrap().poisha().to_string();
    let line = &file["lines"][0];
    json!({
        "vendor": file["vendor"], "number": file["number"], "date": file["date"], "dueDate": file["due_date"],
        "currency": "BDT", "department": file["department"],
        "lines": [{"description": line["description"], "quantity": line["quantity"],
            "unitPricePoisha": poisha(&line["unit_price"]), "amountPoisha": poisha(&line["amount"])}],
        "subtotalPoisha": poisha(&file["subtotal"]), "vatPoisha": poisha(&file["vat"]),
        "totalPoisha": poisha(&file["total"]),
    })
}

#[test]
fn a_generic_client_brings_an_invoice_from_submission_to_payment() {
    let dev = Dev::start(&[]);
    let tenant = dev.session()["tenant"].as_str().unwrap().to_owned();
    let parent = format!("tenants/{tenant}");
    for (number, protocol) in [("BUF-1", "grpc"), ("BUF-22", "grpcweb")] {
        let submission =
            json!({"parent": parent, "requestId": format!("buf-{number}"), "content": content(&invoice(number))});
        let submit = "vextrus.invoice.v1.InvoiceService/SubmitInvoice";
        let submitted = buf(&dev, "nasrin", protocol, submit, &submission).json();
        let name = submitted["invoice"]["name"].as_str().unwrap().to_owned();
        let again = buf(&dev, "nasrin", protocol, submit, &submission).json();
        assert_eq!((&again["invoice"]["name"], &again["repeatedRequest"]), (&json!(name), &json!(true)));
        let task = until("its task is in the inbox", || {
            let list = "vextrus.approval.v1.ApprovalService/ListTasks";
            let tasks = buf(&dev, "rahim", protocol, list, &json!({"parent": parent})).json();
            let found = tasks["tasks"].as_array()?.iter().find(|task| task["document"] == name.as_str())?;
            Some(found["name"].as_str()?.to_owned())
        });
        let act = json!({"name": task, "requestId": "decide-1", "decide": {"answer": "approve"}});
        let acted = buf(&dev, "rahim", protocol, "vextrus.approval.v1.ApprovalService/Act", &act).json();
        assert_eq!(acted["principal"], "rahim", "{acted:#}");
        let paid = until("it is paid", || {
            let get = "vextrus.invoice.v1.InvoiceService/GetInvoice";
            let shown = buf(&dev, "nasrin", protocol, get, &json!({"name": name})).json();
            (shown["invoice"]["state"] == "DOCUMENT_STATE_SETTLED").then_some(shown)
        });
        assert!(paid["invoice"]["paymentInstruction"].as_str().unwrap().starts_with("PI-"), "{paid:#}");
        let refused = buf(&dev, "nasrin", protocol, submit, &json!({"parent": parent, "requestId": "x"}));
        assert!(refused.code != Some(0) && refused.err.contains("INVALID_FIELD"), "{refused:#?}");
    }
    drop(dev);
}

/// A folder with Python's gRPC, and its code generated from the proto files.
fn generated(folder: &Path) -> String {
    let mut fetch = Command::new("python3");
    let found = fetch.arg(root().join("tools/fetch.py")).arg("grpc").output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    let packages = String::from_utf8(found.stdout).unwrap().trim().to_owned();
    let files = ["approval/v1/approval", "approval/v1/attachment", "audit/v1/audit", "invoice/v1/invoice"]
        .map(|name| format!("vextrus/{name}.proto"));
    let googles = ["annotations", "http"].map(|name| format!("google/api/{name}.proto"));
    let out = folder.display();
    let mut generate = program(Path::new("/usr/bin/env"));
    generate.args(["python3", "-m", "grpc_tools.protoc", "-I"]).arg(root().join("proto"));
    generate.args([format!("--python_out={out}"), format!("--grpc_python_out={out}")]).args(files).args(googles);
    run({
        generate.env("PYTHONPATH", &packages);
        generate
    })
    .ok();
    format!("{out}:{packages}")
}

#[test]
fn a_client_that_is_generated_from_the_protos_brings_an_invoice_and_its_paper_to_payment() {
    let dev = Dev::start(&[]);
    let session = dev.session();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for person in ["nasrin", "rahim"] {
        std::fs::write(path(&format!("{person}.jwt")), token(&dev, person)).unwrap();
    }
    std::fs::write(path("bill.json"), invoice("GEN-1")).unwrap();
    let bytes: Vec<u8> = b"%PDF-1.7\n".iter().copied().chain((0..300_000_u32).map(|i| i.to_le_bytes()[0])).collect();
    std::fs::write(path("bill.pdf"), bytes).unwrap();
    let python = generated(folder.path());
    let mut client = program(Path::new("/usr/bin/env"));
    client.arg("python3").arg(root().join("examples/client/generated.py"));
    client
        .arg(session["address"].as_str().unwrap().trim_start_matches("http://"))
        .arg(session["tenant"].as_str().unwrap());
    client.arg(path("bill.json")).arg("--submitter-token").arg(path("nasrin.jwt"));
    client.arg("--approver-token").arg(path("rahim.jwt")).arg("--attach").arg(path("bill.pdf"));
    client.env("PYTHONPATH", &python);
    let told = run(client).ok();
    assert!(told.starts_with("submitted tenants/") && told.contains("attached 300009 bytes"), "{told}");
    assert!(told.contains("DOCUMENT_OUTCOME_APPROVED PI-") && told.ends_with("read back as it was\n"), "{told}");
    drop(dev);
}

#[test]
fn the_sample_client_does_what_its_page_says() {
    let dev = Dev::start(&[]);
    let session = dev.session();
    let folder = tempfile::tempdir().unwrap();
    for person in ["nasrin", "rahim"] {
        std::fs::write(folder.path().join(format!("{person}.jwt")), token(&dev, person)).unwrap();
    }
    let block = PAGE.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let line = block.replace("\\\n", " ").replace("http://127.0.0.1:7300", session["address"].as_str().unwrap());
    let line = line.replace("acme-bd", session["tenant"].as_str().unwrap());
    let line = line.replace("examples/", &format!("{}/examples/", root().display()));
    let follow = || {
        let mut shell = program(Path::new("/bin/sh"));
        shell.args(["-ec", &line]).current_dir(folder.path());
        run(shell)
    };
    let told = follow().ok();
    assert!(told.starts_with("submitted tenants/") && told.contains("DOCUMENT_OUTCOME_APPROVED PI-"), "{told}");
    // The same bill again is another request for what is there already.
    let refused = follow().exits(1);
    assert!(refused.err.starts_with("DUPLICATE_INVOICE"), "{refused:#?}");
    drop(dev);
}
