-- What is asked with every claim, every page and every order is found by an index, however much there is.

-- Where a task stands in the inboxes of its people, none while it is not open: a page is read from there on, and not put in order
-- first.
ALTER TABLE task_people ADD COLUMN sorted_at TIMESTAMPTZ;
UPDATE task_people SET sorted_at = (
    SELECT coalesce(t.due_at, t.opened_at) FROM tasks t WHERE t.tenant = task_people.tenant AND t.document = task_people.document
    AND t.submission = task_people.submission AND t.task = task_people.task AND t.state = 'open');
CREATE INDEX task_people_open ON task_people (tenant, person, sorted_at, document, task) WHERE sorted_at IS NOT NULL;
CREATE INDEX task_people_of ON task_people (tenant, document, submission, task);

ALTER TABLE process_task_people ADD COLUMN sorted_at TIMESTAMPTZ;
UPDATE process_task_people SET sorted_at = (
    SELECT coalesce(t.due_at, t.opened_at) FROM process_tasks t WHERE t.tenant = process_task_people.tenant
    AND t.process = process_task_people.process AND t.task = process_task_people.task AND t.state = 'open');
CREATE INDEX process_task_people_open ON process_task_people (tenant, person, sorted_at, process, task)
    WHERE sorted_at IS NOT NULL;
CREATE INDEX process_task_people_of ON process_task_people (tenant, process, task);

ALTER TABLE bank_change_people ADD COLUMN sorted_at TIMESTAMPTZ;
UPDATE bank_change_people SET sorted_at = (
    SELECT c.due_at FROM bank_changes c WHERE c.tenant = bank_change_people.tenant AND c.change = bank_change_people.change);
CREATE INDEX bank_change_people_open ON bank_change_people (tenant, person, sorted_at, change) WHERE sorted_at IS NOT NULL;
CREATE INDEX bank_change_people_of ON bank_change_people (tenant, change);

-- What was claimed by a business key, whatever became of it.
CREATE INDEX documents_of_key ON documents (tenant, vendor, fiscal_year, canonical_number, submission);
-- The order that a document issued.
CREATE INDEX purchase_orders_of ON purchase_orders (tenant, document);
-- How often something was found of what the ledger does not hold.
CREATE INDEX reconcile_findings_of ON reconcile_findings (tenant, finding);
-- What an employee went through, and what they were given.
CREATE INDEX employee_processes_of ON employee_processes (tenant, employee, claimed_at, process);
CREATE INDEX provisions_of ON provisions (tenant, employee, order_key);
-- In the order in which they are asked for: SQLite would read all of them in that order rather than put a few into it.
DROP INDEX attachments_of;
CREATE INDEX attachments_of ON attachments (tenant, document, attachment);
