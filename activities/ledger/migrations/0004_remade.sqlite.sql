-- Documents of every type; budgets that may be exceeded where the policy says so. The same as 0004_remade.postgres.sql.
-- SQLite cannot change a CHECK or a key, so that the tables are made anew; foreign keys are off while this runs.

CREATE TABLE documents_new (
    tenant           TEXT NOT NULL,
    document         TEXT NOT NULL,
    submission       BIGINT NOT NULL CHECK (submission >= 1),
    kind             TEXT NOT NULL,
    vendor           TEXT NOT NULL,
    fiscal_year      TEXT NOT NULL,
    canonical_number TEXT NOT NULL,
    number           TEXT NOT NULL,
    dated            DATE NOT NULL,
    department       TEXT NOT NULL,
    project          TEXT,
    po_number        TEXT,
    total            BIGINT NOT NULL,
    submitter        TEXT NOT NULL,
    request_id       TEXT NOT NULL,
    payload          TEXT NOT NULL,
    payload_hash     TEXT NOT NULL,
    content          BIGINT NOT NULL DEFAULT 1,
    state            TEXT NOT NULL CHECK (state IN ('claimed', 'assessed', 'settled', 'closed')),
    revision         BIGINT NOT NULL DEFAULT 0,
    outcome          TEXT CHECK (outcome IN ('approved', 'rejected', 'expired', 'withdrawn', 'cancelled', 'failed')),
    refusal          TEXT,
    settlement       TEXT,
    lock_version     BIGINT NOT NULL DEFAULT 0,
    claimed_at       TIMESTAMPTZ NOT NULL,
    concluded_at     TIMESTAMPTZ,
    PRIMARY KEY (tenant, document, submission),
    UNIQUE (tenant, request_id),
    FOREIGN KEY (tenant, vendor) REFERENCES vendors (tenant, vendor),
    CHECK ((state IN ('settled', 'closed')) = (outcome IS NOT NULL)),
    CHECK ((state = 'settled') = (outcome IS NOT NULL AND outcome = 'approved'))
);
INSERT INTO documents_new (tenant, document, submission, kind, vendor, fiscal_year, canonical_number, number, dated, department,
        project, po_number, total, submitter, request_id, payload, payload_hash, state, revision, outcome, refusal, lock_version,
        claimed_at, concluded_at)
    SELECT tenant, document, submission, kind, vendor, fiscal_year, canonical_number, number, invoice_date, department, project,
        po_number, total, submitter, request_id, payload, payload_hash, state, revision, outcome, refusal, lock_version,
        claimed_at, concluded_at FROM documents;
DROP TABLE documents;
ALTER TABLE documents_new RENAME TO documents;
CREATE UNIQUE INDEX documents_business_key ON documents (tenant, vendor, fiscal_year, canonical_number)
    WHERE state IN ('claimed', 'assessed', 'settled');
CREATE INDEX documents_same_amount ON documents (tenant, vendor, dated, total);
CREATE INDEX documents_order ON documents (tenant, po_number);
CREATE INDEX documents_of_submitter ON documents (tenant, kind, vendor, submitter, claimed_at);

CREATE TRIGGER documents_stay BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'documents are never deleted'); END;
CREATE TRIGGER documents_move BEFORE UPDATE OF state ON documents
WHEN NOT (OLD.state = NEW.state AND OLD.state IN ('claimed', 'assessed')
       OR OLD.state = 'claimed' AND NEW.state IN ('assessed', 'closed')
       OR OLD.state = 'assessed' AND NEW.state IN ('settled', 'closed'))
BEGIN SELECT RAISE(ABORT, 'a document moves claimed, assessed, then settled or closed'); END;
CREATE TRIGGER documents_claim BEFORE UPDATE OF tenant, document, submission, kind, vendor, fiscal_year, canonical_number,
    number, submitter, request_id, claimed_at
ON documents BEGIN SELECT RAISE(ABORT, 'what was claimed is never changed'); END;
CREATE TRIGGER documents_content BEFORE UPDATE OF dated, department, project, po_number, total, payload, payload_hash, content
ON documents WHEN NEW.content <> OLD.content + 1 OR OLD.state <> 'assessed'
BEGIN SELECT RAISE(ABORT, 'a document changes by another content'); END;

CREATE TABLE tasks_new (
    tenant     TEXT NOT NULL,
    document   TEXT NOT NULL,
    submission BIGINT NOT NULL,
    task       TEXT NOT NULL,
    revision   BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    stage      BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    role       TEXT NOT NULL,
    question   TEXT NOT NULL,
    answers    TEXT NOT NULL,
    plan_hash  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'decided', 'dropped', 'superseded')),
    opened_at  TIMESTAMPTZ,
    due_at     TIMESTAMPTZ,
    needed     BIGINT NOT NULL DEFAULT 1,
    given      BIGINT NOT NULL DEFAULT 0,
    answer     TEXT,
    actor      TEXT,
    principal  TEXT,
    comment    TEXT,
    decided_at TIMESTAMPTZ,
    PRIMARY KEY (tenant, document, submission, task),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);
INSERT INTO tasks_new (tenant, document, submission, task, revision, position, stage, kind, role, question, answers, plan_hash,
        state, opened_at, due_at)
    SELECT tenant, document, submission, task, revision, position, stage, kind, role, question, answers, plan_hash, state,
        opened_at, due_at FROM tasks;
DROP TABLE tasks;
ALTER TABLE tasks_new RENAME TO tasks;

CREATE TABLE budget_lines_new (
    tenant      TEXT NOT NULL,
    fiscal_year TEXT NOT NULL,
    department  TEXT NOT NULL,
    project     TEXT NOT NULL,
    allocated   BIGINT NOT NULL CHECK (allocated >= 0),
    reserved    BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    committed   BIGINT NOT NULL DEFAULT 0 CHECK (committed >= 0),
    excess      BIGINT NOT NULL DEFAULT 0 CHECK (excess >= 0),
    PRIMARY KEY (tenant, fiscal_year, department, project),
    CHECK (reserved + committed <= allocated + excess)
);
INSERT INTO budget_lines_new (tenant, fiscal_year, department, project, allocated, reserved, committed)
    SELECT tenant, fiscal_year, department, project, allocated, reserved, committed FROM budget_lines;
DROP TABLE budget_lines;
ALTER TABLE budget_lines_new RENAME TO budget_lines;

CREATE TABLE budget_reservations_new (
    tenant      TEXT NOT NULL,
    document    TEXT NOT NULL,
    submission  BIGINT NOT NULL,
    fiscal_year TEXT NOT NULL,
    department  TEXT NOT NULL,
    project     TEXT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    state       TEXT NOT NULL CHECK (state IN ('reserved', 'committed', 'released', 'encumbered')),
    from_order  BIGINT NOT NULL DEFAULT 0 CHECK (from_order >= 0),
    po_number   TEXT,
    PRIMARY KEY (tenant, document, submission, fiscal_year, department, project),
    CHECK (from_order <= amount),
    CHECK (from_order = 0 OR po_number IS NOT NULL),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission),
    FOREIGN KEY (tenant, fiscal_year, department, project)
        REFERENCES budget_lines (tenant, fiscal_year, department, project)
);
INSERT INTO budget_reservations_new (tenant, document, submission, fiscal_year, department, project, amount, state)
    SELECT tenant, document, submission, fiscal_year, department, project, amount, state FROM budget_reservations;
DROP TABLE budget_reservations;
ALTER TABLE budget_reservations_new RENAME TO budget_reservations;
