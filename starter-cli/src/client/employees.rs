//! The processes of employees.

use tonic::Status;
use vextrus_facade::process_collection;
use vextrus_lifecycle::Process;
use vextrus_proto::onboarding::v1::act_on_process_request::Action;
use vextrus_proto::onboarding::v1::{
    ActOnProcessRequest, ActOnProcessResponse, Employee, EmployeeProcess, EraseEmployeeRequest, GetProcessRequest,
    ListProcessesRequest, StartOffboardingRequest, StartOnboardingRequest,
};

use super::{Client, incomplete};

impl Client {
    /// The name of a process that was given by its name or its id.
    #[must_use]
    pub fn process_name(&self, kind: Process, process: &str) -> String {
        if process.contains('/') {
            return process.to_owned();
        }
        format!("{}/{}/{process}", self.parent(), process_collection(kind))
    }

    /// Begins an onboarding; answers it, and whether this very request had claimed it before.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn start_onboarding(
        &mut self,
        employee: Employee,
        request_id: String,
    ) -> Result<(EmployeeProcess, bool), Status> {
        let message = StartOnboardingRequest { parent: self.parent(), request_id, employee: Some(employee) };
        let response = self.employees.start_onboarding(self.request(message)).await?.into_inner();
        Ok((response.process.ok_or_else(incomplete)?, response.repeated_request))
    }

    /// Begins an offboarding; answers it, and whether this very request had claimed it before. The tenant is the client's.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn start_offboarding(
        &mut self,
        leaving: StartOffboardingRequest,
    ) -> Result<(EmployeeProcess, bool), Status> {
        let message = StartOffboardingRequest { parent: self.parent(), ..leaving };
        let response = self.employees.start_offboarding(self.request(message)).await?.into_inner();
        Ok((response.process.ok_or_else(incomplete)?, response.repeated_request))
    }

    /// Reads a process by its name or id.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn process(&mut self, kind: Process, process: &str) -> Result<EmployeeProcess, Status> {
        let message = GetProcessRequest { name: self.process_name(kind, process) };
        self.employees.get_process(self.request(message)).await?.into_inner().process.ok_or_else(incomplete)
    }

    /// All processes of a tenant that fit a filter, the latest first, page by page.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn processes(&mut self, filter: &str) -> Result<Vec<EmployeeProcess>, Status> {
        let (mut processes, mut page_token) = (Vec::new(), String::new());
        loop {
            let (parent, filter) = (self.parent(), filter.to_owned());
            let message = ListProcessesRequest { parent, page_size: 200, page_token, filter };
            let response = self.employees.list_processes(self.request(message)).await?.into_inner();
            processes.extend(response.processes);
            if response.next_page_token.is_empty() {
                return Ok(processes);
            }
            page_token = response.next_page_token;
        }
    }

    /// Brings a command to a process or a task of it, by its name.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn act_on_process(
        &mut self,
        name: String,
        action: Action,
        request_id: String,
    ) -> Result<ActOnProcessResponse, Status> {
        let message = ActOnProcessRequest { name, request_id, action: Some(action) };
        Ok(self.employees.act_on_process(self.request(message)).await?.into_inner())
    }

    /// Erases what is personal about an employee.
    ///
    /// # Errors
    /// The facade's status.
    pub async fn erase_employee(&mut self, employee: &str, reason: &str, request_id: String) -> Result<(), Status> {
        let name = format!("{}/employees/{employee}", self.parent());
        let message = EraseEmployeeRequest { name, reason: reason.to_owned(), request_id };
        self.employees.erase_employee(self.request(message)).await.map(drop)
    }
}
