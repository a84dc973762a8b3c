-- Documents of every type; budgets that may be exceeded where the policy says so. The same as 0004_remade.sqlite.sql.

ALTER TABLE documents DROP CONSTRAINT documents_kind_check;
ALTER TABLE documents RENAME COLUMN invoice_date TO dated;
ALTER TABLE documents ADD COLUMN content BIGINT NOT NULL DEFAULT 1;
ALTER TABLE documents ADD COLUMN settlement TEXT;
CREATE INDEX documents_of_submitter ON documents (tenant, kind, vendor, submitter, claimed_at);

DROP TRIGGER documents_claim ON documents;
CREATE TRIGGER documents_claim BEFORE UPDATE OF tenant, document, submission, kind, vendor, fiscal_year, canonical_number,
    number, submitter, request_id, claimed_at
ON documents FOR EACH ROW EXECUTE FUNCTION refuse('what was claimed is never changed');
CREATE TRIGGER documents_content BEFORE UPDATE OF dated, department, project, po_number, total, payload, payload_hash, content
ON documents FOR EACH ROW WHEN (NEW.content <> OLD.content + 1 OR OLD.state <> 'assessed')
EXECUTE FUNCTION refuse('a document changes by another content');

ALTER TABLE tasks DROP CONSTRAINT tasks_state_check;
ALTER TABLE tasks DROP CONSTRAINT tasks_within_seconds_check;
ALTER TABLE tasks DROP COLUMN within_seconds;
ALTER TABLE tasks ADD COLUMN needed BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tasks ADD COLUMN given BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN answer TEXT;
ALTER TABLE tasks ADD COLUMN actor TEXT;
ALTER TABLE tasks ADD COLUMN principal TEXT;
ALTER TABLE tasks ADD COLUMN comment TEXT;
ALTER TABLE tasks ADD COLUMN decided_at TIMESTAMPTZ;
ALTER TABLE tasks ADD CHECK (state IN ('waiting', 'open', 'decided', 'dropped', 'superseded'));

ALTER TABLE budget_lines ADD COLUMN excess BIGINT NOT NULL DEFAULT 0 CHECK (excess >= 0);
ALTER TABLE budget_lines DROP CONSTRAINT budget_lines_check;
ALTER TABLE budget_lines ADD CHECK (reserved + committed <= allocated + excess);

ALTER TABLE budget_reservations ADD COLUMN from_order BIGINT NOT NULL DEFAULT 0 CHECK (from_order >= 0);
ALTER TABLE budget_reservations ADD COLUMN po_number TEXT;
ALTER TABLE budget_reservations DROP CONSTRAINT budget_reservations_pkey;
ALTER TABLE budget_reservations ADD PRIMARY KEY (tenant, document, submission, fiscal_year, department, project);
ALTER TABLE budget_reservations ADD CHECK (from_order <= amount);
ALTER TABLE budget_reservations ADD CHECK (from_order = 0 OR po_number IS NOT NULL);
ALTER TABLE budget_reservations DROP CONSTRAINT budget_reservations_state_check;
ALTER TABLE budget_reservations ADD CHECK (state IN ('reserved', 'committed', 'released', 'encumbered'));
