//! Tables for people.

/// Columns under their heads, as wide as they need. The last one is not padded.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; N]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let all: Vec<String> =
        std::iter::once(heads.map(str::to_owned)).chain(rows.iter().cloned()).map(|r| line(&r)).collect();
    all.join("\n")
}
