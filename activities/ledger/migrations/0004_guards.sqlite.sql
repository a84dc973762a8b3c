-- What no statement may do with approvals, orders and delegations. The same list as 0004_guards.postgres.sql.

CREATE TRIGGER approval_log_keep BEFORE UPDATE ON approval_log BEGIN SELECT RAISE(ABORT, 'approval_log is append-only'); END;
CREATE TRIGGER approval_log_stay BEFORE DELETE ON approval_log BEGIN SELECT RAISE(ABORT, 'approval_log is append-only'); END;
CREATE TRIGGER document_contents_keep BEFORE UPDATE ON document_contents BEGIN SELECT RAISE(ABORT, 'document_contents is append-only'); END;
CREATE TRIGGER document_contents_stay BEFORE DELETE ON document_contents BEGIN SELECT RAISE(ABORT, 'document_contents is append-only'); END;
CREATE TRIGGER order_lines_keep BEFORE UPDATE ON order_lines BEGIN SELECT RAISE(ABORT, 'order_lines is append-only'); END;
CREATE TRIGGER order_lines_stay BEFORE DELETE ON order_lines BEGIN SELECT RAISE(ABORT, 'order_lines is append-only'); END;
CREATE TRIGGER goods_receipts_keep BEFORE UPDATE ON goods_receipts BEGIN SELECT RAISE(ABORT, 'goods_receipts is append-only'); END;
CREATE TRIGGER goods_receipts_stay BEFORE DELETE ON goods_receipts BEGIN SELECT RAISE(ABORT, 'goods_receipts is append-only'); END;
CREATE TRIGGER goods_receipt_lines_keep BEFORE UPDATE ON goods_receipt_lines BEGIN SELECT RAISE(ABORT, 'goods_receipt_lines is append-only'); END;
CREATE TRIGGER goods_receipt_lines_stay BEFORE DELETE ON goods_receipt_lines BEGIN SELECT RAISE(ABORT, 'goods_receipt_lines is append-only'); END;
CREATE TRIGGER payment_exclusions_keep BEFORE UPDATE ON payment_exclusions BEGIN SELECT RAISE(ABORT, 'payment_exclusions is append-only'); END;
CREATE TRIGGER payment_exclusions_stay BEFORE DELETE ON payment_exclusions BEGIN SELECT RAISE(ABORT, 'payment_exclusions is append-only'); END;
CREATE TRIGGER standing_delegations_stay BEFORE DELETE ON standing_delegations BEGIN SELECT RAISE(ABORT, 'a delegation is revoked, never deleted'); END;
CREATE TRIGGER standing_delegations_keep BEFORE UPDATE ON standing_delegations
WHEN OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL OR NEW.content <> OLD.content OR NEW.from_person <> OLD.from_person OR NEW.to_person <> OLD.to_person OR NEW.last_day <> OLD.last_day
BEGIN SELECT RAISE(ABORT, 'a delegation is revoked once, and not changed'); END;
CREATE TRIGGER purchase_orders_stay BEFORE DELETE ON purchase_orders BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;
