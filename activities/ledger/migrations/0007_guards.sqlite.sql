-- What no statement may do with deposits, certificates and closed periods. The same list as 0007_guards.postgres.sql.

CREATE TRIGGER book_requests_keep BEFORE UPDATE ON book_requests BEGIN SELECT RAISE(ABORT, 'book_requests is append-only'); END;
CREATE TRIGGER book_requests_stay BEFORE DELETE ON book_requests BEGIN SELECT RAISE(ABORT, 'book_requests is append-only'); END;
CREATE TRIGGER period_locks_keep BEFORE UPDATE ON period_locks BEGIN SELECT RAISE(ABORT, 'period_locks is append-only'); END;
CREATE TRIGGER period_locks_stay BEFORE DELETE ON period_locks BEGIN SELECT RAISE(ABORT, 'period_locks is append-only'); END;
CREATE TRIGGER treasury_deposits_keep BEFORE UPDATE ON treasury_deposits BEGIN SELECT RAISE(ABORT, 'treasury_deposits is append-only'); END;
CREATE TRIGGER treasury_deposits_stay BEFORE DELETE ON treasury_deposits BEGIN SELECT RAISE(ABORT, 'treasury_deposits is append-only'); END;
CREATE TRIGGER deposit_lines_keep BEFORE UPDATE ON deposit_lines BEGIN SELECT RAISE(ABORT, 'deposit_lines is append-only'); END;
CREATE TRIGGER deposit_lines_stay BEFORE DELETE ON deposit_lines BEGIN SELECT RAISE(ABORT, 'deposit_lines is append-only'); END;
CREATE TRIGGER deposit_reversals_keep BEFORE UPDATE ON deposit_reversals BEGIN SELECT RAISE(ABORT, 'deposit_reversals is append-only'); END;
CREATE TRIGGER deposit_reversals_stay BEFORE DELETE ON deposit_reversals BEGIN SELECT RAISE(ABORT, 'deposit_reversals is append-only'); END;
CREATE TRIGGER tax_certificates_keep BEFORE UPDATE ON tax_certificates BEGIN SELECT RAISE(ABORT, 'tax_certificates is append-only'); END;
CREATE TRIGGER tax_certificates_stay BEFORE DELETE ON tax_certificates BEGIN SELECT RAISE(ABORT, 'tax_certificates is append-only'); END;
CREATE TRIGGER certificate_lines_keep BEFORE UPDATE ON certificate_lines BEGIN SELECT RAISE(ABORT, 'certificate_lines is append-only'); END;
CREATE TRIGGER certificate_lines_stay BEFORE DELETE ON certificate_lines BEGIN SELECT RAISE(ABORT, 'certificate_lines is append-only'); END;
CREATE TRIGGER certificate_cancellations_keep BEFORE UPDATE ON certificate_cancellations BEGIN SELECT RAISE(ABORT, 'certificate_cancellations is append-only'); END;
CREATE TRIGGER certificate_cancellations_stay BEFORE DELETE ON certificate_cancellations BEGIN SELECT RAISE(ABORT, 'certificate_cancellations is append-only'); END;

CREATE TRIGGER journal_entries_period BEFORE INSERT ON journal_entries WHEN NEW.posting_date <= (SELECT l.through FROM period_locks l WHERE l.tenant = NEW.tenant ORDER BY l.seq DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'the period is closed to postings'); END;
CREATE TRIGGER treasury_deposits_period BEFORE INSERT ON treasury_deposits WHEN NEW.deposited_on <= (SELECT l.through FROM period_locks l WHERE l.tenant = NEW.tenant ORDER BY l.seq DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'the period is closed to deposits'); END;
CREATE TRIGGER deposit_lines_once BEFORE INSERT ON deposit_lines WHEN EXISTS (
    SELECT 1 FROM deposit_lines l WHERE l.tenant = NEW.tenant AND l.document = NEW.document AND l.submission = NEW.submission AND l.tax = NEW.tax AND l.code = NEW.code
    AND NOT EXISTS (SELECT 1 FROM deposit_reversals r WHERE r.tenant = l.tenant AND r.deposit = l.deposit))
BEGIN SELECT RAISE(ABORT, 'an obligation is deposited once'); END;
CREATE TRIGGER deposit_lines_fit BEFORE INSERT ON deposit_lines WHEN NOT EXISTS (
    SELECT 1 FROM treasury_deposits d JOIN tax_obligations o ON o.tenant = d.tenant AND o.tax = d.tax
    WHERE d.tenant = NEW.tenant AND d.deposit = NEW.deposit AND o.document = NEW.document AND o.submission = NEW.submission
    AND o.tax = NEW.tax AND o.code = NEW.code AND o.amount = NEW.amount)
BEGIN SELECT RAISE(ABORT, 'an obligation is deposited as a whole, under its own tax'); END;
CREATE TRIGGER certificate_lines_once BEFORE INSERT ON certificate_lines WHEN EXISTS (
    SELECT 1 FROM certificate_lines l WHERE l.tenant = NEW.tenant AND l.document = NEW.document AND l.submission = NEW.submission AND l.tax = NEW.tax AND l.code = NEW.code
    AND NOT EXISTS (SELECT 1 FROM certificate_cancellations c WHERE c.tenant = l.tenant AND c.certificate = l.certificate))
BEGIN SELECT RAISE(ABORT, 'an obligation is certified once'); END;
CREATE TRIGGER certificate_lines_stand BEFORE INSERT ON certificate_lines WHEN EXISTS (
    SELECT 1 FROM deposit_reversals r WHERE r.tenant = NEW.tenant AND r.deposit = NEW.deposit)
BEGIN SELECT RAISE(ABORT, 'a reversed deposit is not certified'); END;
CREATE TRIGGER deposit_reversals_free BEFORE INSERT ON deposit_reversals WHEN EXISTS (
    SELECT 1 FROM certificate_lines l WHERE l.tenant = NEW.tenant AND l.deposit = NEW.deposit
    AND NOT EXISTS (SELECT 1 FROM certificate_cancellations c WHERE c.tenant = l.tenant AND c.certificate = l.certificate))
BEGIN SELECT RAISE(ABORT, 'a certified deposit is not reversed'); END;
