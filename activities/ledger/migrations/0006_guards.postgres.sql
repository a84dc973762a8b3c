-- What no statement may do with the outbox. The same list as 0006_guards.sqlite.sql.

-- Lanes are locked in the order of their bytes, whatever the language of the database.
ALTER TABLE outbox_lanes ALTER COLUMN lane TYPE TEXT COLLATE "C";
ALTER TABLE outbox_deliveries ALTER COLUMN lane TYPE TEXT COLLATE "C";

CREATE TRIGGER outbox_keep BEFORE UPDATE OF id, tenant, document, submission, event, payload, created_at, about, type, sequence ON outbox FOR EACH ROW
EXECUTE FUNCTION refuse('an event is never changed');
CREATE TRIGGER outbox_spread_once BEFORE UPDATE OF spread_at ON outbox FOR EACH ROW WHEN (OLD.spread_at IS NOT NULL)
EXECUTE FUNCTION refuse('an event is spread once');
CREATE TRIGGER outbox_stay BEFORE DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION refuse('an event is never deleted');
CREATE TRIGGER outbox_whole BEFORE TRUNCATE ON outbox EXECUTE FUNCTION refuse('outbox is never emptied');
CREATE TRIGGER outbox_deliveries_keep BEFORE UPDATE OF delivery, event, lane, tenant, channel, recipient, sequence, created_at ON outbox_deliveries FOR EACH ROW
EXECUTE FUNCTION refuse('a delivery keeps what it is');
CREATE TRIGGER outbox_deliveries_end BEFORE UPDATE ON outbox_deliveries FOR EACH ROW WHEN (OLD.state IN ('sent', 'discarded'))
EXECUTE FUNCTION refuse('what was sent or discarded stays so');
CREATE TRIGGER outbox_deliveries_stay BEFORE DELETE ON outbox_deliveries FOR EACH ROW EXECUTE FUNCTION refuse('a delivery is never deleted');
CREATE TRIGGER outbox_deliveries_whole BEFORE TRUNCATE ON outbox_deliveries EXECUTE FUNCTION refuse('outbox_deliveries is never emptied');
CREATE TRIGGER outbox_lanes_stay BEFORE DELETE ON outbox_lanes FOR EACH ROW EXECUTE FUNCTION refuse('a lane is never deleted');
CREATE TRIGGER outbox_lanes_whole BEFORE TRUNCATE ON outbox_lanes EXECUTE FUNCTION refuse('outbox_lanes is never emptied');
