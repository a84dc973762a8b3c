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
