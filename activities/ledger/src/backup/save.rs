//! Writing a backup.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::catalog::{self, Table};
use super::{Backup, FORMAT, Head, Manifest, TableHead, TableSum, VERSION, to_json};
use crate::db::{Arg, Kind, Ledger, Tx, args};
use crate::error::LedgerError;

/// Lines, and the hash of what was written.
struct Lines<'a> {
    out: &'a mut (dyn Write + Send),
    whole: Sha256,
}

impl Lines<'_> {
    fn put(&mut self, line: &impl Serialize) -> Result<Vec<u8>, LedgerError> {
        let mut bytes = serde_json::to_vec(line).map_err(|e| LedgerError::corrupt("row", e))?;
        bytes.push(b'\n');
        self.whole.update(&bytes);
        self.out.write_all(&bytes).map_err(io_error)?;
        Ok(bytes)
    }
}

/// Writes the ledger as it is at one moment. Others go on meanwhile.
pub(super) async fn write(ledger: &Ledger, out: &mut (dyn Write + Send)) -> Result<Backup, LedgerError> {
    let mut tx = ledger.read_for_all().await?;
    if tx.is_postgres() {
        // A table takes as long as it takes.
        tx.exec("SET LOCAL statement_timeout = 0", args![]).await?;
    }
    let (tables, schema) = (catalog::tables(&mut tx).await?, catalog::schema(&mut tx).await?);
    let head = Head { format: FORMAT.to_owned(), version: VERSION, schema, at: tx.now() };
    let mut lines = Lines { out, whole: Sha256::new() };
    lines.put(&head)?;
    let (mut tenants, mut sums) = (BTreeSet::new(), Vec::with_capacity(tables.len()));
    for table in &tables {
        sums.push(write_table(&mut tx, table, &mut lines, &mut tenants).await?);
    }
    tx.rollback().await?;
    let sha256 = hex::encode(lines.whole.clone().finalize());
    let manifest = Manifest { tenants: tenants.into_iter().collect(), tables: sums, sha256 };
    lines.put(&manifest)?;
    Ok(Backup { head, manifest, faults: Vec::new() })
}

async fn write_table(
    tx: &mut Tx,
    table: &Table,
    lines: &mut Lines<'_>,
    tenants: &mut BTreeSet<String>,
) -> Result<TableSum, LedgerError> {
    lines.put(&TableHead { table: table.name.clone(), columns: table.columns.clone() })?;
    let kinds: Vec<Kind> = table.columns.iter().map(|column| column.kind).collect();
    let tenant = table.columns.iter().position(|column| column.name == "tenant");
    let (mut rows, mut hash) = (0, Sha256::new());
    tx.each_text(select(table, tx.is_postgres()), &kinds, |values| {
        if let Some(Arg::Text(Some(of))) = tenant.and_then(|i| values.get(i))
            && !tenants.contains(of)
        {
            tenants.insert(of.clone());
        }
        let row: Vec<Value> = values.into_iter().map(to_json).collect();
        hash.update(lines.put(&row)?);
        rows += 1;
        Ok(())
    })
    .await?;
    Ok(TableSum { table: table.name.clone(), rows, sha256: hex::encode(hash.finalize()) })
}

/// The rows in the order of their key, which is the same in both databases: text by its bytes.
fn select(table: &Table, postgres: bool) -> String {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let kind = |name: &str| table.columns.iter().find(|column| column.name == name).map(|column| column.kind);
    let key: Vec<String> =
        if table.key.is_empty() { columns.iter().map(ToString::to_string).collect() } else { table.key.clone() };
    let order: Vec<String> = key
        .iter()
        .map(|name| match kind(name) {
            Some(Kind::Text) if postgres => format!("\"{name}\" COLLATE \"C\""),
            _ => format!("\"{name}\""),
        })
        .collect();
    format!("SELECT \"{}\" FROM {} ORDER BY {}", columns.join("\", \""), table.name, order.join(", "))
}

pub(super) fn io_error(error: io::Error) -> LedgerError {
    LedgerError::Database(sqlx::Error::Io(error))
}
