//! The search attributes as code: what an operator can filter runs by. None holds personal data.

use std::{collections::HashMap, time::Duration};

use temporalio_client::Client;
use temporalio_common::search_attributes::SearchAttributeKey;
use temporalio_protos::temporal::api::{
    enums::v1::IndexedValueType,
    operatorservice::v1::{AddSearchAttributesRequest, ListSearchAttributesRequest},
    workflowservice::v1::CountWorkflowExecutionsRequest,
};
use tonic::{Code, Status};

use crate::{
    deadline::Deadline,
    rpc::{may_pass, request},
};

/// The company.
pub const TENANT: SearchAttributeKey<String> = SearchAttributeKey::keyword("VextrusTenant");
/// The claimed document.
pub const DOCUMENT: SearchAttributeKey<String> = SearchAttributeKey::keyword("VextrusDocument");
/// The vendor in the tenant's register.
pub const VENDOR: SearchAttributeKey<String> = SearchAttributeKey::keyword("VextrusVendor");
/// The department whose budget pays.
pub const DEPARTMENT: SearchAttributeKey<String> = SearchAttributeKey::keyword("VextrusDepartment");
/// The total, in poisha.
pub const TOTAL_POISHA: SearchAttributeKey<i64> = SearchAttributeKey::int("VextrusTotalPoisha");

/// The name of where the document stands, such as `waiting`. Workflows write it, by a key of the contract.
pub const STATUS: &str = "VextrusStatus";
/// The role that is asked, such as `accounts_payable`, or `end`. Workflows write it, by a key of the contract.
pub const STAGE: &str = "VextrusStage";

/// Every search attribute of ours with its type.
pub const ALL: [(&str, IndexedValueType); 7] = [
    (STATUS, IndexedValueType::Keyword),
    (STAGE, IndexedValueType::Keyword),
    ("VextrusTenant", IndexedValueType::Keyword),
    ("VextrusDocument", IndexedValueType::Keyword),
    ("VextrusVendor", IndexedValueType::Keyword),
    ("VextrusDepartment", IndexedValueType::Keyword),
    ("VextrusTotalPoisha", IndexedValueType::Int),
];

/// A server may keep what it knows of them for a minute.
const USABLE_WITHIN: Duration = Duration::from_secs(120);
/// A server looks for new namespaces every few seconds.
const FOUND_WITHIN: Duration = Duration::from_secs(20);

/// The search attributes are not as they should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchAttributesError {
    /// One of that name exists with another type. The server cannot change a type; an operator must remove it first.
    #[error(
        "search attribute {name} of namespace {namespace} is of type {}, not {}: remove it or use another namespace",
        type_name(*.found), type_name(*.expected as i32)
    )]
    WrongType {
        /// Where.
        namespace: String,
        /// Which.
        name: &'static str,
        /// What we need.
        expected: IndexedValueType,
        /// What is there, as the number of an [`IndexedValueType`].
        found: i32,
    },
    /// The server refused a call, as where we may not administer it.
    #[error("cannot {action} the search attributes of namespace {namespace}: {}", source.message())]
    Refused {
        /// `list`, `add` or `use`.
        action: &'static str,
        /// Where.
        namespace: String,
        /// The answer.
        #[source]
        source: Box<Status>,
    },
    /// They cannot be used yet, although they were waited for.
    #[error("the search attributes of namespace {namespace} were not usable within {within:?}")]
    NotUsable {
        /// Where.
        namespace: String,
        /// For how long they were waited for.
        within: Duration,
        /// The last answer.
        #[source]
        source: Option<Box<Status>>,
    },
}

/// Adds what is missing of [`ALL`], and waits until workflows can be started with them; answers the names that it
/// added. It may be called by many processes at once, and again at every start.
///
/// # Errors
///
/// Where one exists with another type, the server refuses or still knows no such namespace after 20 seconds, or they cannot be used
/// within two minutes.
pub async fn ensure_search_attributes(
    client: &Client,
    namespace: &str,
) -> Result<Vec<&'static str>, SearchAttributesError> {
    let (mut deadline, found) = (Deadline::after(USABLE_WITHIN), Deadline::after(FOUND_WITHIN));
    let mut added = Vec::new();
    loop {
        let last = match step(client, namespace, &mut added).await {
            Ok(true) => return Ok(added),
            Ok(false) => None,
            Err(Failure::WrongType(error)) => return Err(error),
            // Another process may have added them in between: then the next list has them.
            Err(Failure::Call { source, passes: true, .. })
                if source.code() != Code::NotFound || !found.remaining().is_zero() =>
            {
                Some(source)
            }
            Err(Failure::Call { action, source, .. }) => {
                return Err(SearchAttributesError::Refused { action, namespace: namespace.to_owned(), source });
            }
        };
        if !deadline.pause().await {
            let namespace = namespace.to_owned();
            return Err(SearchAttributesError::NotUsable { namespace, within: USABLE_WITHIN, source: last });
        }
    }
}

enum Failure {
    WrongType(SearchAttributesError),
    Call { action: &'static str, source: Box<Status>, passes: bool },
}

impl Failure {
    fn of(action: &'static str, also_passes: &'static [Code]) -> impl Fn(Status) -> Self {
        move |status| {
            let passes = may_pass(&status) || also_passes.contains(&status.code());
            Self::Call { action, source: Box::new(status), passes }
        }
    }
}

/// Adds what is missing, if anything is; true once all can be used.
async fn step(client: &Client, namespace: &str, added: &mut Vec<&'static str>) -> Result<bool, Failure> {
    let mut operator = client.connection().operator_service();
    let list = ListSearchAttributesRequest { namespace: namespace.to_owned() };
    let found = operator.list_search_attributes(request(list)).await.map_err(Failure::of("list", &[Code::NotFound]))?;
    let missing = missing(namespace, &found.into_inner().custom_attributes).map_err(Failure::WrongType)?;
    if !missing.is_empty() {
        let add = AddSearchAttributesRequest {
            search_attributes: missing.iter().map(|(name, kind)| ((*name).to_owned(), *kind as i32)).collect(),
            namespace: namespace.to_owned(),
        };
        operator.add_search_attributes(request(add)).await.map_err(Failure::of("add", &[Code::AlreadyExists]))?;
        added.extend(missing.iter().map(|(name, _)| *name));
        return Ok(false);
    }
    // The frontend checks the names in a query as it checks them in a start; a name that it does not know yet is an
    // invalid argument.
    let query = ALL.map(|(name, _)| format!("{name} IS NULL")).join(" AND ");
    let count = CountWorkflowExecutionsRequest { namespace: namespace.to_owned(), query };
    let used = client.connection().workflow_service().count_workflow_executions(request(count)).await;
    used.map(|_| true).map_err(Failure::of("use", &[Code::InvalidArgument, Code::NotFound]))
}

fn missing(
    namespace: &str,
    found: &HashMap<String, i32>,
) -> Result<Vec<(&'static str, IndexedValueType)>, SearchAttributesError> {
    let mut missing = Vec::new();
    for (name, expected) in ALL {
        match found.get(name) {
            None => missing.push((name, expected)),
            Some(found) if *found == expected as i32 => {}
            Some(&found) => {
                let namespace = namespace.to_owned();
                return Err(SearchAttributesError::WrongType { namespace, name, expected, found });
            }
        }
    }
    Ok(missing)
}

fn type_name(number: i32) -> &'static str {
    IndexedValueType::try_from(number)
        .map_or("unknown", |kind| kind.as_str_name().trim_start_matches("INDEXED_VALUE_TYPE_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_what_the_keys_say() {
        let text = [&TENANT, &DOCUMENT, &VENDOR, &DEPARTMENT].map(|key| (key.name(), key.indexed_value_type()));
        let number = [(TOTAL_POISHA.name(), TOTAL_POISHA.indexed_value_type())];
        assert_eq!(ALL[2..], [&text[..], &number[..]].concat());
    }

    #[test]
    fn what_is_there_is_left_out_and_another_type_is_refused() {
        let mut found: HashMap<String, i32> = ALL.map(|(name, kind)| (name.to_owned(), kind as i32)).into();
        assert_eq!(missing("ns", &found).unwrap(), []);
        found.remove(STAGE);
        assert_eq!(missing("ns", &found).unwrap(), [(STAGE, IndexedValueType::Keyword)]);
        found.insert(STATUS.to_owned(), IndexedValueType::Text as i32);
        let error = missing("ns", &found).unwrap_err().to_string();
        let expected = "search attribute VextrusStatus of namespace ns is of type TEXT, not KEYWORD";
        assert!(error.starts_with(expected), "{error}");
    }
}
