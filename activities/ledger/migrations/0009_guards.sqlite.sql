-- What no statement may do with namespaces and findings. The same list as 0009_guards.postgres.sql.

CREATE TRIGGER temporal_namespaces_keep BEFORE UPDATE ON temporal_namespaces BEGIN SELECT RAISE(ABORT, 'temporal_namespaces is append-only'); END;
CREATE TRIGGER temporal_namespaces_stay BEFORE DELETE ON temporal_namespaces BEGIN SELECT RAISE(ABORT, 'temporal_namespaces is append-only'); END;
CREATE TRIGGER temporal_namespaces_reason BEFORE INSERT ON temporal_namespaces WHEN NEW.seq > 1 AND NEW.reason = ''
BEGIN SELECT RAISE(ABORT, 'another namespace needs a reason'); END;
CREATE TRIGGER reconcile_findings_keep BEFORE UPDATE ON reconcile_findings BEGIN SELECT RAISE(ABORT, 'reconcile_findings is append-only'); END;
CREATE TRIGGER reconcile_findings_stay BEFORE DELETE ON reconcile_findings BEGIN SELECT RAISE(ABORT, 'reconcile_findings is append-only'); END;
