-- What no statement may do with the outbox. The same list as 0006_guards.postgres.sql.

CREATE TRIGGER outbox_keep BEFORE UPDATE OF id, tenant, document, submission, event, payload, created_at, about, type, sequence ON outbox
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
CREATE TRIGGER outbox_spread_once BEFORE UPDATE OF spread_at ON outbox WHEN OLD.spread_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an event is spread once'); END;
CREATE TRIGGER outbox_stay BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
CREATE TRIGGER outbox_deliveries_keep BEFORE UPDATE OF delivery, event, lane, tenant, channel, recipient, sequence, created_at ON outbox_deliveries
BEGIN SELECT RAISE(ABORT, 'a delivery keeps what it is'); END;
CREATE TRIGGER outbox_deliveries_end BEFORE UPDATE ON outbox_deliveries WHEN OLD.state IN ('sent', 'discarded')
BEGIN SELECT RAISE(ABORT, 'what was sent or discarded stays so'); END;
CREATE TRIGGER outbox_deliveries_stay BEFORE DELETE ON outbox_deliveries BEGIN SELECT RAISE(ABORT, 'a delivery is never deleted'); END;
CREATE TRIGGER outbox_lanes_stay BEFORE DELETE ON outbox_lanes BEGIN SELECT RAISE(ABORT, 'a lane is never deleted'); END;
