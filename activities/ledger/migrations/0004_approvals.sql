-- Approvals as a log that is run again, purchase orders with receipts, standing delegations. After the tables that 0004_remade
-- brought into their new form.

-- What was put to a document's approval, in order. The state of the approval is what these inputs lead to, and nothing else.
CREATE TABLE approval_log (
    tenant     TEXT NOT NULL,
    document   TEXT NOT NULL,
    submission BIGINT NOT NULL,
    seq        BIGINT NOT NULL CHECK (seq >= 1),
    -- open, tick, reopen, command; decision is one of an earlier version, kept as it was signed.
    kind       TEXT NOT NULL CHECK (kind IN ('open', 'tick', 'reopen', 'command', 'decision')),
    request_id TEXT,
    action     TEXT NOT NULL,
    task       TEXT,
    actor      TEXT,
    principal  TEXT,
    assurance  TEXT NOT NULL CHECK (assurance IN ('signed', 'asserted', 'own')),
    content    TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, document, submission, seq),
    UNIQUE (tenant, document, submission, request_id),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);
INSERT INTO approval_log (tenant, document, submission, seq, kind, request_id, action, task, actor, principal, assurance,
        content, at)
    SELECT d.tenant, d.document, d.submission,
        (SELECT count(*) FROM decisions e WHERE e.tenant = d.tenant AND e.document = d.document AND e.submission = d.submission
            AND (e.decided_at < d.decided_at OR e.decided_at = d.decided_at AND e.request_id <= d.request_id)),
        'decision', d.request_id, CASE WHEN d.task = '' THEN 'withdraw' ELSE 'decide' END, d.task, d.actor, d.principal,
        d.assurance, d.content, d.decided_at
    FROM decisions d;
UPDATE tasks SET
    answer = (SELECT d.answer FROM decisions d WHERE d.tenant = tasks.tenant AND d.document = tasks.document
        AND d.submission = tasks.submission AND d.task = tasks.task),
    actor = (SELECT d.actor FROM decisions d WHERE d.tenant = tasks.tenant AND d.document = tasks.document
        AND d.submission = tasks.submission AND d.task = tasks.task),
    principal = (SELECT d.principal FROM decisions d WHERE d.tenant = tasks.tenant AND d.document = tasks.document
        AND d.submission = tasks.submission AND d.task = tasks.task),
    comment = (SELECT d.comment FROM decisions d WHERE d.tenant = tasks.tenant AND d.document = tasks.document
        AND d.submission = tasks.submission AND d.task = tasks.task),
    decided_at = (SELECT d.decided_at FROM decisions d WHERE d.tenant = tasks.tenant AND d.document = tasks.document
        AND d.submission = tasks.submission AND d.task = tasks.task);
DROP TABLE decisions;

-- What an inbox asks of a task beside what is there already: what the approval decides on, and in whose name each person may.
ALTER TABLE tasks ADD COLUMN amount BIGINT NOT NULL DEFAULT 0;
UPDATE tasks SET amount = (SELECT d.total FROM documents d WHERE d.tenant = tasks.tenant AND d.document = tasks.document
    AND d.submission = tasks.submission);
ALTER TABLE task_people ADD COLUMN principal TEXT NOT NULL DEFAULT '';
UPDATE task_people SET principal = person;

-- Every content that a submission has had: the first with its claim, one more each time it is changed.
CREATE TABLE document_contents (
    tenant       TEXT NOT NULL,
    document     TEXT NOT NULL,
    submission   BIGINT NOT NULL,
    content      BIGINT NOT NULL CHECK (content >= 1),
    request_id   TEXT NOT NULL,
    payload      TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    submitted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, document, submission, content),
    UNIQUE (tenant, request_id),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);
INSERT INTO document_contents (tenant, document, submission, content, request_id, payload, payload_hash, submitted_at)
    SELECT tenant, document, submission, 1, request_id, payload, payload_hash, claimed_at FROM documents;

-- What was settled before says so as what is settled now.
UPDATE documents SET settlement = (
    SELECT '{"date":"' || i.posting_date || '","number":"' || i.instruction || '"}' FROM payment_instructions i
    WHERE i.tenant = documents.tenant AND i.document = documents.document AND i.submission = documents.submission)
    WHERE state = 'settled';

ALTER TABLE people ADD COLUMN manager TEXT;
ALTER TABLE people ADD COLUMN deputy TEXT;
ALTER TABLE people ADD COLUMN approval_limit BIGINT;
ALTER TABLE vendors ADD COLUMN class TEXT;

-- The last number of a tenant's delegations; 0 before the first. Whoever gives or revokes one locks it, so that no two close a
-- circle at the same time.
CREATE TABLE delegation_numbers (
    tenant TEXT NOT NULL PRIMARY KEY,
    last   BIGINT NOT NULL CHECK (last >= 0)
);
CREATE TABLE standing_delegations (
    tenant      TEXT NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    from_person TEXT NOT NULL,
    to_person   TEXT NOT NULL,
    last_day    DATE NOT NULL,
    content     TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    given_by    TEXT NOT NULL,
    given_at    TIMESTAMPTZ NOT NULL,
    revoked_by  TEXT,
    revoked_at  TIMESTAMPTZ,
    PRIMARY KEY (tenant, number),
    UNIQUE (tenant, request_id)
);
CREATE INDEX standing_delegations_open ON standing_delegations (tenant, last_day) WHERE revoked_at IS NULL;

-- Who approved what a payment instruction pays, and so does not release it.
CREATE TABLE payment_exclusions (
    tenant      TEXT NOT NULL,
    instruction TEXT NOT NULL,
    person      TEXT NOT NULL,
    PRIMARY KEY (tenant, instruction, person),
    FOREIGN KEY (tenant, instruction) REFERENCES payment_instructions (tenant, instruction)
);

-- Orders that were issued here; those that were imported have none of it.
ALTER TABLE purchase_orders ADD COLUMN document TEXT;
ALTER TABLE purchase_orders ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE purchase_orders ADD COLUMN fiscal_year TEXT;
ALTER TABLE purchase_orders ADD COLUMN serial BIGINT;
ALTER TABLE purchase_orders ADD COLUMN department TEXT;
ALTER TABLE purchase_orders ADD COLUMN project TEXT;
ALTER TABLE purchase_orders ADD COLUMN amount BIGINT;
ALTER TABLE purchase_orders ADD COLUMN first_amount BIGINT;
ALTER TABLE purchase_orders ADD COLUMN issued_on DATE;
ALTER TABLE purchase_orders ADD COLUMN closed_because TEXT;
-- Who closed it by hand; none where it ended since all of it was billed. Goods still come on those.
ALTER TABLE purchase_orders ADD COLUMN closed_by TEXT;
CREATE UNIQUE INDEX purchase_orders_serial ON purchase_orders (tenant, fiscal_year, serial);

-- Quantities are integer millionths.
CREATE TABLE order_lines (
    tenant     TEXT NOT NULL,
    po_number  TEXT NOT NULL,
    version    BIGINT NOT NULL CHECK (version >= 1),
    line       BIGINT NOT NULL CHECK (line >= 1),
    product    TEXT NOT NULL,
    quantity   BIGINT NOT NULL CHECK (quantity > 0),
    unit_price BIGINT NOT NULL CHECK (unit_price >= 0),
    amount     BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (tenant, po_number, version, line),
    FOREIGN KEY (tenant, po_number) REFERENCES purchase_orders (tenant, po_number)
);

CREATE TABLE goods_receipts (
    tenant      TEXT NOT NULL,
    po_number   TEXT NOT NULL,
    receipt     BIGINT NOT NULL CHECK (receipt >= 1),
    request_id  TEXT NOT NULL,
    content     TEXT NOT NULL,
    received_on DATE NOT NULL,
    received_by TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, po_number, receipt),
    UNIQUE (tenant, request_id),
    FOREIGN KEY (tenant, po_number) REFERENCES purchase_orders (tenant, po_number)
);
CREATE TABLE goods_receipt_lines (
    tenant    TEXT NOT NULL,
    po_number TEXT NOT NULL,
    receipt   BIGINT NOT NULL,
    line      BIGINT NOT NULL,
    quantity  BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (tenant, po_number, receipt, line),
    FOREIGN KEY (tenant, po_number, receipt) REFERENCES goods_receipts (tenant, po_number, receipt)
);

-- What an invoice bills of which line of its order; it counts while the invoice is open or approved.
CREATE TABLE billed_lines (
    tenant     TEXT NOT NULL,
    document   TEXT NOT NULL,
    submission BIGINT NOT NULL,
    po_number  TEXT NOT NULL,
    line       BIGINT NOT NULL,
    quantity   BIGINT NOT NULL CHECK (quantity > 0),
    amount     BIGINT NOT NULL,
    PRIMARY KEY (tenant, document, submission, line),
    FOREIGN KEY (tenant, document, submission) REFERENCES documents (tenant, document, submission)
);
CREATE INDEX billed_lines_order ON billed_lines (tenant, po_number);

-- What an issued order keeps of a budget line: held by open invoices, used by settled ones, released at its end.
CREATE TABLE encumbrances (
    tenant      TEXT NOT NULL,
    po_number   TEXT NOT NULL,
    fiscal_year TEXT NOT NULL,
    department  TEXT NOT NULL,
    project     TEXT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    held        BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    used        BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0),
    released    BIGINT NOT NULL DEFAULT 0 CHECK (released >= 0),
    PRIMARY KEY (tenant, po_number, fiscal_year, department, project),
    CHECK (held + used + released <= amount),
    FOREIGN KEY (tenant, po_number) REFERENCES purchase_orders (tenant, po_number),
    FOREIGN KEY (tenant, fiscal_year, department, project)
        REFERENCES budget_lines (tenant, fiscal_year, department, project)
);
