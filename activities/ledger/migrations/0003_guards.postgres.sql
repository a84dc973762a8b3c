-- Activations by subject, with the day from which they count. Approval policies and account mappings were those of invoices,
-- and every rule counted once it was activated.

ALTER TABLE rule_activations
    ADD COLUMN subject TEXT,
    ADD COLUMN effective_from TIMESTAMPTZ,
    ADD COLUMN proposal BIGINT;
ALTER TABLE rule_activations DISABLE TRIGGER rule_activations_keep;
UPDATE rule_activations SET
    subject = CASE WHEN kind IN ('approval', 'accounts') THEN 'invoice' ELSE '' END,
    effective_from = activated_at;
ALTER TABLE rule_activations ENABLE TRIGGER rule_activations_keep;
ALTER TABLE rule_activations
    ALTER COLUMN subject SET NOT NULL,
    ALTER COLUMN effective_from SET NOT NULL,
    DROP CONSTRAINT rule_activations_pkey,
    ADD PRIMARY KEY (tenant, kind, subject, seq),
    ADD CHECK (seq >= 1),
    ADD UNIQUE (tenant, proposal),
    ADD FOREIGN KEY (tenant, proposal) REFERENCES rule_proposals (tenant, proposal);

CREATE TRIGGER rule_proposals_keep BEFORE UPDATE OR DELETE ON rule_proposals FOR EACH ROW EXECUTE FUNCTION refuse('rule_proposals is append-only');
CREATE TRIGGER rule_proposals_whole BEFORE TRUNCATE ON rule_proposals EXECUTE FUNCTION refuse('rule_proposals is never emptied');

-- Four eyes. Only the first rule of a subject is put in force by one person alone.
CREATE FUNCTION rule_activation_of_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (NEW.proposal IS NULL AND NEW.seq = 1 OR EXISTS (
        SELECT 1 FROM rule_proposals p WHERE p.tenant = NEW.tenant AND p.proposal = NEW.proposal AND p.kind = NEW.kind
            AND p.subject = NEW.subject AND p.hash = NEW.hash AND p.base = NEW.seq - 1 AND p.proposed_by <> NEW.activated_by)) THEN
        RAISE EXCEPTION 'a rule is activated as it was proposed, by another person' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_activations_eyes BEFORE INSERT ON rule_activations FOR EACH ROW EXECUTE FUNCTION rule_activation_of_two();
