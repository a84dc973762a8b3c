//! The failures that the client hands over as they came: those of updates.

use temporalio_client::{Client, NamespacedClient as _};
use temporalio_common::data_converters::{
    CommonAttributes, GenericPayloadConverter as _, PayloadConversionError, SerializationContext,
    SerializationContextData, WorkflowSerializationContext,
};
use temporalio_protos::temporal::api::failure::v1::Failure;

/// A failure's message, also where it travelled encrypted.
///
/// # Errors
/// A payload that cannot be read.
pub async fn message(client: &Client, failure: &Failure) -> Result<String, PayloadConversionError> {
    let Some(encoded) = &failure.encoded_attributes else { return Ok(failure.message.clone()) };
    let data = SerializationContextData::Workflow(WorkflowSerializationContext::new());
    let converter = client.data_converter();
    let decoded = converter.codec().decode(&data, vec![encoded.clone()]).await?;
    let payload = decoded.into_iter().next().ok_or(PayloadConversionError::WrongEncoding)?;
    let payloads = converter.payload_converter();
    let attributes: CommonAttributes = payloads.from_payload(&SerializationContext::new(&data, payloads), payload)?;
    Ok(attributes.message)
}
