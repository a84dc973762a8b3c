//! What holds for any bytes that are taken for messages of the API, on the wire or in JSON. Tests and fuzzing share it.

use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vextrus_proto::approval::v1::{ActRequest, DecideTasksRequest, UploadAttachmentRequest};
use vextrus_proto::invoice::v1::SubmitInvoiceRequest;
use vextrus_proto::masterdata::v1::{ProposeBankAccountRequest, UpsertPersonRequest, UpsertVendorRequest};
use vextrus_proto::onboarding::v1::StartOnboardingRequest;
use vextrus_proto::purchasing::v1::SubmitPurchaseOrderRequest;

fn check<T: Message + Default + PartialEq + Serialize + DeserializeOwned>(bytes: &[u8]) {
    if let Ok(message) = T::decode(bytes) {
        assert!(T::decode(message.encode_to_vec().as_slice()).is_ok_and(|again| again == message));
        // An enum's number that no name stands for has no JSON form.
        if let Ok(text) = serde_json::to_string(&message) {
            assert!(serde_json::from_str::<T>(&text).is_ok_and(|again| again == message));
        }
    }
    if let Ok(message) = serde_json::from_slice::<T>(bytes) {
        assert!(T::decode(message.encode_to_vec().as_slice()).is_ok_and(|again| again == message));
    }
}

/// That what is read of these bytes is written and read again as the same.
pub(crate) fn check_all(bytes: &[u8]) {
    check::<SubmitInvoiceRequest>(bytes);
    check::<SubmitPurchaseOrderRequest>(bytes);
    check::<ActRequest>(bytes);
    check::<DecideTasksRequest>(bytes);
    check::<UploadAttachmentRequest>(bytes);
    check::<UpsertVendorRequest>(bytes);
    check::<UpsertPersonRequest>(bytes);
    check::<ProposeBankAccountRequest>(bytes);
    check::<StartOnboardingRequest>(bytes);
}
