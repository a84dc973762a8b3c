//! Where schedules come from: this program carries some, and files hold others.

use std::path::Path;

use anyhow::Context as _;
use vextrus_tax::Schedule;

use super::file;

/// The schedules that this program carries, by name.
pub(super) const EMBEDDED: [(&str, &str); 2] =
    [("house", include_str!("../../../rules/tax/house.toml")), ("nbr", include_str!("../../../rules/tax/nbr.toml"))];

/// A schedule by the name of an embedded one, or from a file. A file of such a name is given as `./house`.
pub(super) fn load(name: &str) -> anyhow::Result<Schedule> {
    if let Some((_, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) {
        return parse(name, text);
    }
    let names = EMBEDDED.map(|(known, _)| known).join(" nor ");
    let text = file::read(Path::new(name), file::MAX_RULES)
        .with_context(|| format!("{name:?} is neither {names} nor a file that can be read"))?;
    parse(name, &text)
}

/// Reads a schedule; what is wrong is told with file and line.
pub(super) fn parse(name: &str, text: &str) -> anyhow::Result<Schedule> {
    Schedule::parse(text).map_err(|wrong| anyhow::anyhow!("{name}:{}: {}", wrong.line, wrong.problem))
}

/// As much of a hash as people compare.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
