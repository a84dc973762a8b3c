-- What no statement may do with the sealed trail. The same list as 0008_guards.postgres.sql.

CREATE TRIGGER audit_entries_wait AFTER INSERT ON audit_entries
BEGIN INSERT INTO audit_unsealed (tenant, chain, seq) VALUES (NEW.tenant, NEW.chain, NEW.seq); END;

CREATE TRIGGER audit_leaves_keep BEFORE UPDATE ON audit_leaves BEGIN SELECT RAISE(ABORT, 'audit_leaves is append-only'); END;
CREATE TRIGGER audit_leaves_stay BEFORE DELETE ON audit_leaves BEGIN SELECT RAISE(ABORT, 'audit_leaves is append-only'); END;
CREATE TRIGGER audit_checkpoints_keep BEFORE UPDATE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END;
CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'audit_checkpoints is append-only'); END;
CREATE TRIGGER audit_logs_grow BEFORE UPDATE ON audit_logs WHEN NEW.number < OLD.number OR NEW.size < OLD.size
BEGIN SELECT RAISE(ABORT, 'a log never gets shorter'); END;
CREATE TRIGGER audit_logs_stay BEFORE DELETE ON audit_logs BEGIN SELECT RAISE(ABORT, 'a log is never deleted'); END;
CREATE TRIGGER audit_untied_closed BEFORE INSERT ON audit_untied BEGIN SELECT RAISE(ABORT, 'audit_untied is complete'); END;
CREATE TRIGGER audit_untied_keep BEFORE UPDATE ON audit_untied BEGIN SELECT RAISE(ABORT, 'audit_untied is complete'); END;
CREATE TRIGGER audit_untied_stay BEFORE DELETE ON audit_untied BEGIN SELECT RAISE(ABORT, 'audit_untied is complete'); END;
CREATE TRIGGER legal_holds_stay BEFORE DELETE ON legal_holds BEGIN SELECT RAISE(ABORT, 'a hold is released, never deleted'); END;
CREATE TRIGGER legal_holds_keep BEFORE UPDATE ON legal_holds
WHEN OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR NEW.employee <> OLD.employee OR NEW.reason <> OLD.reason OR NEW.set_by <> OLD.set_by OR NEW.set_at <> OLD.set_at
BEGIN SELECT RAISE(ABORT, 'a hold is released once, and not changed'); END;
