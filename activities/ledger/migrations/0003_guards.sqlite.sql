-- Activations by subject, with the day from which they count. SQLite cannot change a primary key, so that the table is made
-- anew. Approval policies and account mappings were those of invoices, and every rule counted once it was activated.

CREATE TABLE rule_activations_new (
    tenant         TEXT NOT NULL,
    kind           TEXT NOT NULL,
    subject        TEXT NOT NULL,
    seq            BIGINT NOT NULL CHECK (seq >= 1),
    hash           TEXT NOT NULL,
    activated_by   TEXT NOT NULL,
    activated_at   TIMESTAMPTZ NOT NULL,
    effective_from TIMESTAMPTZ NOT NULL,
    proposal       BIGINT,
    PRIMARY KEY (tenant, kind, subject, seq),
    UNIQUE (tenant, proposal),
    FOREIGN KEY (kind, hash) REFERENCES rule_versions (kind, hash),
    FOREIGN KEY (tenant, proposal) REFERENCES rule_proposals (tenant, proposal)
);
INSERT INTO rule_activations_new
SELECT tenant, kind, CASE WHEN kind IN ('approval', 'accounts') THEN 'invoice' ELSE '' END, seq, hash, activated_by, activated_at,
    activated_at, NULL FROM rule_activations;
DROP TABLE rule_activations;
ALTER TABLE rule_activations_new RENAME TO rule_activations;

CREATE TRIGGER rule_activations_keep BEFORE UPDATE ON rule_activations BEGIN SELECT RAISE(ABORT, 'rule_activations is append-only'); END;
CREATE TRIGGER rule_activations_stay BEFORE DELETE ON rule_activations BEGIN SELECT RAISE(ABORT, 'rule_activations is append-only'); END;
CREATE TRIGGER rule_proposals_keep BEFORE UPDATE ON rule_proposals BEGIN SELECT RAISE(ABORT, 'rule_proposals is append-only'); END;
CREATE TRIGGER rule_proposals_stay BEFORE DELETE ON rule_proposals BEGIN SELECT RAISE(ABORT, 'rule_proposals is append-only'); END;

-- Four eyes. Only the first rule of a subject is put in force by one person alone.
CREATE TRIGGER rule_activations_eyes BEFORE INSERT ON rule_activations
WHEN NOT (NEW.proposal IS NULL AND NEW.seq = 1 OR EXISTS (
    SELECT 1 FROM rule_proposals p WHERE p.tenant = NEW.tenant AND p.proposal = NEW.proposal AND p.kind = NEW.kind
        AND p.subject = NEW.subject AND p.hash = NEW.hash AND p.base = NEW.seq - 1 AND p.proposed_by <> NEW.activated_by))
BEGIN SELECT RAISE(ABORT, 'a rule is activated as it was proposed, by another person'); END;
