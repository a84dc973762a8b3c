//! The tables of a ledger and their indexes, as the database knows them.

use std::collections::{BTreeMap, BTreeSet};

use vextrus_tests_support::ledgers::{Database, Engine};

/// An index.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    pub(super) is_unique: bool,
}

#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) engine: Engine,
    pub(super) tables: BTreeSet<String>,
    pub(super) indexes: BTreeMap<String, Index>,
}

const SQLITE: &str = "SELECT i.name || ' ' || m.name || ' ' || i.\"unique\" || ' ' || (SELECT group_concat(c.name, ',')
    FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c)
    FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table'";
const POSTGRES: &str =
    "SELECT i.relname || ' ' || t.relname || ' ' || CASE WHEN x.indisunique THEN 1 ELSE 0 END || ' ' || (
        SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (att, n)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.att)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE t.relnamespace = 'public'::regnamespace";

impl Catalog {
    pub(super) async fn read(database: &Database) -> Self {
        let mut raw = database.raw().await;
        let tables = raw.rows().await.into_keys().collect();
        let lines = raw.texts(if database.engine == Engine::Sqlite { SQLITE } else { POSTGRES }).await;
        let index = |line: String| {
            let [name, table, is_unique, columns] = <[&str; 4]>::try_from(line.split(' ').collect::<Vec<_>>()).unwrap();
            let columns = columns.split(',').map(str::to_owned).collect();
            (name.to_owned(), Index { table: table.to_owned(), columns, is_unique: is_unique == "1" })
        };
        Self { engine: database.engine, tables, indexes: lines.into_iter().map(index).collect() }
    }
}
