-- Rules are proposed by one person and activated by another.

-- A change of a tenant's rules holds its row until it is done, so that two changes never rest on the same state.
CREATE TABLE rule_books (
    tenant       TEXT NOT NULL,
    lock_version BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant)
);

-- subject is the type of document that the rule is for, '' where it is for the company as a whole. base is the seq of the
-- subject's latest activation when it was proposed, 0 where there was none: a later one closes the proposal.
CREATE TABLE rule_proposals (
    tenant         TEXT NOT NULL,
    proposal       BIGINT NOT NULL CHECK (proposal >= 1),
    kind           TEXT NOT NULL,
    subject        TEXT NOT NULL,
    hash           TEXT NOT NULL,
    base           BIGINT NOT NULL CHECK (base >= 0),
    reason         TEXT NOT NULL,
    proposed_by    TEXT NOT NULL,
    proposed_at    TIMESTAMPTZ NOT NULL,
    effective_from TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, proposal),
    FOREIGN KEY (kind, hash) REFERENCES rule_versions (kind, hash)
);
