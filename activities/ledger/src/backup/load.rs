//! Restoring a backup: into an empty ledger, in one transaction, with every guard back in place and every promise checked before
//! anything of it is committed.

use std::io::{BufRead, Read as _};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vextrus_domain::TenantId;

use super::catalog::{self, Table};
use super::{Backup, BackupError, Column, FORMAT, Head, MAX_LINE, Manifest, TableHead, TableSum, VERSION, from_json};
use crate::check;
use crate::db::{Arg, Ledger, MOST_ROWS, Tx, args};
use crate::error::LedgerError;

/// Lines of a backup, one at a time, with the hash of all that were read.
struct Lines<'a> {
    input: &'a mut (dyn BufRead + Send),
    number: u64,
    whole: Sha256,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Vec<u8>, BackupError> {
        self.number += 1;
        let mut line = Vec::new();
        let read = (&mut self.input).take(MAX_LINE).read_until(b'\n', &mut line);
        match read {
            Err(error) => Err(self.damaged(&error.to_string())),
            Ok(_) if line.is_empty() => Err(self.damaged("the file ends before its manifest")),
            Ok(_) if line.last() != Some(&b'\n') => Err(self.damaged("the line is cut, or longer than 64 MiB")),
            Ok(_) => Ok(line),
        }
    }

    fn damaged(&self, why: &str) -> BackupError {
        BackupError::Damaged { line: self.number, why: why.to_owned() }
    }
}

/// What a line is, by its form.
enum Line {
    Row(Vec<Value>),
    Table(TableHead),
    End(Manifest),
}

/// Restores. `by` is written to every company's trail.
pub(super) async fn read(
    ledger: &Ledger,
    input: &mut (dyn BufRead + Send),
    by: &str,
    keep_faults: bool,
) -> Result<Backup, BackupError> {
    let mut lines = Lines { input, number: 0, whole: Sha256::new() };
    let head = head(&mut lines)?;
    let mut tx = ledger.begin_for_all().await?;
    of_our_version(&head, catalog::schema(&mut tx).await?)?;
    let tables = catalog::tables(&mut tx).await?;
    empty(&mut tx, &tables).await?;
    let guards = Guards::take_off(&mut tx, &tables).await?;
    let manifest = load(&mut tx, &mut lines, &tables).await?;
    guards.put_back(&mut tx, &tables).await?;
    let mut faults = Vec::new();
    for tenant in &manifest.tenants {
        let tenant: TenantId = tenant.parse().map_err(|e| LedgerError::corrupt("tenant", e))?;
        let found = check::check(&mut tx, &tenant).await?;
        faults.extend(found.into_iter().map(|fault| format!("{tenant}: {fault}")));
        let told = json!({"taken_at": head.at, "sha256": manifest.sha256, "schema": head.schema});
        tx.audit_tenant(&tenant, "ledger_restored", by, told);
    }
    if !faults.is_empty() && !keep_faults {
        return Err(BackupError::Unsound(faults));
    }
    tx.commit().await?;
    Ok(Backup { head, manifest, faults })
}

fn head(lines: &mut Lines<'_>) -> Result<Head, BackupError> {
    let line = lines.next()?;
    let value: Value = serde_json::from_slice(&line).map_err(|_| lines.damaged("it is no backup of a ledger"))?;
    if value["format"] != FORMAT {
        return Err(lines.damaged("it is no backup of a ledger"));
    }
    // A later format may say more in its first line; its version is always there.
    let version = value["version"].as_i64().unwrap_or_default();
    if version != i64::from(VERSION) {
        let remedy = "use the program that wrote it, or a later one";
        return Err(BackupError::Version { what: "format", theirs: version, ours: VERSION.into(), remedy });
    }
    lines.whole.update(&line);
    serde_json::from_value(value).map_err(|error| lines.damaged(&error.to_string()))
}

fn of_our_version(head: &Head, ours: i64) -> Result<(), BackupError> {
    let remedy = match head.schema.cmp(&ours) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Greater => "restore it with the version of the program that wrote it",
        std::cmp::Ordering::Less => {
            "restore it with the version of the program that wrote it; this one then brings the ledger to the present"
        }
    };
    Err(BackupError::Version { what: "table", theirs: head.schema, ours, remedy })
}

async fn empty(tx: &mut Tx, tables: &[Table]) -> Result<(), BackupError> {
    for Table { name, .. } in tables {
        let found: Vec<(i64,)> = tx.all_text(format!("SELECT count(*) FROM {name}"), args![]).await?;
        let rows = found.first().map_or(0, |(rows,)| *rows);
        if rows > 0 {
            return Err(BackupError::NotEmpty { table: name.clone(), rows });
        }
    }
    Ok(())
}

/// What guards the tables: a restore writes rows that are settled, closed and revoked already, in the order of their names.
struct Guards {
    /// SQLite's triggers, to be made again. PostgreSQL's are switched off, and its foreign keys asked at the end.
    triggers: Vec<String>,
    foreign_keys: Vec<(String, String)>,
}

impl Guards {
    async fn take_off(tx: &mut Tx, tables: &[Table]) -> Result<Self, LedgerError> {
        let mut guards = Self { triggers: Vec::new(), foreign_keys: Vec::new() };
        if tx.is_postgres() {
            tx.exec("SET LOCAL statement_timeout = 0", args![]).await?;
            guards.foreign_keys = tx
                .all(
                    "SELECT conrelid::regclass::text, conname::text FROM pg_constraint
                     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
                    args![],
                )
                .await?;
            for Table { name, .. } in tables {
                tx.exec_text(format!("ALTER TABLE {name} DISABLE TRIGGER USER"), args![]).await?;
            }
            for (table, key) in &guards.foreign_keys {
                let deferred = format!("ALTER TABLE {table} ALTER CONSTRAINT \"{key}\" DEFERRABLE INITIALLY DEFERRED");
                tx.exec_text(deferred, args![]).await?;
            }
        } else {
            tx.exec("PRAGMA defer_foreign_keys = ON", args![]).await?;
            let triggers: Vec<(String, String)> =
                tx.all("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'", args![]).await?;
            for (name, sql) in triggers {
                tx.exec_text(format!("DROP TRIGGER {name}"), args![]).await?;
                guards.triggers.push(sql);
            }
        }
        Ok(guards)
    }

    async fn put_back(self, tx: &mut Tx, tables: &[Table]) -> Result<(), BackupError> {
        if tx.is_postgres() {
            tx.exec("SET CONSTRAINTS ALL IMMEDIATE", args![]).await?;
            for (table, key) in self.foreign_keys {
                let strict = format!("ALTER TABLE {table} ALTER CONSTRAINT \"{key}\" NOT DEFERRABLE");
                tx.exec_text(strict, args![]).await?;
            }
            for Table { name, .. } in tables {
                tx.exec_text(format!("ALTER TABLE {name} ENABLE TRIGGER USER"), args![]).await?;
            }
            return Ok(());
        }
        let dangling: Vec<(String,)> =
            tx.all("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check", args![]).await?;
        if let Some((table,)) = dangling.first() {
            return Err(LedgerError::corrupt("reference", format!("rows of {table} refer to nothing")).into());
        }
        for trigger in self.triggers {
            tx.exec_text(trigger, args![]).await?;
        }
        Ok(())
    }
}

async fn load(tx: &mut Tx, lines: &mut Lines<'_>, tables: &[Table]) -> Result<Manifest, BackupError> {
    let mut loaded: Vec<TableSum> = Vec::with_capacity(tables.len());
    let mut current: Option<Loading> = None;
    loop {
        let line = lines.next()?;
        let read = match line.first() {
            Some(b'[') => serde_json::from_slice(&line).map(Line::Row),
            Some(b'{') if line.starts_with(b"{\"table\":") => serde_json::from_slice(&line).map(Line::Table),
            _ => serde_json::from_slice(&line).map(Line::End),
        };
        // The error's own text may repeat the line.
        let read = read.map_err(|_| lines.damaged("it cannot be read"))?;
        match read {
            Line::Row(row) => {
                let Some(loading) = &mut current else { return Err(lines.damaged("a row stands before any table")) };
                loading.hash.update(&line);
                loading.take(row).map_err(|why| lines.damaged(&why))?;
                if loading.held.len() == MOST_ROWS {
                    loading.flush(tx).await?;
                }
            }
            Line::Table(table) => {
                loaded.extend(Loading::end(current.take(), tx).await?);
                current = Some(Loading::of(table, tables, &loaded).map_err(|why| lines.damaged(&why))?);
            }
            Line::End(manifest) => {
                loaded.extend(Loading::end(current.take(), tx).await?);
                let whole = hex::encode(lines.whole.clone().finalize());
                return whole_manifest(manifest, &loaded, tables, &whole).map_err(|why| lines.damaged(&why));
            }
        }
        lines.whole.update(&line);
    }
}

/// The manifest, if what was read is what it tells.
fn whole_manifest(manifest: Manifest, loaded: &[TableSum], tables: &[Table], whole: &str) -> Result<Manifest, String> {
    if let Some(missing) = tables.iter().find(|table| loaded.iter().all(|l| l.table != table.name)) {
        return Err(format!("table {} is missing", missing.name));
    }
    if let Some(other) = loaded.iter().find(|table| !manifest.tables.contains(table)) {
        return Err(format!("table {} is not what the manifest tells of it", other.table));
    }
    if manifest.sha256 != whole || manifest.tables.len() != loaded.len() {
        return Err("the file is not what its manifest tells".to_owned());
    }
    Ok(manifest)
}

/// A table whose rows are coming.
struct Loading {
    table: String,
    columns: Vec<Column>,
    /// Those that are not written yet.
    held: Vec<Vec<Arg>>,
    rows: u64,
    hash: Sha256,
}

impl Loading {
    fn of(head: TableHead, tables: &[Table], loaded: &[TableSum]) -> Result<Self, String> {
        let TableHead { table, columns } = head;
        if loaded.iter().any(|l| l.table == table) {
            return Err(format!("table {table} comes twice"));
        }
        if !tables.iter().any(|t| t.name == table && t.columns == columns) {
            return Err(format!("table {table} is none of this ledger, or has other columns"));
        }
        Ok(Self { table, columns, held: Vec::new(), rows: 0, hash: Sha256::new() })
    }

    fn take(&mut self, row: Vec<Value>) -> Result<(), String> {
        if row.len() != self.columns.len() {
            return Err(format!("a row of {} has {} values, not {}", self.table, row.len(), self.columns.len()));
        }
        let values = self.columns.iter().zip(row).map(|(column, value)| {
            let value = from_json(column.kind, value);
            value.ok_or_else(|| format!("a value of {}.{} is of another type", self.table, column.name))
        });
        self.held.push(values.collect::<Result<_, _>>()?);
        self.rows += 1;
        Ok(())
    }

    async fn flush(&mut self, tx: &mut Tx) -> Result<(), LedgerError> {
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        let sql = format!("INSERT INTO {} (\"{}\") VALUES", self.table, names.join("\", \""));
        tx.insert(&sql, std::mem::take(&mut self.held), "").await
    }

    async fn end(current: Option<Self>, tx: &mut Tx) -> Result<Option<TableSum>, LedgerError> {
        let Some(mut loading) = current else { return Ok(None) };
        loading.flush(tx).await?;
        let sha256 = hex::encode(loading.hash.finalize());
        Ok(Some(TableSum { table: loading.table, rows: loading.rows, sha256 }))
    }
}
