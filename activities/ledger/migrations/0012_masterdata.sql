-- Master data that several services keep, each record with the number of its version; vendors' bank details under four eyes;
-- whether a company takes anything new; and what is attached to documents.

ALTER TABLE people ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE vendors ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE budget_lines ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

CREATE TABLE departments (
    tenant     TEXT NOT NULL,
    department TEXT NOT NULL,
    name       TEXT NOT NULL CHECK (name <> ''),
    head       TEXT,
    active     BOOLEAN NOT NULL,
    version    BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant, department)
);

-- A change of a vendor's bank details: who proposed what, whom it asks (the plan), and where it stands. Its state is what its log
-- leads to, and nothing else.
CREATE TABLE bank_changes (
    tenant       TEXT NOT NULL,
    change       TEXT NOT NULL,
    vendor       TEXT NOT NULL,
    account      TEXT NOT NULL,
    account_hash TEXT NOT NULL,
    -- Without it nobody finds the number by the hash, which the trail has too.
    account_salt TEXT NOT NULL,
    reason       TEXT NOT NULL CHECK (reason <> ''),
    proposed_by  TEXT NOT NULL,
    proposed_at  TIMESTAMPTZ NOT NULL,
    plan         TEXT NOT NULL,
    role         TEXT NOT NULL,
    question     TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'approved', 'rejected', 'withdrawn', 'expired')),
    due_at       TIMESTAMPTZ NOT NULL,
    concluded_at TIMESTAMPTZ,
    lock_version BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, change),
    FOREIGN KEY (tenant, vendor) REFERENCES vendors (tenant, vendor),
    CHECK ((state = 'open') = (concluded_at IS NULL))
);
-- One change at a time.
CREATE UNIQUE INDEX bank_changes_open ON bank_changes (tenant, vendor) WHERE state = 'open';
CREATE INDEX bank_changes_by_time ON bank_changes (tenant, proposed_at, change);

CREATE TABLE bank_change_log (
    tenant     TEXT NOT NULL,
    change     TEXT NOT NULL,
    seq        BIGINT NOT NULL CHECK (seq >= 1),
    kind       TEXT NOT NULL CHECK (kind IN ('open', 'tick', 'command')),
    request_id TEXT,
    actor      TEXT,
    content    TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, change, seq),
    UNIQUE (tenant, change, request_id),
    FOREIGN KEY (tenant, change) REFERENCES bank_changes (tenant, change)
);

-- In whose inbox an open change is.
CREATE TABLE bank_change_people (
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    change TEXT NOT NULL,
    PRIMARY KEY (tenant, person, change),
    FOREIGN KEY (tenant, change) REFERENCES bank_changes (tenant, change)
);

-- The accounts that a vendor has had; the latest counts. Each comes from an approved change.
CREATE TABLE vendor_accounts (
    tenant      TEXT NOT NULL,
    vendor      TEXT NOT NULL,
    seq         BIGINT NOT NULL CHECK (seq >= 1),
    change      TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    since       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, vendor, seq),
    UNIQUE (tenant, change),
    FOREIGN KEY (tenant, change) REFERENCES bank_changes (tenant, change)
);

-- The change by which the account counts that an instruction pays to; none where the vendor's bank details are not kept here.
ALTER TABLE payment_instructions ADD COLUMN bank_change TEXT;

-- Whether anything new of a kind is taken: a type of document, or a process of employees. The latest entry counts.
CREATE TABLE intake (
    tenant  TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('invoice', 'purchase_order', 'onboarding', 'offboarding')),
    seq     BIGINT NOT NULL CHECK (seq >= 1),
    stopped BOOLEAN NOT NULL,
    reason  TEXT NOT NULL CHECK (reason <> ''),
    set_by  TEXT NOT NULL,
    set_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, kind, seq)
);

-- What is attached to documents, whatever their submission. The bytes are in the place that the facade is configured with.
CREATE TABLE attachments (
    tenant      TEXT NOT NULL,
    attachment  TEXT NOT NULL,
    document    TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('mushak_6_3', 'bill', 'order', 'contract', 'receipt', 'other')),
    file_name   TEXT NOT NULL CHECK (file_name <> ''),
    media_type  TEXT NOT NULL,
    bytes       BIGINT NOT NULL CHECK (bytes > 0),
    sha256      TEXT NOT NULL,
    place       TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL,
    request_id  TEXT NOT NULL,
    PRIMARY KEY (tenant, attachment),
    UNIQUE (tenant, request_id)
);
CREATE INDEX attachments_of ON attachments (tenant, document);
