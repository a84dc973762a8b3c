//! What a plan reads, and how: the same of both databases.

use std::collections::BTreeSet;

use serde_json::Value;
use vextrus_ledger::Plan;
use vextrus_tests_support::ledgers::Engine;

use super::catalog::Catalog;

/// One table that a statement reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) table: String,
    pub(super) index: Option<String>,
    /// The first columns of the index that the statement gives values or bounds for.
    pub(super) by: Vec<String>,
    /// It ends once there are as many rows as were asked for.
    pub(super) is_bounded: bool,
}

/// A plan.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reads {
    pub(super) reads: Vec<Read>,
    /// Rows are put in order after they were read.
    pub(super) sorts: bool,
}

impl Reads {
    pub(super) fn of(catalog: &Catalog, plan: &Plan) -> Self {
        match catalog.engine {
            Engine::Sqlite => of_sqlite(catalog, plan),
            Engine::Postgres => {
                let json: Value = serde_json::from_str(&plan.steps).unwrap();
                let mut reads = Self::default();
                of_postgres(catalog, &json[0]["Plan"], false, &mut reads);
                reads
            }
        }
    }
}

/// The names in a text, whatever stands between them.
fn names(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()).collect()
}

fn of_sqlite(catalog: &Catalog, plan: &Plan) -> Reads {
    let lines: Vec<&str> = plan.steps.lines().collect();
    let sorts = lines.iter().any(|line| line.starts_with("USE TEMP B-TREE") && line.ends_with("ORDER BY"));
    let mut reads: Vec<Read> = Vec::new();
    for line in &lines {
        let Some((how, rest)) = line.split_once(' ').filter(|(how, _)| matches!(*how, "SCAN" | "SEARCH")) else {
            continue;
        };
        let Some(table) = table(catalog, plan, &lines, rest) else { continue };
        // An index that is made for the statement alone is made of the whole table.
        let index = rest.split_once("INDEX ").filter(|_| !rest.contains("AUTOMATIC"));
        let index = index.and_then(|(_, rest)| rest.split(' ').next()).map(str::to_owned);
        let by = rest.split_once('(').map_or_else(Vec::new, |(_, conditions)| {
            let columns = index.as_ref().map_or(&[][..], |index| &catalog.indexes[index].columns);
            columns.iter().filter(|c| names(conditions).contains(&c.as_str())).cloned().collect()
        });
        let is_first_of_few = reads.is_empty() && plan.sql.contains("LIMIT") && !sorts;
        // A search that names no column is one for the least or the greatest.
        let is_end = how == "SEARCH" && index.is_some() && by.is_empty();
        reads.push(Read { table, index, by, is_bounded: is_first_of_few || is_end });
    }
    Reads { reads, sorts }
}

/// The table behind a line, which names it as the statement does; none behind the rows of a part of the statement.
fn table(catalog: &Catalog, plan: &Plan, lines: &[&str], rest: &str) -> Option<String> {
    let name = rest.split(' ').next().unwrap();
    let is_part = |name: &str| {
        ["CO-ROUTINE ", "MATERIALIZE "].iter().any(|what| lines.iter().any(|l| l.strip_prefix(what) == Some(name)))
    };
    // What stands in the statement, as `3-ROW VALUES CLAUSE` or `3 CONSTANT ROWS`.
    let is_given = ["VALUES CLAUSE", "CONSTANT ROW", "CONSTANT ROWS"].iter().any(|what| rest.ends_with(what));
    if name.starts_with('(') || is_given || is_part(name) {
        return None;
    }
    if catalog.tables.contains(name) {
        return Some(name.to_owned());
    }
    let words = names(&plan.sql);
    let named: BTreeSet<&str> = words.windows(2).filter(|pair| pair[1] == name).map(|pair| pair[0]).collect();
    if named.iter().any(|name| is_part(name)) {
        return None;
    }
    let found = named.into_iter().find(|name| catalog.tables.contains(*name));
    Some(found.unwrap_or_else(|| panic!("what is {name}? {}", plan.sql)).to_owned())
}

fn of_postgres(catalog: &Catalog, node: &Value, is_bounded: bool, all: &mut Reads) {
    let text = |field: &str| node[field].as_str().unwrap_or_default();
    let kind = text("Node Type");
    all.sorts |= kind.ends_with("Sort");
    let index = node["Index Name"].as_str();
    if kind == "Seq Scan" || index.is_some() {
        let table = index.map_or(text("Relation Name"), |index| &catalog.indexes[index].table).to_owned();
        // What stands between quotes is a value.
        let condition: String = text("Index Cond").split('\'').step_by(2).collect();
        let given = names(&condition);
        let columns = index.map_or(&[][..], |index| &catalog.indexes[index].columns);
        let by = columns.iter().take_while(|c| given.contains(&c.as_str())).cloned().collect();
        all.reads.push(Read { table, index: index.map(str::to_owned), by, is_bounded });
    }
    for inner in node["Plans"].as_array().into_iter().flatten() {
        // Rows go through these one by one, and no more are fetched than are wanted.
        let passes = match kind {
            "Limit" => true,
            "Nested Loop" | "LockRows" | "Subquery Scan" | "Result" | "Append" => is_bounded,
            _ => false,
        };
        let is_outer = matches!(inner["Parent Relationship"].as_str(), Some("Outer" | "Subquery" | "Member"));
        of_postgres(catalog, inner, passes && is_outer, all);
    }
}
