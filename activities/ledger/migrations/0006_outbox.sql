-- The outbox as events that never change, and their deliveries. One text for SQLite and PostgreSQL.

DROP INDEX outbox_unsent;
-- What was sent before is spread to channels already; the rest goes out as what is written from now on.
ALTER TABLE outbox RENAME COLUMN sent_at TO spread_at;
ALTER TABLE outbox DROP COLUMN leased_until;
ALTER TABLE outbox DROP COLUMN attempts;
ALTER TABLE outbox ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN type TEXT NOT NULL DEFAULT '';
-- The event's place among those of its document, over all submissions, without a gap.
ALTER TABLE outbox ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;
UPDATE outbox SET
    about = coalesce(
        (SELECT d.kind FROM documents d WHERE d.tenant = outbox.tenant AND d.document = outbox.document
            AND d.submission = outbox.submission),
        (SELECT p.kind FROM employee_processes p WHERE p.tenant = outbox.tenant AND p.process = outbox.document),
        'invoice'),
    sequence = (SELECT count(*) FROM outbox o WHERE o.tenant = outbox.tenant AND o.document = outbox.document
        AND (o.created_at < outbox.created_at OR o.created_at = outbox.created_at AND o.id <= outbox.id));
UPDATE outbox SET type = 'bd.vextrus.' || CASE WHEN about IN ('onboarding', 'offboarding') THEN 'process.' ELSE 'document.' END
    || coalesce((SELECT n.name FROM (
        SELECT 'task_opened' AS name UNION ALL SELECT 'task_reminder' UNION ALL SELECT 'task_escalated'
        UNION ALL SELECT 'task_handed_over' UNION ALL SELECT 'info_requested' UNION ALL SELECT 'answered'
        UNION ALL SELECT 'returned' UNION ALL SELECT 'delegated' UNION ALL SELECT 'reassigned' UNION ALL SELECT 'assessed'
        UNION ALL SELECT 'settled' UNION ALL SELECT 'closed' UNION ALL SELECT 'order_issued' UNION ALL SELECT 'order_amended'
        UNION ALL SELECT 'order_closed' UNION ALL SELECT 'welcome' UNION ALL SELECT 'start_moved' UNION ALL SELECT 'stopped'
        UNION ALL SELECT 'ended') n WHERE outbox.event = n.name OR outbox.event LIKE n.name || '/%'), outbox.event)
    || '.v1';
-- Two steps that would both be next cannot both commit.
CREATE UNIQUE INDEX outbox_sequence ON outbox (tenant, document, sequence);
CREATE INDEX outbox_unspread ON outbox (created_at, sequence, id) WHERE spread_at IS NULL;

-- Whoever spreads events holds this row, so that a later event of a document is never spread before an earlier one.
CREATE TABLE outbox_spreading (id BIGINT PRIMARY KEY CHECK (id = 1));
INSERT INTO outbox_spreading (id) VALUES (1);

-- What goes to one receiver about one document, in order: it is taken as a whole, by one dispatcher at a time. recipient '' is the
-- channel itself. pending counts the deliveries that wait; due_at is when it may next be taken, the end of its lease included.
CREATE TABLE outbox_lanes (
    lane      TEXT NOT NULL,
    tenant    TEXT NOT NULL,
    document  TEXT NOT NULL,
    channel   TEXT NOT NULL,
    recipient TEXT NOT NULL,
    pending   BIGINT NOT NULL CHECK (pending >= 0),
    due_at    TIMESTAMPTZ NOT NULL,
    lease     TEXT,
    PRIMARY KEY (lane)
);
CREATE INDEX outbox_lanes_due ON outbox_lanes (channel, due_at) WHERE pending > 0;

CREATE TABLE outbox_deliveries (
    delivery   TEXT NOT NULL,
    event      TEXT NOT NULL,
    lane       TEXT NOT NULL,
    tenant     TEXT NOT NULL,
    channel    TEXT NOT NULL,
    recipient  TEXT NOT NULL,
    sequence   BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'skipped', 'dead', 'discarded')),
    attempts   BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    ended_at   TIMESTAMPTZ,
    PRIMARY KEY (delivery),
    UNIQUE (event, lane),
    CHECK ((state = 'waiting') = (ended_at IS NULL)),
    FOREIGN KEY (event) REFERENCES outbox (id),
    FOREIGN KEY (lane) REFERENCES outbox_lanes (lane)
);
CREATE INDEX outbox_deliveries_next ON outbox_deliveries (lane, sequence) WHERE state = 'waiting';
CREATE INDEX outbox_deliveries_oldest ON outbox_deliveries (channel, created_at) WHERE state = 'waiting';
CREATE INDEX outbox_deliveries_dead ON outbox_deliveries (tenant, channel, delivery) WHERE state = 'dead';
CREATE INDEX outbox_deliveries_skipped ON outbox_deliveries (tenant, channel, delivery) WHERE state = 'skipped';
CREATE INDEX outbox_deliveries_listed ON outbox_deliveries (tenant, delivery);

-- How people and vendors are written to. party is person/ID or vendor/ID. Not on the trail, so that it can be changed and deleted.
CREATE TABLE contacts (
    tenant TEXT NOT NULL,
    party  TEXT NOT NULL,
    email  TEXT NOT NULL,
    lang   TEXT NOT NULL CHECK (lang IN ('en', 'bn')),
    PRIMARY KEY (tenant, party)
);
