-- Calendars are rules too. SQLite cannot change a CHECK, so that both tables are made anew; which kinds there are is the
-- program's to know.

CREATE TABLE rule_versions_new (
    kind       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    content    TEXT NOT NULL,
    stored_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, hash)
);
CREATE TABLE rule_activations_new (
    tenant       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    seq          BIGINT NOT NULL,
    hash         TEXT NOT NULL,
    activated_by TEXT NOT NULL,
    activated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, kind, seq),
    FOREIGN KEY (kind, hash) REFERENCES rule_versions_new (kind, hash)
);
INSERT INTO rule_versions_new SELECT kind, hash, content, stored_at FROM rule_versions;
INSERT INTO rule_activations_new SELECT tenant, kind, seq, hash, activated_by, activated_at FROM rule_activations;
DROP TABLE rule_activations;
DROP TABLE rule_versions;
ALTER TABLE rule_versions_new RENAME TO rule_versions;
ALTER TABLE rule_activations_new RENAME TO rule_activations;

CREATE TRIGGER rule_versions_keep BEFORE UPDATE ON rule_versions BEGIN SELECT RAISE(ABORT, 'rule_versions is append-only'); END;
CREATE TRIGGER rule_versions_stay BEFORE DELETE ON rule_versions BEGIN SELECT RAISE(ABORT, 'rule_versions is append-only'); END;
CREATE TRIGGER rule_activations_keep BEFORE UPDATE ON rule_activations BEGIN SELECT RAISE(ABORT, 'rule_activations is append-only'); END;
CREATE TRIGGER rule_activations_stay BEFORE DELETE ON rule_activations BEGIN SELECT RAISE(ABORT, 'rule_activations is append-only'); END;
CREATE TRIGGER payers_keep BEFORE UPDATE ON payers BEGIN SELECT RAISE(ABORT, 'payers is append-only'); END;
CREATE TRIGGER payers_stay BEFORE DELETE ON payers BEGIN SELECT RAISE(ABORT, 'payers is append-only'); END;
