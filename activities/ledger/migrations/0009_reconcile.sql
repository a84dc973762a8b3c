-- Ledger against Temporal: the namespace that the ledger's workflows live in, and where the two did not fit together.

-- The latest row counts. A namespace that is made anew under the same name has another id.
CREATE TABLE temporal_namespaces (
    seq     BIGINT NOT NULL CHECK (seq >= 1),
    name    TEXT NOT NULL,
    id      TEXT NOT NULL CHECK (id <> ''),
    kept_by TEXT NOT NULL,
    reason  TEXT NOT NULL,
    kept_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (seq)
);

-- Each finding once, however often it is looked. reference: the run that was seen, or the namespace in which none was.
CREATE TABLE reconcile_findings (
    tenant    TEXT NOT NULL,
    workflow  TEXT NOT NULL,
    finding   TEXT NOT NULL,
    act       TEXT NOT NULL CHECK (act IN ('close', 'resume', 'alarm')),
    reference TEXT NOT NULL,
    found_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, workflow, finding, act, reference)
);

-- What is open is little beside twelve years of what has ended.
CREATE INDEX documents_open ON documents (tenant, document, submission) WHERE state IN ('claimed', 'assessed');
CREATE INDEX employee_processes_unended ON employee_processes (tenant, process) WHERE state <> 'ended';
