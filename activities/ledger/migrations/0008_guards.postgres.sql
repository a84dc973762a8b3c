-- What no statement may do with the sealed trail. The same list as 0008_guards.sqlite.sql.

CREATE FUNCTION audit_entry_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (tenant, chain, seq) VALUES (NEW.tenant, NEW.chain, NEW.seq);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_entries_wait AFTER INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_entry_waits();

CREATE TRIGGER audit_leaves_keep BEFORE UPDATE OR DELETE ON audit_leaves FOR EACH ROW EXECUTE FUNCTION refuse('audit_leaves is append-only');
CREATE TRIGGER audit_leaves_whole BEFORE TRUNCATE ON audit_leaves EXECUTE FUNCTION refuse('audit_leaves is append-only');
CREATE TRIGGER audit_checkpoints_keep BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse('audit_checkpoints is append-only');
CREATE TRIGGER audit_checkpoints_whole BEFORE TRUNCATE ON audit_checkpoints EXECUTE FUNCTION refuse('audit_checkpoints is append-only');
CREATE TRIGGER audit_logs_grow BEFORE UPDATE ON audit_logs FOR EACH ROW WHEN (NEW.number < OLD.number OR NEW.size < OLD.size)
EXECUTE FUNCTION refuse('a log never gets shorter');
CREATE TRIGGER audit_logs_stay BEFORE DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION refuse('a log is never deleted');
CREATE TRIGGER audit_logs_whole BEFORE TRUNCATE ON audit_logs EXECUTE FUNCTION refuse('a log is never deleted');
CREATE TRIGGER audit_untied_keep BEFORE INSERT OR UPDATE OR DELETE ON audit_untied FOR EACH ROW EXECUTE FUNCTION refuse('audit_untied is complete');
CREATE TRIGGER audit_untied_whole BEFORE TRUNCATE ON audit_untied EXECUTE FUNCTION refuse('audit_untied is complete');
CREATE TRIGGER legal_holds_stay BEFORE DELETE ON legal_holds FOR EACH ROW EXECUTE FUNCTION refuse('a hold is released, never deleted');
CREATE TRIGGER legal_holds_whole BEFORE TRUNCATE ON legal_holds EXECUTE FUNCTION refuse('a hold is released, never deleted');
CREATE TRIGGER legal_holds_keep BEFORE UPDATE ON legal_holds FOR EACH ROW
WHEN (OLD.released_at IS NOT NULL OR NEW.released_at IS NULL OR NEW.employee <> OLD.employee OR NEW.reason <> OLD.reason OR NEW.set_by <> OLD.set_by OR NEW.set_at <> OLD.set_at)
EXECUTE FUNCTION refuse('a hold is released once, and not changed');
