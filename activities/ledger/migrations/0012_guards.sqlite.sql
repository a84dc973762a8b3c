-- What no statement may do with vendors' bank details and with what a company takes in. The same list as 0012_guards.postgres.sql.

CREATE TRIGGER bank_change_log_keep BEFORE UPDATE ON bank_change_log BEGIN SELECT RAISE(ABORT, 'bank_change_log is append-only'); END;
CREATE TRIGGER bank_change_log_stay BEFORE DELETE ON bank_change_log BEGIN SELECT RAISE(ABORT, 'bank_change_log is append-only'); END;
CREATE TRIGGER vendor_accounts_keep BEFORE UPDATE ON vendor_accounts BEGIN SELECT RAISE(ABORT, 'vendor_accounts is append-only'); END;
CREATE TRIGGER vendor_accounts_stay BEFORE DELETE ON vendor_accounts BEGIN SELECT RAISE(ABORT, 'vendor_accounts is append-only'); END;
CREATE TRIGGER intake_keep BEFORE UPDATE ON intake BEGIN SELECT RAISE(ABORT, 'intake is append-only'); END;
CREATE TRIGGER intake_stay BEFORE DELETE ON intake BEGIN SELECT RAISE(ABORT, 'intake is append-only'); END;
CREATE TRIGGER attachments_keep BEFORE UPDATE ON attachments BEGIN SELECT RAISE(ABORT, 'attachments is append-only'); END;
CREATE TRIGGER attachments_stay BEFORE DELETE ON attachments BEGIN SELECT RAISE(ABORT, 'attachments is append-only'); END;
CREATE TRIGGER bank_changes_stay BEFORE DELETE ON bank_changes BEGIN SELECT RAISE(ABORT, 'bank_changes is kept'); END;

-- What was proposed stays as it was proposed, and what was decided stays decided.
CREATE TRIGGER bank_changes_proposed BEFORE UPDATE ON bank_changes
WHEN NEW.vendor IS NOT OLD.vendor OR NEW.account IS NOT OLD.account OR NEW.account_hash IS NOT OLD.account_hash OR NEW.account_salt IS NOT OLD.account_salt OR NEW.reason IS NOT OLD.reason OR NEW.proposed_by IS NOT OLD.proposed_by OR NEW.proposed_at IS NOT OLD.proposed_at OR NEW.plan IS NOT OLD.plan OR NEW.role IS NOT OLD.role OR NEW.question IS NOT OLD.question OR NEW.due_at IS NOT OLD.due_at
    OR OLD.state <> 'open' AND (NEW.state <> OLD.state OR NEW.concluded_at IS NOT OLD.concluded_at)
BEGIN SELECT RAISE(ABORT, 'a change of bank details stays as it was proposed and decided'); END;

-- Four eyes: an account counts by an approved change, and whoever approved it did not propose it.
CREATE TRIGGER vendor_accounts_eyes BEFORE INSERT ON vendor_accounts WHEN NOT EXISTS (
    SELECT 1 FROM bank_changes c WHERE c.tenant = NEW.tenant AND c.change = NEW.change AND c.vendor = NEW.vendor
        AND c.state = 'approved' AND c.proposed_by <> NEW.approved_by)
BEGIN SELECT RAISE(ABORT, 'bank details are approved by another person than who proposed them'); END;
