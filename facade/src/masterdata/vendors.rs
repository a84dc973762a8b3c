//! UpsertVendor, GetVendor and ListVendors.

use vextrus_domain::VendorId;
use vextrus_ledger::bank_details;
use vextrus_ledger::masterdata::{self, Record, Stored};
use vextrus_proto::masterdata::v1 as proto;

use super::records::{another, found, listing, put, reading, wanted};
use super::{fields, names, render};
use crate::call::Call;
use crate::errors::Failure;
use crate::pages;
use crate::service::App;

pub(crate) async fn upsert(
    app: &App,
    call: &Call,
    request: proto::UpsertVendorRequest,
) -> Result<proto::UpsertVendorResponse, Failure> {
    let ids = (request.parent.as_str(), request.request_id.as_str());
    let given = request.vendor.map(|record| (record.etag.clone(), record));
    let wanted = wanted(call, ids, "vendor", given, |reader, given| fields::vendor(reader, given, &call.actor))?;
    let done = put(app, call, &wanted).await?;
    let Record::Vendor(vendor) = wanted.into_record() else { return Err(another("vendor")) };
    let vendor = render::vendor(&call.actor.tenant, Stored { record: *vendor, version: done.version }, None);
    Ok(proto::UpsertVendorResponse { vendor: Some(vendor), change: render::change(done.change).into() })
}

pub(crate) async fn get(
    app: &App,
    call: &Call,
    request: proto::GetVendorRequest,
) -> Result<proto::GetVendorResponse, Failure> {
    let tenant = &call.actor.tenant;
    let id: VendorId = names::record("name", &request.name, "vendors", &call.actor)?;
    let mut tx = reading(app, call, &request.name).await?;
    let stored = found(masterdata::stored_vendor(&mut tx, tenant, &id).await?, &request.name)?;
    let account = bank_details::in_force(&mut tx, tenant, &id).await?;
    let account = account.as_ref().map(|(_, account)| account);
    Ok(proto::GetVendorResponse { vendor: Some(render::vendor(tenant, stored, account)) })
}

pub(crate) async fn list(
    app: &App,
    call: &Call,
    request: proto::ListVendorsRequest,
) -> Result<proto::ListVendorsResponse, Failure> {
    let tenant = &call.actor.tenant;
    let (mut tx, size) = listing(app, call, &request.parent, request.page_size).await?;
    let after: String = pages::cursor(&request.page_token)?.unwrap_or_default();
    let mut lines = masterdata::vendors(&mut tx, tenant, &after, size + 1).await?;
    let next_page_token = pages::cut(&mut lines, size, |line| line.record.id.to_string())?;
    let vendors = lines.into_iter().map(|line| render::vendor(tenant, line, None)).collect();
    Ok(proto::ListVendorsResponse { vendors, next_page_token })
}
