-- What 0001 left open, in PostgreSQL's words. The same list as 0002_guards.sqlite.sql, and TRUNCATE.

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
