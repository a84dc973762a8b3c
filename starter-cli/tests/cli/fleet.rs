//! The separate programs of a fleet, set up as `docs/running.md` says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use vextrus_domain::signature::KeyPair;
use vextrus_facade::dev_tokens;
use vextrus_temporal::{DevServer, DevServerOptions};

use crate::program::{Program, Ran, program, root, run, until, vextrus};
use crate::running::{id, invoice};

const ISSUER: &str = "https://login.example";
const AUDIENCE: &str = "vextrus-test";

/// A program of another package, beside ours. `cargo test --workspace` builds it, and with us alone it is built here where it
/// is missing: one that is there is taken as it is.
pub(crate) fn sibling(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let ours = Path::new(env!("CARGO_BIN_EXE_vextrus"));
    let all_there = || ["vextrus-worker", "vextrus-facade"].iter().all(|n| ours.with_file_name(n).exists());
    BUILT.get_or_init(|| {
        if !all_there() {
            let profile = ours.parent().unwrap();
            let mut cargo = Command::new(env!("CARGO"));
            // Our own package with them: cargo chooses the features of dependencies for all that it builds, and other
            // features would build everything anew.
            cargo.args(["build", "--locked"]);
            cargo.args(
                ["vextrus-starter-cli", "vextrus-worker", "vextrus-facade"].map(|package| format!("-p{package}")),
            );
            cargo.arg("--target-dir");
            cargo.arg(profile.parent().unwrap()).current_dir(root());
            if profile.ends_with("release") {
                cargo.arg("--release");
            }
            // What cargo tells a test about its package. Build scripts, such as ring's, watch these and would run anew.
            for (name, _) in std::env::vars_os() {
                let about_us =
                    |n: &str| ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|p| n.starts_with(p));
                if name.to_str().is_some_and(about_us) {
                    cargo.env_remove(&name);
                }
            }
            assert!(cargo.status().unwrap().success(), "{cargo:?}");
        }
    });
    let path = ours.with_file_name(name);
    assert!(path.exists(), "{} is not built", path.display());
    path
}

/// What both programs are configured with.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    issuer: KeyPair,
    temporal: String,
    /// Where the facade serves, once it runs.
    facade: String,
}

impl Site {
    pub(crate) fn new(temporal: &str) -> Self {
        Self::with(temporal, None, "")
    }

    /// The same with a database of its own, and further lines of configuration, which begin with a section.
    pub(crate) fn with(temporal: &str, ledger: Option<&str>, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (signing, issuer) = (KeyPair::from_seed(&[7; 32]), KeyPair::from_seed(&[8; 32]));
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("signing.key"), signing.to_secret_text()).unwrap();
        std::fs::write(at("jwks.json"), dev_tokens::jwks_json(&issuer)).unwrap();
        let config = format!(
            "[ledger]\naddress = \"{}\"\n[signing]\nkey_file = \"{}\"\naccepted_keys = \"{}\"\n\
             [auth]\nissuer = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\njwks_file = \"{}\"\n\
             [facade]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[worker]\nadmin_listen = \"127.0.0.1:0\"\n\
             [steps]\ntimeout_millis = 5000\n[log]\nformat = \"json\"\n{more}",
            ledger.map_or_else(|| format!("sqlite:{}", at("ledger.db").display()), str::to_owned),
            at("signing.key").display(),
            signing.public_text(),
            at("jwks.json").display(),
        );
        std::fs::write(at("vextrus.toml"), config).unwrap();
        Self { folder, issuer, temporal: temporal.to_owned(), facade: String::new() }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// One of the two programs.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = program(&sibling(name));
        command.args(["--config", &self.path("vextrus.toml")]);
        command.env("TEMPORAL_ADDRESS", &self.temporal).env("TEMPORAL_NAMESPACE", "default");
        command
    }

    /// Brings the company and its rules in.
    pub(crate) fn found(&self) {
        self.operate(&["ledger", "import", "examples/company.json", "--by", "controller"]).ok();
        for (number, (kind, file)) in (1..).zip([
            ("tax", "tax/house"),
            ("approval", "approval/invoice"),
            ("approval", "approval/purchase_order"),
            ("accounts", "accounts/invoice"),
            ("calendar", "calendar/bangladesh"),
            ("onboarding", "onboarding/onboarding"),
            ("onboarding", "onboarding/offboarding"),
        ]) {
            let file = format!("rules/{file}.toml");
            let reason = ["--by", "farida", "--reason", "the first of its kind"];
            self.operate(&[&["rules", "propose", kind, &file], &reason[..]].concat()).ok();
            self.operate(&["rules", "activate", &number.to_string(), "--by", "tanvir"]).ok();
        }
    }

    /// An operator's command to Temporal, at its address.
    pub(crate) fn at_temporal(&self, args: &[&str]) -> Ran {
        let mut command = vextrus(args);
        command.args(["--address", &self.temporal]);
        run(command)
    }

    /// Starts the worker, and waits until it polls.
    pub(crate) fn worker(&self) -> Program {
        self.worker_as(None)
    }

    /// The same, as this version of a deployment.
    pub(crate) fn worker_as(&self, version: Option<(&str, &str)>) -> Program {
        let mut command = self.command("vextrus-worker");
        if let Some((deployment, build)) = version {
            command.env("TEMPORAL_DEPLOYMENT_NAME", deployment).env("TEMPORAL_WORKER_BUILD_ID", build);
        }
        let mut worker = Program::start(command, "");
        says(&mut worker, "polling");
        worker
    }

    /// Where the facade serves.
    pub(crate) fn facade_address(&self) -> &str {
        &self.facade
    }

    /// Starts the facade on a free port, and waits until it says which.
    pub(crate) fn facade(&mut self) -> Program {
        let mut facade = Program::start(self.command("vextrus-facade"), "");
        let line = says(&mut facade, "gRPC is served");
        self.facade = line["fields"]["address"].as_str().unwrap().to_owned();
        facade
    }

    /// An operator's command.
    pub(crate) fn operate(&self, args: &[&str]) -> Ran {
        let mut command = vextrus(args);
        command.env("VEXTRUS_CONFIG", self.path("vextrus.toml")).env("VEXTRUS_TENANT", "acme-bd");
        run(command)
    }

    /// A person's command, with a token from the issuer; this text is its stdin.
    pub(crate) fn by(&self, person: &str, args: &[&str], stdin: &str) -> Ran {
        let (tenant, life) = ("acme-bd".parse().unwrap(), Duration::from_secs(600));
        let token = dev_tokens::mint(&self.issuer, ISSUER, AUDIENCE, &tenant, &person.parse().unwrap(), life).unwrap();
        std::fs::write(self.path(person), token).unwrap();
        let mut command = vextrus(args);
        command.args(["--address", &format!("http://{}", self.facade), "--tenant", "acme-bd"]);
        command.args(["--token-file", &self.path(person)]);
        command.env("VEXTRUS_CONFIG", self.path("vextrus.toml"));
        Program::start(command, stdin).wait()
    }

    pub(crate) fn show(&self, invoice: &str) -> Value {
        self.by("nasrin", &["invoice", "show", invoice, "-o", "json"], "").json()
    }
}

/// Waits until the program logs this message; answers the line.
pub(crate) fn says(program: &mut Program, message: &str) -> Value {
    until(&format!("the program says {message:?}"), || {
        assert!(!program.has_ended(), "{}", program.err());
        let log = program.err();
        // The last line may be half written.
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["fields"]["message"] == message)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_goes_through_the_separate_programs() {
    let server = DevServer::start(DevServerOptions::default()).await.unwrap();
    let mut site = Site::new(&server.address);
    site.found();
    let worker = site.worker();
    let facade = site.facade();

    let submitted = site.by("nasrin", &["invoice", "submit", "-", "-o", "json"], &invoice("F-1")).json();
    let invoice_id = id(&submitted);
    until("its task is open", || (site.show(&invoice_id)["tasks"][0]["state"] == "open").then_some(()));
    site.by("nasrin", &["invoice", "approve", &invoice_id], "").fails(4, "SELF_APPROVAL");
    site.by("rahim", &["invoice", "approve", &invoice_id], "").ok();
    until("it is settled", || (site.show(&invoice_id)["state"] == "settled").then_some(()));
    let small = "examples/orders/02-small.json";
    let order_id = id(&site.by("nasrin", &["order", "submit", small, "-o", "json"], "").json());
    let show = ["order", "show", &order_id, "-o", "json"];
    until("it is issued", || (site.by("nasrin", &show, "").json()["issued"]["open"] == true).then_some(()));
    site.operate(&["ledger", "check"]).ok();

    // One is under way when everything stops, and goes on when everything is back.
    let submitted = site.by("nasrin", &["invoice", "submit", "-", "-o", "json"], &invoice("F-2")).json();
    let (second, facade) = (id(&submitted), facade.terminate().exits(0));
    let worker = worker.terminate().exits(0);
    for line in worker.err.lines().chain(facade.err.lines()) {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert_ne!(line["level"], "ERROR", "{line}");
    }
    assert!(worker.out.is_empty() && facade.out.is_empty(), "stdout is for data: {worker:#?} {facade:#?}");
    site.by("nasrin", &["invoice", "show", &second], "").fails(5, &site.facade);

    let facade = site.facade();
    let worker = site.worker();
    until("its task is open", || (site.show(&second)["tasks"][0]["state"] == "open").then_some(()));
    site.by("rahim", &["invoice", "approve", &second], "").ok();
    until("it is settled", || (site.show(&second)["state"] == "settled").then_some(()));
    // The worker first, this time.
    worker.terminate().exits(0);
    facade.terminate().exits(0);
    site.operate(&["ledger", "check"]).ok();
    server.shutdown().await.unwrap();
}

#[test]
fn they_refuse_to_start_without_what_they_need() {
    let site = Site::new("127.0.0.1:1");
    let without = |name: &str, variable: &str, value: &str| {
        let mut command = site.command(name);
        command.env(variable, value);
        run(command)
    };
    let stated = "signing.accepted_keys is empty: no decision could be verified; give the facade's public key";
    without("vextrus-worker", "VEXTRUS_SIGNING_ACCEPTED_KEYS", "").fails(1, stated);
    without("vextrus-worker", "VEXTRUS_SIGNING_ACCEPTED_KEYS", "x").fails(1, "signing.accepted_keys");
    without("vextrus-worker", "VEXTRUS_LEDGER_ADDRESS", "mysql:x").fails(1, "mysql");
    without("vextrus-worker", "VEXTRUS_SIGNALS_TRUST", "everybody").fails(1, "everybody");
    without("vextrus-facade", "VEXTRUS_STEPS_TIMEOUT_MILLIS", "soon").fails(1, "a whole number");
    let mut command = program(&sibling("vextrus-facade"));
    command.args(["--config", "/nowhere.toml"]);
    run(command).fails(1, "/nowhere.toml");
}
