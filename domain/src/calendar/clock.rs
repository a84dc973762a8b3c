//! A time of the day as files and messages write it.

use chrono::NaiveTime;
use serde::{Deserialize, Deserializer, Serialize};

use crate::digits;

/// A time of the day such as `09:00`, to the minute.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Clock(pub(super) NaiveTime);

/// The text is not a time of the day.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a time: write it like 09:00")]
pub(super) struct ClockError(String);

impl TryFrom<String> for Clock {
    type Error = ClockError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        NaiveTime::parse_from_str(&text, "%H:%M").map(Self).map_err(|_| ClockError(digits::excerpt(&text)))
    }
}

impl From<Clock> for String {
    fn from(clock: Clock) -> Self {
        clock.0.format("%H:%M").to_string()
    }
}

/// Reads a time of the day into its public type.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    Clock::deserialize(deserializer).map(|clock| clock.0)
}
