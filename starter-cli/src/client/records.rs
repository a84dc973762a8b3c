//! Master data: records, the calendar, and vendors' bank accounts.

use tonic::Status;
use vextrus_proto::masterdata::v1::{
    BankAccount, BankAccountChange, Budget, Department, GetBankAccountChangeRequest, GetBudgetRequest,
    GetCalendarRequest, GetCalendarResponse, GetDepartmentRequest, GetPersonRequest, GetVendorRequest,
    ListBankAccountChangesRequest, ListBudgetsRequest, ListDepartmentsRequest, ListPeopleRequest, ListVendorsRequest,
    Person, ProposeBankAccountRequest, ProposeCalendarRequest, RecordChange, UpsertBudgetRequest,
    UpsertDepartmentRequest, UpsertPersonRequest, UpsertVendorRequest, Vendor,
};

use super::{Client, incomplete};

/// The largest page.
const PAGE: i32 = 200;

// The four kinds of record differ in their names alone; the macro keeps each from being called in a way of its own.
macro_rules! records {
    ($($field:ident, $many:ident in $collection:literal: $record:ident,
       $put:ident = $upsert_call:ident $upsert:ident, $show:ident = $get_call:ident $get:ident,
       $all:ident = $list_call:ident $list:ident;)*) => {
        impl Client {$(
            #[doc = concat!("Puts a ", stringify!($field), "; answers it, and what became of it.")]
            ///
            /// # Errors
            /// The facade's status.
            pub async fn $put(&mut self, record: $record, request_id: String) -> Result<($record, RecordChange), Status> {
                let message = $upsert { parent: self.parent(), request_id, $field: Some(record) };
                let response = self.master_data.$upsert_call(self.request(message)).await?.into_inner();
                let change = response.change();
                Ok((response.$field.ok_or_else(incomplete)?, change))
            }

            #[doc = concat!("Reads a ", stringify!($field), " by its id.")]
            ///
            /// # Errors
            /// The facade's status.
            pub async fn $show(&mut self, id: &str) -> Result<$record, Status> {
                let message = $get { name: self.record($collection, id) };
                self.master_data.$get_call(self.request(message)).await?.into_inner().$field.ok_or_else(incomplete)
            }

            #[doc = concat!("All records of the collection ", $collection, ".")]
            ///
            /// # Errors
            /// The facade's status.
            pub async fn $all(&mut self) -> Result<Vec<$record>, Status> {
                let (mut all, mut page_token) = (Vec::new(), String::new());
                loop {
                    let message = $list { parent: self.parent(), page_size: PAGE, page_token };
                    let found = self.master_data.$list_call(self.request(message)).await?.into_inner();
                    all.extend(found.$many);
                    page_token = found.next_page_token;
                    if page_token.is_empty() {
                        return Ok(all);
                    }
                }
            }
        )*}
    };
}

records! {
    vendor, vendors in "vendors": Vendor, put_vendor = upsert_vendor UpsertVendorRequest, vendor = get_vendor GetVendorRequest,
        vendors = list_vendors ListVendorsRequest;
    person, people in "people": Person, put_person = upsert_person UpsertPersonRequest, person = get_person GetPersonRequest,
        people = list_people ListPeopleRequest;
    department, departments in "departments": Department, put_department = upsert_department UpsertDepartmentRequest, department = get_department GetDepartmentRequest,
        departments = list_departments ListDepartmentsRequest;
    budget, budgets in "budgets": Budget, put_budget = upsert_budget UpsertBudgetRequest, budget = get_budget GetBudgetRequest,
        budgets = list_budgets ListBudgetsRequest;
}

impl Client {
    /// The name of a record that was given by its name or its id.
    fn record(&self, collection: &str, id: &str) -> String {
        if id.contains('/') { id.to_owned() } else { format!("{}/{collection}/{id}", self.parent()) }
    }

    /// The name of a change of a bank account that was given by its name or its id.
    #[must_use]
    pub fn bank_account_change_name(&self, id: &str) -> String {
        self.record("bankAccountChanges", id)
    }

    /// The calendar that counts.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn calendar(&mut self) -> Result<GetCalendarResponse, Status> {
        let message = GetCalendarRequest { name: format!("{}/calendar", self.parent()) };
        Ok(self.master_data.get_calendar(self.request(message)).await?.into_inner())
    }

    /// Proposes a calendar; answers the number of the proposal.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn propose_calendar(&mut self, content: String, reason: &str, request_id: String) -> Result<i64, Status> {
        let (parent, reason) = (self.parent(), reason.to_owned());
        let message = ProposeCalendarRequest { parent, request_id, content, effective_time: None, reason };
        Ok(self.master_data.propose_calendar(self.request(message)).await?.into_inner().proposal)
    }

    /// Proposes the account to which a vendor is paid.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn propose_bank_account(
        &mut self,
        vendor: &str,
        account: BankAccount,
        reason: &str,
        request_id: String,
    ) -> Result<BankAccountChange, Status> {
        let (parent, reason) = (self.record("vendors", vendor), reason.to_owned());
        let message = ProposeBankAccountRequest { parent, request_id, account: Some(account), reason };
        let response = self.master_data.propose_bank_account(self.request(message)).await?.into_inner();
        response.change.ok_or_else(incomplete)
    }

    /// A change of a vendor's bank account.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn bank_account_change(&mut self, id: &str) -> Result<BankAccountChange, Status> {
        let message = GetBankAccountChangeRequest { name: self.bank_account_change_name(id) };
        let response = self.master_data.get_bank_account_change(self.request(message)).await?.into_inner();
        response.change.ok_or_else(incomplete)
    }

    /// The changes of one vendor's bank account, or of all, the latest first.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn bank_account_changes(&mut self, vendor: Option<&str>) -> Result<Vec<BankAccountChange>, Status> {
        let parent = vendor.map_or_else(|| self.parent(), |vendor| self.record("vendors", vendor));
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let message = ListBankAccountChangesRequest { parent: parent.clone(), page_size: PAGE, page_token };
            let found = self.master_data.list_bank_account_changes(self.request(message)).await?.into_inner();
            all.extend(found.changes);
            page_token = found.next_page_token;
            if page_token.is_empty() {
                return Ok(all);
            }
        }
    }
}
