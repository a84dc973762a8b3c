-- What no statement may do with the processes of employees. The same list as 0005_guards.postgres.sql.

CREATE TRIGGER process_plans_keep BEFORE UPDATE ON process_plans BEGIN SELECT RAISE(ABORT, 'process_plans is append-only'); END;
CREATE TRIGGER process_plans_stay BEFORE DELETE ON process_plans BEGIN SELECT RAISE(ABORT, 'process_plans is append-only'); END;
CREATE TRIGGER process_log_keep BEFORE UPDATE ON process_log BEGIN SELECT RAISE(ABORT, 'process_log is append-only'); END;
CREATE TRIGGER process_log_stay BEFORE DELETE ON process_log BEGIN SELECT RAISE(ABORT, 'process_log is append-only'); END;
CREATE TRIGGER employee_processes_stay BEFORE DELETE ON employee_processes BEGIN SELECT RAISE(ABORT, 'a process is never deleted'); END;
CREATE TRIGGER provisions_stay BEFORE DELETE ON provisions BEGIN SELECT RAISE(ABORT, 'a provision is ended, never deleted'); END;
CREATE TRIGGER employee_records_stay BEFORE DELETE ON employee_records BEGIN SELECT RAISE(ABORT, 'a record is erased, never deleted'); END;
CREATE TRIGGER process_tasks_stay BEFORE DELETE ON process_tasks BEGIN SELECT RAISE(ABORT, 'a task is never deleted'); END;
CREATE TRIGGER employee_processes_claim BEFORE UPDATE OF tenant, process, kind, employee, request_id, payload_hash, employment, template, undoes, requested_by, claimed_at ON employee_processes
BEGIN SELECT RAISE(ABORT, 'what was claimed is never changed'); END;
CREATE TRIGGER employee_processes_move BEFORE UPDATE OF state ON employee_processes
WHEN NOT (OLD.state = NEW.state AND OLD.state <> 'ended'
   OR OLD.state = 'claimed' AND NEW.state IN ('running', 'ended')
   OR OLD.state = 'running' AND NEW.state = 'ended')
BEGIN SELECT RAISE(ABORT, 'a process moves claimed, running, ended'); END;
CREATE TRIGGER provisions_keep BEFORE UPDATE ON provisions
WHEN OLD.state = 'ended' OR NEW.state <> 'ended' OR NEW.reference <> OLD.reference OR NEW.employee <> OLD.employee OR NEW.order_key <> OLD.order_key
BEGIN SELECT RAISE(ABORT, 'a provision is ended once, and not changed'); END;
