//! What can be said after `vextrus audit`.

use std::path::PathBuf;

use clap::Subcommand;

use crate::options::LedgerOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Shows a document's trail. Example: vextrus audit show inv-2025-0001 --tenant acme
    Show {
        /// The document's id, or an employee's process; - is the company's own chain.
        document: String,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Verifies the trail: chains, what entries answer for, and the log against its signed checkpoints.
    Verify {
        /// A checkpoint that was taken out of the house (FILE), or all that a place holds (file:///FOLDER, s3://BUCKET/PREFIX). May be
        /// given several times. The configured audit.export is read where none is given.
        #[arg(long = "checkpoint", value_name = "FILE|PLACE")]
        checkpoints: Vec<String>,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Writes a tenant's whole trail into a folder, with a recipe that verifies it without this program.
    Export {
        /// The folder, which must not exist yet.
        #[arg(long)]
        out: PathBuf,
        /// Who takes it out, for the trail.
        #[arg(long)]
        by: String,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Makes a key for signing checkpoints: writes the secret to a file, and prints the public one.
    Key {
        /// The file for the secret, which must not exist yet.
        file: PathBuf,
    },
    /// Keeps records from being erased.
    #[command(subcommand)]
    Hold(HoldCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    /// Holds the record of an employee, or of all of them.
    Set {
        /// The employee; every record without one.
        #[arg(long)]
        employee: Option<String>,
        /// Why, such as the reference of a court or of the NBR.
        #[arg(long)]
        reason: String,
        /// Who asks for it, for the trail.
        #[arg(long)]
        by: String,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Releases a hold.
    Release {
        /// Its number.
        number: u32,
        /// Who releases it, for the trail.
        #[arg(long)]
        by: String,
        #[command(flatten)]
        ledger: LedgerOptions,
    },
    /// Lists the holds, also those that were released.
    List {
        #[command(flatten)]
        ledger: LedgerOptions,
    },
}
