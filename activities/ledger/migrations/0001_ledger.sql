-- The ledger. One text for SQLite and PostgreSQL; triggers, whose language differs, stand beside it.
-- Amounts are integer poisha. Times are UTC. JSON is canonical text.

CREATE TABLE rule_versions (
    kind       TEXT NOT NULL CHECK (kind IN ('tax', 'approval', 'accounts')),
    hash       TEXT NOT NULL,
    content    TEXT NOT NULL,
    stored_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, hash)
);

CREATE TABLE rule_activations (
    tenant       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    activated_by TEXT NOT NULL,
    activated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, kind, seq),
    FOREIGN KEY (kind, hash) REFERENCES rule_versions (kind, hash)
);

CREATE TABLE people (
    tenant     TEXT NOT NULL,
    person     TEXT NOT NULL,
    department TEXT,
    roles      TEXT NOT NULL,
    active     BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, person)
);

CREATE TABLE vendors (
    tenant       TEXT NOT NULL,
    vendor       TEXT NOT NULL,
    name         TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('contractor', 'supplier', 'service')),
    tin          TEXT NOT NULL,
    bin          TEXT NOT NULL,
    active       BOOLEAN NOT NULL,
    lock_version BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, vendor)
);

CREATE TABLE purchase_orders (
    tenant       TEXT NOT NULL,
    po_number    TEXT NOT NULL,
    vendor       TEXT NOT NULL,
    total        BIGINT NOT NULL CHECK (total >= 0),
    open         BOOLEAN NOT NULL,
    lock_version BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, po_number)
);

-- project '' is the department's own line.
CREATE TABLE budget_lines (
    tenant      TEXT NOT NULL,
    fiscal_year TEXT NOT NULL,
    department  TEXT NOT NULL,
    project     TEXT NOT NULL,
    allocated   BIGINT NOT NULL CHECK (allocated >= 0),
    reserved    BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    committed   BIGINT NOT NULL DEFAULT 0 CHECK (committed >= 0),
    PRIMARY KEY (tenant, fiscal_year, department, project),
    CHECK (reserved + committed <= allocated)
);

CREATE TABLE documents (
    tenant           TEXT NOT NULL,
    document         TEXT NOT NULL,
    submission       BIGINT NOT NULL CHECK (submission >= 1),
    kind             TEXT NOT NULL CHECK (kind = 'invoice'),
    vendor           TEXT NOT NULL,
    fiscal_year      TEXT NOT NULL,
    canonical_number TEXT NOT NULL,
    number           TEXT NOT NULL,
    invoice_date     DATE NOT NULL,
    department       TEXT NOT NULL,
    project          TEXT,
    po_number        TEXT,
    total            BIGINT NOT NULL,
    submitter        TEXT NOT NULL,
    request_id       TEXT NOT NULL,
    payload          TEXT NOT NULL,
    payload_hash     TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('claimed', 'assessed', 'settled', 'closed')),
    revision         BIGINT NOT NULL DEFAULT 0,
    outcome          TEXT CHECK (outcome IN ('approved', 'rejected', 'expired', 'withdrawn', 'cancelled', 'failed')),
    refusal          TEXT,
    lock_version     BIGINT NOT NULL DEFAULT 0,
    claimed_at       TIMESTAMPTZ NOT NULL,
    concluded_at     TIMESTAMPTZ,
    PRIMARY KEY (tenant, document, submission),
    UNIQUE (tenant, request_id),
    FOREIGN KEY (tenant, vendor) REFERENCES vendors (tenant, vendor),
    CHECK ((state IN ('settled', 'closed')) = (outcome IS NOT NULL)),
    CHECK ((state = 'settled') = (outcome IS NOT NULL AND outcome = 'approved'))
);

-- At most one open or approved document of one business key.
CREATE UNIQUE INDEX documents_business_key ON documents (tenant, vendor, fiscal_year, canonical_number)
    WHERE state IN ('claimed', 'assessed', 'settled');
CREATE INDEX documents_same_amount ON documents (tenant, vendor, invoice_date, total);
CREATE INDEX documents_order ON documents (tenant, po_number);

CREATE TABLE assessments (
    tenant          TEXT NOT NULL,
    document        TEXT NOT NULL,
    submission      BIGINT NOT NULL,
    revision        BIGINT NOT NULL,
    assessed_at     TIMESTAMPTZ NOT NULL,
    paid_on         DATE NOT NULL,
    assessment      TEXT NOT NULL,
    plan            TEXT NOT NULL,
    plan_hash       TEXT NOT NULL,
    tax_hash        TEXT NOT NULL,
    approval_hash   TEXT NOT NULL,
    accounts_hash   TEXT NOT NULL,
    PRIMARY KEY (tenant, document, submission, revision),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);

CREATE TABLE tasks (
    tenant         TEXT NOT NULL,
    document       TEXT NOT NULL,
    submission     BIGINT NOT NULL,
    task           TEXT NOT NULL,
    revision       BIGINT NOT NULL,
    position       BIGINT NOT NULL,
    stage          BIGINT NOT NULL,
    kind           TEXT NOT NULL,
    role           TEXT NOT NULL,
    question       TEXT NOT NULL,
    answers        TEXT NOT NULL,
    within_seconds BIGINT NOT NULL CHECK (within_seconds > 0),
    plan_hash      TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'decided', 'dropped')),
    opened_at      TIMESTAMPTZ,
    due_at         TIMESTAMPTZ,
    PRIMARY KEY (tenant, document, submission, task),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);

CREATE TABLE task_people (
    tenant     TEXT NOT NULL,
    person     TEXT NOT NULL,
    document   TEXT NOT NULL,
    submission BIGINT NOT NULL,
    task       TEXT NOT NULL,
    PRIMARY KEY (tenant, person, document, submission, task),
    FOREIGN KEY (tenant, document, submission, task) REFERENCES tasks (tenant, document, submission, task)
);

-- task '' is the document itself: a withdrawal.
CREATE TABLE decisions (
    tenant     TEXT NOT NULL,
    document   TEXT NOT NULL,
    submission BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    task       TEXT NOT NULL,
    answer     TEXT NOT NULL,
    proceeds   BOOLEAN NOT NULL,
    actor      TEXT NOT NULL,
    principal  TEXT NOT NULL,
    comment    TEXT NOT NULL,
    assurance  TEXT NOT NULL CHECK (assurance IN ('signed', 'asserted')),
    content    TEXT NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, document, submission, request_id),
    UNIQUE (tenant, document, submission, task),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);

CREATE TABLE budget_reservations (
    tenant      TEXT NOT NULL,
    document    TEXT NOT NULL,
    submission  BIGINT NOT NULL,
    fiscal_year TEXT NOT NULL,
    department  TEXT NOT NULL,
    project     TEXT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    state       TEXT NOT NULL CHECK (state IN ('reserved', 'committed', 'released')),
    PRIMARY KEY (tenant, document, submission, department, project),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission),
    FOREIGN KEY (tenant, fiscal_year, department, project)
        REFERENCES budget_lines (tenant, fiscal_year, department, project)
);

CREATE TABLE number_series (
    tenant      TEXT NOT NULL,
    series      TEXT NOT NULL,
    fiscal_year TEXT NOT NULL,
    last        BIGINT NOT NULL CHECK (last >= 1),
    PRIMARY KEY (tenant, series, fiscal_year)
);

CREATE TABLE payment_instructions (
    tenant       TEXT NOT NULL,
    instruction  TEXT NOT NULL,
    fiscal_year  TEXT NOT NULL,
    serial       BIGINT NOT NULL,
    document     TEXT NOT NULL,
    submission   BIGINT NOT NULL,
    vendor       TEXT NOT NULL,
    amount       BIGINT NOT NULL CHECK (amount >= 0),
    due_date     DATE NOT NULL,
    posting_date DATE NOT NULL,
    state        TEXT NOT NULL CHECK (state = 'proposed'),
    created_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, instruction),
    UNIQUE (tenant, document),
    UNIQUE (tenant, fiscal_year, serial),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);

CREATE TABLE journal_entries (
    tenant       TEXT NOT NULL,
    entry        TEXT NOT NULL,
    document     TEXT NOT NULL,
    submission   BIGINT NOT NULL,
    posting_date DATE NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('draft', 'posted')),
    PRIMARY KEY (tenant, entry),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);

CREATE TABLE journal_lines (
    tenant  TEXT NOT NULL,
    entry   TEXT NOT NULL,
    line    BIGINT NOT NULL,
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    debit   BIGINT NOT NULL CHECK (debit >= 0),
    credit  BIGINT NOT NULL CHECK (credit >= 0),
    PRIMARY KEY (tenant, entry, line),
    CHECK ((debit = 0) <> (credit = 0)),
    FOREIGN KEY (tenant, entry) REFERENCES journal_entries (tenant, entry)
);

CREATE TABLE tax_obligations (
    tenant      TEXT NOT NULL,
    document    TEXT NOT NULL,
    submission  BIGINT NOT NULL,
    tax         TEXT NOT NULL CHECK (tax IN ('VDS', 'TDS')),
    code        TEXT NOT NULL,
    vendor      TEXT NOT NULL,
    base        BIGINT NOT NULL,
    rate_ppm    BIGINT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    withheld_on DATE NOT NULL,
    PRIMARY KEY (tenant, document, submission, tax, code),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);

CREATE TABLE effects (
    tenant     TEXT NOT NULL,
    document   TEXT NOT NULL,
    submission BIGINT NOT NULL,
    step       TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    result     TEXT,
    at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, document, submission, step)
);

CREATE TABLE outbox (
    id           TEXT NOT NULL,
    tenant       TEXT NOT NULL,
    document     TEXT NOT NULL,
    submission   BIGINT NOT NULL,
    event        TEXT NOT NULL,
    payload      TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    attempts     BIGINT NOT NULL DEFAULT 0,
    sent_at      TIMESTAMPTZ,
    PRIMARY KEY (id),
    UNIQUE (tenant, document, submission, event)
);
CREATE INDEX outbox_unsent ON outbox (created_at, id) WHERE sent_at IS NULL;

-- One chain per document over all its submissions; '-tenant' is the chain of what belongs to no document.
CREATE TABLE audit_entries (
    tenant    TEXT NOT NULL,
    chain     TEXT NOT NULL,
    seq       BIGINT NOT NULL CHECK (seq >= 1),
    content   TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (tenant, chain, seq)
);
