//! Local activities, as the SDK keeps them in a history: by one marker each, once they have ended.

use temporalio_common::protos::constants::LOCAL_ACTIVITY_MARKER_NAME;
use temporalio_common::protos::coresdk::common::extract_local_activity_marker_data;
use temporalio_protos::temporal::api::common::v1::Payload;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::history::v1::history_event::Attributes;

/// What a marker says.
#[derive(Debug, Clone, PartialEq)]
pub struct Local<'a> {
    /// The activity's type.
    pub activity: String,
    /// Its input; empty where the workflow did not want it kept.
    pub input: &'a [Payload],
    /// Its result; none where it has failed.
    pub result: Option<&'a Payload>,
}

impl<'a> Local<'a> {
    /// The local activity whose end this event is.
    #[must_use]
    pub fn ended(event: &'a HistoryEvent) -> Option<Self> {
        let Some(Attributes::MarkerRecordedEventAttributes(marker)) = event.attributes.as_ref() else { return None };
        if marker.marker_name != LOCAL_ACTIVITY_MARKER_NAME {
            return None;
        }
        let payloads = |name: &str| marker.details.get(name).map_or(&[][..], |p| &p.payloads);
        Some(Self {
            activity: extract_local_activity_marker_data(&marker.details).map(|d| d.activity_type).unwrap_or_default(),
            input: payloads("input"),
            result: payloads("result").first().filter(|_| marker.failure.is_none()),
        })
    }
}
