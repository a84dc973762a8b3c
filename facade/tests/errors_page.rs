//! `docs/errors.md` lists every refusal code with its meaning and its gRPC code, and no other.
#![cfg(test)]

use vextrus_domain::RefusalCode;
use vextrus_facade::errors::grpc_code;

#[test]
fn the_page_of_errors_is_the_code() {
    let page = include_str!("../../docs/errors.md");
    let row = |code: &RefusalCode| format!("| `{code}` | {:?} | {} |", grpc_code(*code), code.meaning());
    let expected: Vec<String> = RefusalCode::ALL.iter().map(row).collect();
    let found: Vec<&str> = page.lines().filter(|l| l.starts_with("| `")).collect();
    assert_eq!(found, expected, "write these rows into docs/errors.md:\n{}", expected.join("\n"));
}
