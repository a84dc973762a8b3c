//! A running `vextrus dev`, and commands on it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::program::{PATIENCE, Program, Ran, free_port, run, until, vextrus};

/// How often other ports are tried, when another process takes the chosen ones meanwhile.
const TRIES: u32 = 5;

/// A running `vextrus dev`.
pub(crate) struct Dev {
    pub(crate) program: Program,
    pub(crate) session_file: PathBuf,
    pub(crate) temporal_port: u16,
    pub(crate) ui_port: u16,
    // Dropped last.
    pub(crate) folder: tempfile::TempDir,
}

impl Dev {
    /// Starts it, and waits until it has written its session.
    pub(crate) fn start(more: &[&str]) -> Self {
        for _ in 1..TRIES {
            let tried = Self::try_start(more);
            match tried {
                Ok(dev) => return dev,
                Err(ran) => assert!(ran.err.contains("already in use"), "{ran:#?}"),
            }
        }
        Self::try_start(more).unwrap_or_else(|ran| panic!("{ran:#?}"))
    }

    fn try_start(more: &[&str]) -> Result<Self, Ran> {
        let folder = tempfile::tempdir().unwrap();
        let session_file = folder.path().join("a/session.json");
        let (temporal_port, ui_port) = (free_port(), free_port());
        let mut command = vextrus(&["dev", "--listen", "127.0.0.1:0", "--session"]);
        command.arg(&session_file).args(["--port", &temporal_port.to_string(), "--ui-port", &ui_port.to_string()]);
        let mut program = Program::start(
            {
                command.args(more);
                command
            },
            "",
        );
        let started = until(&format!("the session is written within {PATIENCE:?}"), || {
            // It is written at once and not in pieces only for a reader that tries again.
            let written =
                std::fs::read_to_string(&session_file).is_ok_and(|t| serde_json::from_str::<Value>(&t).is_ok());
            if written { Some(true) } else { program.has_ended().then_some(false) }
        });
        if started { Ok(Self { program, session_file, temporal_port, ui_port, folder }) } else { Err(program.wait()) }
    }

    /// The session.
    pub(crate) fn session(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(&self.session_file).unwrap()).unwrap()
    }

    /// `vextrus` with these arguments, on this session.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = vextrus(args);
        command.env("VEXTRUS_SESSION", &self.session_file);
        command
    }

    /// Runs a command as nobody in particular.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(self.command(args))
    }

    /// Runs a command as a person.
    pub(crate) fn by(&self, person: &str, args: &[&str]) -> Ran {
        self.run(&[&["--as", person], args].concat())
    }

    /// Submits the one-level example under another number, through stdin; answers its id.
    pub(crate) fn submit(&self, number: &str) -> String {
        let command = self.command(&["--as", "nasrin", "invoice", "submit", "-", "-o", "json"]);
        id(&Program::start(command, &invoice(number)).wait().json())
    }

    /// Waits until an invoice has an open task.
    pub(crate) fn until_open(&self, id: &str) {
        until(&format!("a task of {id} is open"), || {
            let shown = self.by("nasrin", &["invoice", "show", id, "-o", "json"]).json();
            shown["tasks"].as_array().unwrap().iter().any(|t| t["state"] == "open").then_some(())
        });
    }

    /// Waits until an invoice has ended; answers it.
    pub(crate) fn until_ended(&self, id: &str) -> Value {
        let mut shown = self.by("nasrin", &["invoice", "watch", id, "-o", "jsonl"]).jsonl();
        shown.pop().unwrap()
    }
}

/// The one-level example under another number, for another amount, so that it is nobody's double.
pub(crate) fn invoice(number: &str) -> String {
    let path = crate::program::root().join("examples/invoices/02-one-level.json");
    let mut invoice: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let sum: u64 = number.bytes().map(u64::from).sum();
    let subtotal = 20_000 + sum * 20;
    invoice["number"] = number.into();
    invoice["lines"] = serde_json::json!([{
        "description": "Survey", "quantity": "1",
        "unit_price": format!("{subtotal}.00"), "amount": format!("{subtotal}.00"),
    }]);
    for (field, amount) in [("subtotal", subtotal), ("vat", subtotal * 15 / 100), ("total", subtotal * 115 / 100)] {
        invoice[field] = format!("{amount}.00").into();
    }
    invoice.to_string()
}

/// The id of an invoice as it is shown.
pub(crate) fn id(invoice: &Value) -> String {
    invoice["name"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}
