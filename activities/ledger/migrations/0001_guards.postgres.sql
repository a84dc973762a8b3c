-- What no statement may do, in PostgreSQL's words. The same list as 0001_guards.sqlite.sql.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$;

CREATE TRIGGER audit_entries_keep BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse('audit_entries is append-only');
CREATE TRIGGER audit_entries_whole BEFORE TRUNCATE ON audit_entries EXECUTE FUNCTION refuse('audit_entries is append-only');
CREATE TRIGGER decisions_keep BEFORE UPDATE OR DELETE ON decisions FOR EACH ROW EXECUTE FUNCTION refuse('decisions is append-only');
CREATE TRIGGER rule_versions_keep BEFORE UPDATE OR DELETE ON rule_versions FOR EACH ROW EXECUTE FUNCTION refuse('rule_versions is append-only');
CREATE TRIGGER effects_keep BEFORE UPDATE ON effects FOR EACH ROW WHEN (OLD.result IS NOT NULL) EXECUTE FUNCTION refuse('an effect is written once');
CREATE TRIGGER effects_stay BEFORE DELETE ON effects FOR EACH ROW EXECUTE FUNCTION refuse('an effect is written once');
CREATE TRIGGER documents_stay BEFORE DELETE ON documents FOR EACH ROW EXECUTE FUNCTION refuse('documents are never deleted');

CREATE TRIGGER documents_move BEFORE UPDATE OF state ON documents FOR EACH ROW
WHEN (NOT (OLD.state = NEW.state AND OLD.state IN ('claimed', 'assessed')
       OR OLD.state = 'claimed' AND NEW.state IN ('assessed', 'closed')
       OR OLD.state = 'assessed' AND NEW.state IN ('settled', 'closed')))
EXECUTE FUNCTION refuse('a document moves claimed, assessed, then settled or closed');

CREATE FUNCTION journal_line_in_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state FROM journal_entries WHERE tenant = NEW.tenant AND entry = NEW.entry) <> 'draft' THEN
        RAISE EXCEPTION 'a posted entry takes no lines' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER journal_lines_draft BEFORE INSERT ON journal_lines FOR EACH ROW EXECUTE FUNCTION journal_line_in_draft();
CREATE TRIGGER journal_lines_keep BEFORE UPDATE OR DELETE ON journal_lines FOR EACH ROW EXECUTE FUNCTION refuse('postings are never changed');
CREATE TRIGGER journal_entries_stay BEFORE DELETE ON journal_entries FOR EACH ROW EXECUTE FUNCTION refuse('postings are never deleted');
CREATE TRIGGER journal_entries_start BEFORE INSERT ON journal_entries FOR EACH ROW WHEN (NEW.state <> 'draft')
EXECUTE FUNCTION refuse('an entry starts as a draft');

CREATE FUNCTION journal_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'posted' OR NOT EXISTS (
        SELECT 1 FROM journal_lines WHERE tenant = OLD.tenant AND entry = OLD.entry
        HAVING count(*) >= 2 AND sum(debit) = sum(credit)) THEN
        RAISE EXCEPTION 'an entry is posted once, when it balances' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER journal_entries_balance BEFORE UPDATE ON journal_entries FOR EACH ROW EXECUTE FUNCTION journal_entry_balances();

-- Settling rests on the stored plan and on who submitted what.
CREATE TRIGGER assessments_keep BEFORE UPDATE OR DELETE ON assessments FOR EACH ROW EXECUTE FUNCTION refuse('assessments is append-only');
CREATE TRIGGER documents_claim BEFORE UPDATE OF tenant, document, submission, kind, vendor, fiscal_year, canonical_number,
    number, invoice_date, department, project, po_number, total, submitter, request_id, payload, payload_hash, claimed_at
ON documents FOR EACH ROW EXECUTE FUNCTION refuse('what was claimed is never changed');

-- Numbers leave no gap.
CREATE TRIGGER payment_instructions_stay BEFORE DELETE ON payment_instructions FOR EACH ROW EXECUTE FUNCTION refuse('instructions are never deleted');
CREATE TRIGGER tax_obligations_stay BEFORE DELETE ON tax_obligations FOR EACH ROW EXECUTE FUNCTION refuse('obligations are never deleted');

-- TRUNCATE passes row triggers by.
CREATE TRIGGER decisions_whole BEFORE TRUNCATE ON decisions EXECUTE FUNCTION refuse('decisions is never emptied');
CREATE TRIGGER rule_versions_whole BEFORE TRUNCATE ON rule_versions EXECUTE FUNCTION refuse('rule_versions is never emptied');
CREATE TRIGGER effects_whole BEFORE TRUNCATE ON effects EXECUTE FUNCTION refuse('effects is never emptied');
CREATE TRIGGER documents_whole BEFORE TRUNCATE ON documents EXECUTE FUNCTION refuse('documents is never emptied');
CREATE TRIGGER assessments_whole BEFORE TRUNCATE ON assessments EXECUTE FUNCTION refuse('assessments is never emptied');
CREATE TRIGGER journal_entries_whole BEFORE TRUNCATE ON journal_entries EXECUTE FUNCTION refuse('journal_entries is never emptied');
CREATE TRIGGER journal_lines_whole BEFORE TRUNCATE ON journal_lines EXECUTE FUNCTION refuse('journal_lines is never emptied');
CREATE TRIGGER payment_instructions_whole BEFORE TRUNCATE ON payment_instructions EXECUTE FUNCTION refuse('payment_instructions is never emptied');
CREATE TRIGGER tax_obligations_whole BEFORE TRUNCATE ON tax_obligations EXECUTE FUNCTION refuse('tax_obligations is never emptied');
CREATE TRIGGER rule_activations_whole BEFORE TRUNCATE ON rule_activations EXECUTE FUNCTION refuse('rule_activations is never emptied');

-- What was proposed, owed or put in force is not rewritten.
CREATE TRIGGER payment_instructions_keep BEFORE UPDATE ON payment_instructions FOR EACH ROW EXECUTE FUNCTION refuse('an instruction is never rewritten');
CREATE TRIGGER tax_obligations_keep BEFORE UPDATE ON tax_obligations FOR EACH ROW EXECUTE FUNCTION refuse('an obligation is never rewritten');
CREATE TRIGGER rule_activations_keep BEFORE UPDATE OR DELETE ON rule_activations FOR EACH ROW EXECUTE FUNCTION refuse('rule_activations is append-only');
