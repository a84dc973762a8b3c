//! The words of the trade: money, rates, identities, ids, the calendar, documents, refusals and signatures.
//!
//! Pure: no clock, no I/O, no async. Everything else in the workspace is written in these types.

pub mod actor;
pub mod bank;
pub mod calendar;
pub mod canonical;
pub mod company;
pub mod contact;
pub mod department;
pub mod document;
pub mod employee;
pub mod grouping;
pub mod identity;
pub mod ids;
pub mod invoice;
pub mod lang;
pub mod matching;
pub mod merkle;
pub mod money;
pub mod order;
pub mod payee;
pub mod quantity;
pub mod refusal;
pub mod signature;
pub mod tax_facts;
pub mod vendor;
pub mod violations;
pub mod words;

mod digits;

pub use actor::{Actor, Person};
pub use bank::BankAccount;
pub use calendar::FiscalYear;
pub use company::Payer;
pub use contact::{Contact, Party};
pub use department::Department;
pub use document::{Content, DocumentType};
pub use employee::{Employee, EmployeeClass, Employment, PersonalData};
pub use ids::{
    DepartmentId, DocumentId, DocumentKey, PersonId, ProjectId, RequestId, RoleName, TaskId, TenantId, VendorId,
};
pub use invoice::{Invoice, InvoiceLine};
pub use lang::Lang;
pub use money::{Rate, Taka};
pub use order::{Order, OrderLine};
pub use payee::PayeeFacts;
pub use refusal::{Refusal, RefusalCode};
pub use tax_facts::TaxFacts;
