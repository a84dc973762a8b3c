-- What no statement may do with deposits, certificates and closed periods. The same list as 0007_guards.sqlite.sql.

CREATE TRIGGER book_requests_keep BEFORE UPDATE OR DELETE ON book_requests FOR EACH ROW EXECUTE FUNCTION refuse('book_requests is append-only');
CREATE TRIGGER book_requests_whole BEFORE TRUNCATE ON book_requests EXECUTE FUNCTION refuse('book_requests is append-only');
CREATE TRIGGER period_locks_keep BEFORE UPDATE OR DELETE ON period_locks FOR EACH ROW EXECUTE FUNCTION refuse('period_locks is append-only');
CREATE TRIGGER period_locks_whole BEFORE TRUNCATE ON period_locks EXECUTE FUNCTION refuse('period_locks is append-only');
CREATE TRIGGER treasury_deposits_keep BEFORE UPDATE OR DELETE ON treasury_deposits FOR EACH ROW EXECUTE FUNCTION refuse('treasury_deposits is append-only');
CREATE TRIGGER treasury_deposits_whole BEFORE TRUNCATE ON treasury_deposits EXECUTE FUNCTION refuse('treasury_deposits is append-only');
CREATE TRIGGER deposit_lines_keep BEFORE UPDATE OR DELETE ON deposit_lines FOR EACH ROW EXECUTE FUNCTION refuse('deposit_lines is append-only');
CREATE TRIGGER deposit_lines_whole BEFORE TRUNCATE ON deposit_lines EXECUTE FUNCTION refuse('deposit_lines is append-only');
CREATE TRIGGER deposit_reversals_keep BEFORE UPDATE OR DELETE ON deposit_reversals FOR EACH ROW EXECUTE FUNCTION refuse('deposit_reversals is append-only');
CREATE TRIGGER deposit_reversals_whole BEFORE TRUNCATE ON deposit_reversals EXECUTE FUNCTION refuse('deposit_reversals is append-only');
CREATE TRIGGER tax_certificates_keep BEFORE UPDATE OR DELETE ON tax_certificates FOR EACH ROW EXECUTE FUNCTION refuse('tax_certificates is append-only');
CREATE TRIGGER tax_certificates_whole BEFORE TRUNCATE ON tax_certificates EXECUTE FUNCTION refuse('tax_certificates is append-only');
CREATE TRIGGER certificate_lines_keep BEFORE UPDATE OR DELETE ON certificate_lines FOR EACH ROW EXECUTE FUNCTION refuse('certificate_lines is append-only');
CREATE TRIGGER certificate_lines_whole BEFORE TRUNCATE ON certificate_lines EXECUTE FUNCTION refuse('certificate_lines is append-only');
CREATE TRIGGER certificate_cancellations_keep BEFORE UPDATE OR DELETE ON certificate_cancellations FOR EACH ROW EXECUTE FUNCTION refuse('certificate_cancellations is append-only');
CREATE TRIGGER certificate_cancellations_whole BEFORE TRUNCATE ON certificate_cancellations EXECUTE FUNCTION refuse('certificate_cancellations is append-only');

CREATE FUNCTION journal_entries_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.posting_date <= (SELECT l.through FROM period_locks l WHERE l.tenant = NEW.tenant ORDER BY l.seq DESC LIMIT 1) THEN
        RAISE EXCEPTION 'the period is closed to postings' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER journal_entries_period BEFORE INSERT ON journal_entries FOR EACH ROW EXECUTE FUNCTION journal_entries_period();
CREATE FUNCTION treasury_deposits_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deposited_on <= (SELECT l.through FROM period_locks l WHERE l.tenant = NEW.tenant ORDER BY l.seq DESC LIMIT 1) THEN
        RAISE EXCEPTION 'the period is closed to deposits' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER treasury_deposits_period BEFORE INSERT ON treasury_deposits FOR EACH ROW EXECUTE FUNCTION treasury_deposits_period();
CREATE FUNCTION deposit_lines_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM deposit_lines l WHERE l.tenant = NEW.tenant AND l.document = NEW.document AND l.submission = NEW.submission AND l.tax = NEW.tax AND l.code = NEW.code
        AND NOT EXISTS (SELECT 1 FROM deposit_reversals r WHERE r.tenant = l.tenant AND r.deposit = l.deposit)) THEN
        RAISE EXCEPTION 'an obligation is deposited once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deposit_lines_once BEFORE INSERT ON deposit_lines FOR EACH ROW EXECUTE FUNCTION deposit_lines_once();
CREATE FUNCTION deposit_lines_fit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM treasury_deposits d JOIN tax_obligations o ON o.tenant = d.tenant AND o.tax = d.tax
        WHERE d.tenant = NEW.tenant AND d.deposit = NEW.deposit AND o.document = NEW.document AND o.submission = NEW.submission
        AND o.tax = NEW.tax AND o.code = NEW.code AND o.amount = NEW.amount) THEN
        RAISE EXCEPTION 'an obligation is deposited as a whole, under its own tax' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deposit_lines_fit BEFORE INSERT ON deposit_lines FOR EACH ROW EXECUTE FUNCTION deposit_lines_fit();
CREATE FUNCTION certificate_lines_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM certificate_lines l WHERE l.tenant = NEW.tenant AND l.document = NEW.document AND l.submission = NEW.submission AND l.tax = NEW.tax AND l.code = NEW.code
        AND NOT EXISTS (SELECT 1 FROM certificate_cancellations c WHERE c.tenant = l.tenant AND c.certificate = l.certificate)) THEN
        RAISE EXCEPTION 'an obligation is certified once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificate_lines_once BEFORE INSERT ON certificate_lines FOR EACH ROW EXECUTE FUNCTION certificate_lines_once();
CREATE FUNCTION certificate_lines_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM deposit_reversals r WHERE r.tenant = NEW.tenant AND r.deposit = NEW.deposit) THEN
        RAISE EXCEPTION 'a reversed deposit is not certified' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificate_lines_stand BEFORE INSERT ON certificate_lines FOR EACH ROW EXECUTE FUNCTION certificate_lines_stand();
CREATE FUNCTION deposit_reversals_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM certificate_lines l WHERE l.tenant = NEW.tenant AND l.deposit = NEW.deposit
        AND NOT EXISTS (SELECT 1 FROM certificate_cancellations c WHERE c.tenant = l.tenant AND c.certificate = l.certificate)) THEN
        RAISE EXCEPTION 'a certified deposit is not reversed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER deposit_reversals_free BEFORE INSERT ON deposit_reversals FOR EACH ROW EXECUTE FUNCTION deposit_reversals_free();
