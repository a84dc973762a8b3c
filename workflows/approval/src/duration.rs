//! Durations as policies write them (`2d`, `36h`), kept as whole seconds.

use serde::{Deserialize, Deserializer};

/// The longest time that a policy may give anybody: ten years.
const LONGEST: u64 = 3_653 * 86_400;

pub(crate) fn seconds<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    let text = String::deserialize(d)?;
    match humantime::parse_duration(&text) {
        Ok(duration) if duration.as_secs() > LONGEST => {
            Err(serde::de::Error::custom(format!("{text:?} is longer than ten years; give a shorter time")))
        }
        Ok(duration) if duration.as_secs() >= 1 && duration.subsec_nanos() == 0 => Ok(duration.as_secs()),
        _ => Err(serde::de::Error::custom(format!(
            "{text:?} is not a time of at least one second, such as 2d, 36h or 90m"
        ))),
    }
}
