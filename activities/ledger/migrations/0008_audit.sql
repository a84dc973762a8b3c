-- The trail, sealed: every entry is a leaf of its tenant's log, and signed checkpoints say what the log was.

-- Entries that are in no checkpoint yet. A trigger of the entries fills it, the sealer empties it.
CREATE TABLE audit_unsealed (
    tenant TEXT NOT NULL,
    chain  TEXT NOT NULL,
    seq    BIGINT NOT NULL,
    PRIMARY KEY (tenant, chain, seq)
);
INSERT INTO audit_unsealed (tenant, chain, seq) SELECT tenant, chain, seq FROM audit_entries;

CREATE TABLE audit_leaves (
    tenant   TEXT NOT NULL,
    position BIGINT NOT NULL CHECK (position >= 1),
    chain    TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    hash     TEXT NOT NULL,
    PRIMARY KEY (tenant, position),
    UNIQUE (tenant, chain, seq)
);

-- content is the canonical text that is signed.
CREATE TABLE audit_checkpoints (
    tenant    TEXT NOT NULL,
    number    BIGINT NOT NULL CHECK (number >= 1),
    size      BIGINT NOT NULL CHECK (size >= 1),
    content   TEXT NOT NULL,
    key_id    TEXT NOT NULL,
    signature TEXT NOT NULL,
    sealed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, size)
);

-- Whoever adds to a tenant's own chain locks its row first, so that no two entries follow the same one. A document's chain is
-- guarded by the document's lock.
CREATE TABLE audit_tenant_chains (
    tenant       TEXT NOT NULL PRIMARY KEY,
    lock_version BIGINT NOT NULL DEFAULT 0
);

-- Where a tenant's log stands: its latest checkpoint, and the Merkle tree's whole subtrees, from which it goes on.
CREATE TABLE audit_logs (
    tenant       TEXT NOT NULL PRIMARY KEY,
    number       BIGINT NOT NULL CHECK (number >= 0),
    size         BIGINT NOT NULL CHECK (size >= 0),
    subtrees     TEXT NOT NULL,
    last_hash    TEXT NOT NULL,
    lock_version BIGINT NOT NULL DEFAULT 0
);

-- Up to which checkpoint a destination has them.
CREATE TABLE audit_exports (
    tenant      TEXT NOT NULL,
    destination TEXT NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    exported_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, destination)
);

-- What was written before entries named what was written with them. Nothing is added to it any more.
CREATE TABLE audit_untied (
    tenant TEXT NOT NULL,
    what   TEXT NOT NULL,
    name   TEXT NOT NULL,
    PRIMARY KEY (tenant, what, name)
);
INSERT INTO audit_untied (tenant, what, name)
    SELECT tenant, 'effect', document || '/' || submission || '/' || step FROM effects
    UNION ALL SELECT tenant, 'claim', document || '/' || submission FROM documents
    UNION ALL SELECT tenant, 'content', document || '/' || submission || '/' || content FROM document_contents
    UNION ALL SELECT tenant, 'instruction', instruction FROM payment_instructions
    UNION ALL SELECT tenant, 'posting', entry FROM journal_entries
    UNION ALL SELECT tenant, 'obligation', document || '/' || submission || '/' || tax || '/' || code FROM tax_obligations
    UNION ALL SELECT tenant, 'order', po_number FROM purchase_orders WHERE document IS NOT NULL;

-- Records that are kept although they could be erased, until whoever asked for it lets go.
CREATE TABLE legal_holds (
    tenant      TEXT NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    -- The employee whose record is held; '' is every record.
    employee    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    set_by      TEXT NOT NULL,
    set_at      TIMESTAMPTZ NOT NULL,
    released_by TEXT,
    released_at TIMESTAMPTZ,
    PRIMARY KEY (tenant, number),
    CHECK ((released_by IS NULL) = (released_at IS NULL))
);
