-- What no statement may do with vendors' bank details and with what a company takes in. The same list as 0012_guards.sqlite.sql.

CREATE TRIGGER bank_change_log_keep BEFORE UPDATE OR DELETE ON bank_change_log FOR EACH ROW EXECUTE FUNCTION refuse('bank_change_log is append-only');
CREATE TRIGGER bank_change_log_whole BEFORE TRUNCATE ON bank_change_log EXECUTE FUNCTION refuse('bank_change_log is append-only');
CREATE TRIGGER vendor_accounts_keep BEFORE UPDATE OR DELETE ON vendor_accounts FOR EACH ROW EXECUTE FUNCTION refuse('vendor_accounts is append-only');
CREATE TRIGGER vendor_accounts_whole BEFORE TRUNCATE ON vendor_accounts EXECUTE FUNCTION refuse('vendor_accounts is append-only');
CREATE TRIGGER intake_keep BEFORE UPDATE OR DELETE ON intake FOR EACH ROW EXECUTE FUNCTION refuse('intake is append-only');
CREATE TRIGGER intake_whole BEFORE TRUNCATE ON intake EXECUTE FUNCTION refuse('intake is append-only');
CREATE TRIGGER attachments_keep BEFORE UPDATE OR DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION refuse('attachments is append-only');
CREATE TRIGGER attachments_whole BEFORE TRUNCATE ON attachments EXECUTE FUNCTION refuse('attachments is append-only');
CREATE TRIGGER bank_changes_stay BEFORE DELETE ON bank_changes FOR EACH ROW EXECUTE FUNCTION refuse('bank_changes is kept');
CREATE TRIGGER bank_changes_whole BEFORE TRUNCATE ON bank_changes EXECUTE FUNCTION refuse('bank_changes is kept');

-- What was proposed stays as it was proposed, and what was decided stays decided.
CREATE TRIGGER bank_changes_proposed BEFORE UPDATE ON bank_changes FOR EACH ROW
WHEN (NEW.vendor IS DISTINCT FROM OLD.vendor OR NEW.account IS DISTINCT FROM OLD.account OR NEW.account_hash IS DISTINCT FROM OLD.account_hash OR NEW.account_salt IS DISTINCT FROM OLD.account_salt OR NEW.reason IS DISTINCT FROM OLD.reason OR NEW.proposed_by IS DISTINCT FROM OLD.proposed_by OR NEW.proposed_at IS DISTINCT FROM OLD.proposed_at OR NEW.plan IS DISTINCT FROM OLD.plan OR NEW.role IS DISTINCT FROM OLD.role OR NEW.question IS DISTINCT FROM OLD.question OR NEW.due_at IS DISTINCT FROM OLD.due_at
    OR OLD.state <> 'open' AND (NEW.state <> OLD.state OR NEW.concluded_at IS DISTINCT FROM OLD.concluded_at))
EXECUTE FUNCTION refuse('a change of bank details stays as it was proposed and decided');

-- Four eyes: an account counts by an approved change, and whoever approved it did not propose it.
CREATE FUNCTION vendor_accounts_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM bank_changes c WHERE c.tenant = NEW.tenant AND c.change = NEW.change AND c.vendor = NEW.vendor
            AND c.state = 'approved' AND c.proposed_by <> NEW.approved_by) THEN
        RAISE EXCEPTION 'bank details are approved by another person than who proposed them' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vendor_accounts_eyes BEFORE INSERT ON vendor_accounts FOR EACH ROW EXECUTE FUNCTION vendor_accounts_eyes();

SELECT guard_tenants();
