//! What tables and columns there are, as the database itself tells.

use std::collections::BTreeSet;

use vextrus_domain::TenantId;

use super::Column;
use crate::db::{Kind, TABLES_VERSION, Tx, args};
use crate::error::LedgerError;

/// A table as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    /// By name.
    pub(super) columns: Vec<Column>,
    /// The columns by which its rows are told apart, in the key's order.
    pub(super) key: Vec<String>,
}

impl Table {
    pub(super) fn has_tenant(&self) -> bool {
        self.columns.iter().any(|column| column.name == "tenant")
    }
}

/// The version of the tables.
pub(super) async fn schema(tx: &mut Tx) -> Result<i64, LedgerError> {
    let (version,): (i64,) = tx.one(TABLES_VERSION, args![]).await?;
    Ok(version)
}

/// What no backup holds: how far the tables themselves are, and a row that dispatchers lock and that a new ledger has already.
const OF_THE_DATABASE: [&str; 2] = ["_sqlx_migrations", "outbox_spreading"];

/// The ledger's tables, by name.
pub(super) async fn tables(tx: &mut Tx) -> Result<Vec<Table>, LedgerError> {
    let names = if tx.is_postgres() {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    };
    let names: Vec<(String,)> = tx.all(names, args![]).await?;
    // Sorted here: the databases would sort by rules of their own.
    let ours = |name: &String| !OF_THE_DATABASE.contains(&name.as_str());
    let names: BTreeSet<String> = names.into_iter().map(|(name,)| name).filter(ours).collect();
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        tables.push(table(tx, name).await?);
    }
    Ok(tables)
}

async fn table(tx: &mut Tx, name: String) -> Result<Table, LedgerError> {
    // The last column is the column's place in the primary key, from 1; 0 where it is not in it.
    let columns = if tx.is_postgres() {
        "SELECT a.attname::text, format_type(a.atttypid, NULL), coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0)::bigint
         FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
         WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped"
    } else {
        "SELECT name, type, pk FROM pragma_table_info($1)"
    };
    let found: Vec<(String, String, i64)> = tx.all(columns, args![&name]).await?;
    let mut columns = Vec::with_capacity(found.len());
    let mut key = Vec::new();
    for (column, kind, place) in found {
        let kind = match kind.to_lowercase().as_str() {
            "text" => Kind::Text,
            "bigint" => Kind::Int,
            "boolean" => Kind::Bool,
            "date" => Kind::Date,
            "timestamptz" | "timestamp with time zone" => Kind::Time,
            other => return Err(LedgerError::corrupt("table", format!("{name}.{column} is of type {other}"))),
        };
        if place > 0 {
            key.push((place, column.clone()));
        }
        columns.push(Column { name: column, kind });
    }
    columns.sort();
    key.sort();
    Ok(Table { name, columns, key: key.into_iter().map(|(_, column)| column).collect() })
}

/// The companies that have a row in any table.
///
/// # Errors
/// [`LedgerError::Database`].
pub async fn tenants(tx: &mut Tx) -> Result<Vec<TenantId>, LedgerError> {
    let mut found = BTreeSet::new();
    for table in tables(tx).await?.into_iter().filter(Table::has_tenant) {
        let rows: Vec<(String,)> = tx.all_text(format!("SELECT DISTINCT tenant FROM {}", table.name), args![]).await?;
        for (tenant,) in rows {
            found.insert(tenant.parse().map_err(|e| LedgerError::corrupt("tenant", e))?);
        }
    }
    Ok(found.into_iter().collect())
}
