//! What people and scripts read of whole documents, held to files: `VEXTRUS_WRITE_GOLDEN=1 cargo test golden` writes them anew.

use std::path::{Path, PathBuf};

use serde_json::Value;
use vextrus_domain::Lang;
use vextrus_proto::approval::v1::ListTasksResponse;
use vextrus_proto::invoice::v1::Invoice;
use vextrus_proto::purchasing::v1::PurchaseOrder;

use crate::present::{Style, in_style};
use crate::{json, text};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn message<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Holds a text to its file.
fn holds(name: &str, text: &str) {
    let path = folder().join(name);
    let text = format!("{}\n", text.trim_end());
    if std::env::var_os("VEXTRUS_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(golden == text, "{} is to be:\n{golden}\nand is:\n{text}", path.display());
}

fn all(name: &str, text: &str, json: &Value) {
    holds(&format!("{name}.en.txt"), text);
    holds(&format!("{name}.bn.txt"), &in_style(text, Style { lang: Lang::Bn, colour: false }));
    holds(&format!("{name}.colour.txt"), &in_style(text, Style { lang: Lang::En, colour: true }));
    holds(&format!("{name}.out.json"), &serde_json::to_string_pretty(json).unwrap());
}

#[test]
fn an_invoice_reads_as_its_files_say() {
    let invoice: Invoice = message("invoice.json");
    all("invoice", &text::invoice(&invoice), &json::invoice(&invoice));
}

#[test]
fn an_order_reads_as_its_files_say() {
    let order: PurchaseOrder = message("order.json");
    all("order", &text::order(&order), &json::order(&order));
}

#[test]
fn an_inbox_reads_as_its_files_say() {
    let inbox: ListTasksResponse = message("inbox.json");
    let lines = inbox.tasks.iter().map(json::pending).collect();
    all("inbox", &text::inbox(&inbox.tasks), &Value::Array(lines));
}
