-- What no statement may do, in SQLite's words. The same list as 0001_guards.postgres.sql.

CREATE TRIGGER audit_entries_keep BEFORE UPDATE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
CREATE TRIGGER audit_entries_stay BEFORE DELETE ON audit_entries BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END;
CREATE TRIGGER decisions_keep BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'decisions is append-only'); END;
CREATE TRIGGER rule_versions_keep BEFORE UPDATE ON rule_versions BEGIN SELECT RAISE(ABORT, 'rule_versions is append-only'); END;
CREATE TRIGGER rule_versions_stay BEFORE DELETE ON rule_versions BEGIN SELECT RAISE(ABORT, 'rule_versions is append-only'); END;
CREATE TRIGGER effects_keep BEFORE UPDATE ON effects WHEN OLD.result IS NOT NULL BEGIN SELECT RAISE(ABORT, 'an effect is written once'); END;
CREATE TRIGGER effects_stay BEFORE DELETE ON effects BEGIN SELECT RAISE(ABORT, 'an effect is written once'); END;
CREATE TRIGGER documents_stay BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'documents are never deleted'); END;

CREATE TRIGGER documents_move BEFORE UPDATE OF state ON documents
WHEN NOT (OLD.state = NEW.state AND OLD.state IN ('claimed', 'assessed')
       OR OLD.state = 'claimed' AND NEW.state IN ('assessed', 'closed')
       OR OLD.state = 'assessed' AND NEW.state IN ('settled', 'closed'))
BEGIN SELECT RAISE(ABORT, 'a document moves claimed, assessed, then settled or closed'); END;

CREATE TRIGGER journal_lines_draft BEFORE INSERT ON journal_lines
WHEN (SELECT state FROM journal_entries WHERE tenant = NEW.tenant AND entry = NEW.entry) <> 'draft'
BEGIN SELECT RAISE(ABORT, 'a posted entry takes no lines'); END;
CREATE TRIGGER journal_lines_keep BEFORE UPDATE ON journal_lines BEGIN SELECT RAISE(ABORT, 'postings are never changed'); END;
CREATE TRIGGER journal_lines_stay BEFORE DELETE ON journal_lines BEGIN SELECT RAISE(ABORT, 'postings are never deleted'); END;
CREATE TRIGGER journal_entries_stay BEFORE DELETE ON journal_entries BEGIN SELECT RAISE(ABORT, 'postings are never deleted'); END;
CREATE TRIGGER journal_entries_start BEFORE INSERT ON journal_entries WHEN NEW.state <> 'draft'
BEGIN SELECT RAISE(ABORT, 'an entry starts as a draft'); END;
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
CREATE TRIGGER payment_instructions_keep BEFORE UPDATE ON payment_instructions BEGIN SELECT RAISE(ABORT, 'an instruction is never rewritten'); END;
CREATE TRIGGER tax_obligations_keep BEFORE UPDATE ON tax_obligations BEGIN SELECT RAISE(ABORT, 'an obligation is never rewritten'); END;
CREATE TRIGGER rule_activations_keep BEFORE UPDATE ON rule_activations BEGIN SELECT RAISE(ABORT, 'rule_activations is append-only'); END;
CREATE TRIGGER rule_activations_stay BEFORE DELETE ON rule_activations BEGIN SELECT RAISE(ABORT, 'rule_activations is append-only'); END;
