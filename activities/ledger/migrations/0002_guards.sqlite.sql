-- What 0001 left open, in SQLite's words. The same list as 0002_guards.postgres.sql, but that SQLite has no TRUNCATE.

-- SQLite knows HAVING only where there is GROUP BY: the trigger of 0001 failed on every posting.
DROP TRIGGER journal_entries_balance;
CREATE TRIGGER journal_entries_balance BEFORE UPDATE ON journal_entries
WHEN OLD.state = 'posted' OR NOT EXISTS (
    SELECT entry FROM journal_lines WHERE tenant = OLD.tenant AND entry = OLD.entry
    GROUP BY entry HAVING count(*) >= 2 AND sum(debit) = sum(credit))
BEGIN SELECT RAISE(ABORT, 'an entry is posted once, when it balances'); END;

-- Settling rests on the stored plan and on who submitted what.
CREATE TRIGGER assessments_keep BEFORE UPDATE ON assessments BEGIN SELECT RAISE(ABORT, 'assessments is append-only'); END;
CREATE TRIGGER assessments_stay BEFORE DELETE ON assessments BEGIN SELECT RAISE(ABORT, 'assessments is append-only'); END;
CREATE TRIGGER documents_claim BEFORE UPDATE OF tenant, document, submission, kind, vendor, fiscal_year, canonical_number,
    number, invoice_date, department, project, po_number, total, submitter, request_id, payload, payload_hash, claimed_at
ON documents BEGIN SELECT RAISE(ABORT, 'what was claimed is never changed'); END;

-- Numbers leave no gap.
CREATE TRIGGER payment_instructions_stay BEFORE DELETE ON payment_instructions BEGIN SELECT RAISE(ABORT, 'instructions are never deleted'); END;
CREATE TRIGGER tax_obligations_stay BEFORE DELETE ON tax_obligations BEGIN SELECT RAISE(ABORT, 'obligations are never deleted'); END;
