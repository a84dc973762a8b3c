-- Calendars are rules too; which kinds there are is the program's to know.
ALTER TABLE rule_versions DROP CONSTRAINT rule_versions_kind_check;

CREATE TRIGGER payers_keep BEFORE UPDATE OR DELETE ON payers FOR EACH ROW EXECUTE FUNCTION refuse('payers is append-only');
CREATE TRIGGER payers_whole BEFORE TRUNCATE ON payers EXECUTE FUNCTION refuse('payers is append-only');
