-- What no statement may do with approvals, orders and delegations. The same list as 0004_guards.sqlite.sql.

CREATE TRIGGER approval_log_keep BEFORE UPDATE OR DELETE ON approval_log FOR EACH ROW EXECUTE FUNCTION refuse('approval_log is append-only');
CREATE TRIGGER approval_log_whole BEFORE TRUNCATE ON approval_log EXECUTE FUNCTION refuse('approval_log is append-only');
CREATE TRIGGER document_contents_keep BEFORE UPDATE OR DELETE ON document_contents FOR EACH ROW EXECUTE FUNCTION refuse('document_contents is append-only');
CREATE TRIGGER document_contents_whole BEFORE TRUNCATE ON document_contents EXECUTE FUNCTION refuse('document_contents is append-only');
CREATE TRIGGER order_lines_keep BEFORE UPDATE OR DELETE ON order_lines FOR EACH ROW EXECUTE FUNCTION refuse('order_lines is append-only');
CREATE TRIGGER order_lines_whole BEFORE TRUNCATE ON order_lines EXECUTE FUNCTION refuse('order_lines is append-only');
CREATE TRIGGER goods_receipts_keep BEFORE UPDATE OR DELETE ON goods_receipts FOR EACH ROW EXECUTE FUNCTION refuse('goods_receipts is append-only');
CREATE TRIGGER goods_receipts_whole BEFORE TRUNCATE ON goods_receipts EXECUTE FUNCTION refuse('goods_receipts is append-only');
CREATE TRIGGER goods_receipt_lines_keep BEFORE UPDATE OR DELETE ON goods_receipt_lines FOR EACH ROW EXECUTE FUNCTION refuse('goods_receipt_lines is append-only');
CREATE TRIGGER goods_receipt_lines_whole BEFORE TRUNCATE ON goods_receipt_lines EXECUTE FUNCTION refuse('goods_receipt_lines is append-only');
CREATE TRIGGER payment_exclusions_keep BEFORE UPDATE OR DELETE ON payment_exclusions FOR EACH ROW EXECUTE FUNCTION refuse('payment_exclusions is append-only');
CREATE TRIGGER payment_exclusions_whole BEFORE TRUNCATE ON payment_exclusions EXECUTE FUNCTION refuse('payment_exclusions is append-only');
CREATE TRIGGER standing_delegations_stay BEFORE DELETE ON standing_delegations FOR EACH ROW EXECUTE FUNCTION refuse('a delegation is revoked, never deleted');
CREATE TRIGGER standing_delegations_keep BEFORE UPDATE ON standing_delegations FOR EACH ROW
WHEN (OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL OR NEW.content <> OLD.content OR NEW.from_person <> OLD.from_person OR NEW.to_person <> OLD.to_person OR NEW.last_day <> OLD.last_day)
EXECUTE FUNCTION refuse('a delegation is revoked once, and not changed');
CREATE TRIGGER purchase_orders_stay BEFORE DELETE ON purchase_orders FOR EACH ROW EXECUTE FUNCTION refuse('orders are never deleted');
CREATE TRIGGER purchase_orders_whole BEFORE TRUNCATE ON purchase_orders EXECUTE FUNCTION refuse('purchase_orders is never emptied');
CREATE TRIGGER standing_delegations_whole BEFORE TRUNCATE ON standing_delegations EXECUTE FUNCTION refuse('standing_delegations is never emptied');
