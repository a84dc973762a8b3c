-- What no statement may do with the processes of employees. The same list as 0005_guards.sqlite.sql.

CREATE TRIGGER process_plans_keep BEFORE UPDATE OR DELETE ON process_plans FOR EACH ROW EXECUTE FUNCTION refuse('process_plans is append-only');
CREATE TRIGGER process_plans_whole BEFORE TRUNCATE ON process_plans EXECUTE FUNCTION refuse('process_plans is append-only');
CREATE TRIGGER process_log_keep BEFORE UPDATE OR DELETE ON process_log FOR EACH ROW EXECUTE FUNCTION refuse('process_log is append-only');
CREATE TRIGGER process_log_whole BEFORE TRUNCATE ON process_log EXECUTE FUNCTION refuse('process_log is append-only');
CREATE TRIGGER employee_processes_stay BEFORE DELETE ON employee_processes FOR EACH ROW EXECUTE FUNCTION refuse('a process is never deleted');
CREATE TRIGGER employee_processes_whole BEFORE TRUNCATE ON employee_processes EXECUTE FUNCTION refuse('employee_processes is never emptied');
CREATE TRIGGER provisions_stay BEFORE DELETE ON provisions FOR EACH ROW EXECUTE FUNCTION refuse('a provision is ended, never deleted');
CREATE TRIGGER provisions_whole BEFORE TRUNCATE ON provisions EXECUTE FUNCTION refuse('provisions is never emptied');
CREATE TRIGGER employee_records_stay BEFORE DELETE ON employee_records FOR EACH ROW EXECUTE FUNCTION refuse('a record is erased, never deleted');
CREATE TRIGGER employee_records_whole BEFORE TRUNCATE ON employee_records EXECUTE FUNCTION refuse('employee_records is never emptied');
CREATE TRIGGER process_tasks_stay BEFORE DELETE ON process_tasks FOR EACH ROW EXECUTE FUNCTION refuse('a task is never deleted');
CREATE TRIGGER process_tasks_whole BEFORE TRUNCATE ON process_tasks EXECUTE FUNCTION refuse('process_tasks is never emptied');
CREATE TRIGGER employee_processes_claim BEFORE UPDATE OF tenant, process, kind, employee, request_id, payload_hash, employment, template, undoes, requested_by, claimed_at ON employee_processes FOR EACH ROW
EXECUTE FUNCTION refuse('what was claimed is never changed');
CREATE TRIGGER employee_processes_move BEFORE UPDATE OF state ON employee_processes FOR EACH ROW
WHEN (NOT (OLD.state = NEW.state AND OLD.state <> 'ended'
   OR OLD.state = 'claimed' AND NEW.state IN ('running', 'ended')
   OR OLD.state = 'running' AND NEW.state = 'ended'))
EXECUTE FUNCTION refuse('a process moves claimed, running, ended');
CREATE TRIGGER provisions_keep BEFORE UPDATE ON provisions FOR EACH ROW
WHEN (OLD.state = 'ended' OR NEW.state <> 'ended' OR NEW.reference <> OLD.reference OR NEW.employee <> OLD.employee OR NEW.order_key <> OLD.order_key)
EXECUTE FUNCTION refuse('a provision is ended once, and not changed');
