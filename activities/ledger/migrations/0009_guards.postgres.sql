-- What no statement may do with namespaces and findings. The same list as 0009_guards.sqlite.sql.

CREATE TRIGGER temporal_namespaces_keep BEFORE UPDATE OR DELETE ON temporal_namespaces FOR EACH ROW EXECUTE FUNCTION refuse('temporal_namespaces is append-only');
CREATE TRIGGER temporal_namespaces_whole BEFORE TRUNCATE ON temporal_namespaces EXECUTE FUNCTION refuse('temporal_namespaces is append-only');
CREATE TRIGGER temporal_namespaces_reason BEFORE INSERT ON temporal_namespaces FOR EACH ROW WHEN (NEW.seq > 1 AND NEW.reason = '')
EXECUTE FUNCTION refuse('another namespace needs a reason');
CREATE TRIGGER reconcile_findings_keep BEFORE UPDATE OR DELETE ON reconcile_findings FOR EACH ROW EXECUTE FUNCTION refuse('reconcile_findings is append-only');
CREATE TRIGGER reconcile_findings_whole BEFORE TRUNCATE ON reconcile_findings EXECUTE FUNCTION refuse('reconcile_findings is append-only');
