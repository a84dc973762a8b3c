-- Onboarding and offboarding. What is personal stands in employee_records alone, so that it can be erased; everything else
-- refers to the employee by id.

CREATE TABLE employee_records (
    tenant       TEXT NOT NULL,
    employee     TEXT NOT NULL,
    -- Canonical JSON; none once it has been erased.
    personal     TEXT,
    -- The key of this record's hashes on the trail; erased with what it was made of.
    hash_key     TEXT,
    lock_version BIGINT NOT NULL DEFAULT 0,
    recorded_at  TIMESTAMPTZ NOT NULL,
    erased_at    TIMESTAMPTZ,
    PRIMARY KEY (tenant, employee),
    CHECK ((personal IS NULL) = (hash_key IS NULL)),
    CHECK ((personal IS NULL) = (erased_at IS NOT NULL))
);

CREATE TABLE employee_processes (
    tenant       TEXT NOT NULL,
    process      TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('onboarding', 'offboarding')),
    employee     TEXT NOT NULL,
    request_id   TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    employment   TEXT NOT NULL,
    template     TEXT NOT NULL,
    undoes       TEXT,
    requested_by TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('claimed', 'running', 'ended')),
    status       TEXT CHECK (status IN ('completed', 'partial', 'withdrawn', 'failed', 'cancelled')),
    lock_version BIGINT NOT NULL DEFAULT 0,
    claimed_at   TIMESTAMPTZ NOT NULL,
    ended_at     TIMESTAMPTZ,
    PRIMARY KEY (tenant, process),
    UNIQUE (tenant, request_id),
    CHECK ((state = 'ended') = (status IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((kind = 'offboarding') = (undoes IS NOT NULL)),
    FOREIGN KEY (tenant, employee) REFERENCES employee_records (tenant, employee),
    FOREIGN KEY (tenant, undoes) REFERENCES employee_processes (tenant, process)
);
CREATE UNIQUE INDEX employee_processes_open ON employee_processes (tenant, employee) WHERE state <> 'ended';
CREATE INDEX employee_processes_listed ON employee_processes (tenant, claimed_at, process);

CREATE TABLE process_plans (
    tenant   TEXT NOT NULL,
    process  TEXT NOT NULL,
    revision BIGINT NOT NULL CHECK (revision >= 1),
    content  TEXT NOT NULL,
    made_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, process, revision),
    FOREIGN KEY (tenant, process) REFERENCES employee_processes (tenant, process)
);

-- What was put to a process, in its order: the machine is run again over it.
CREATE TABLE process_log (
    tenant     TEXT NOT NULL,
    process    TEXT NOT NULL,
    seq        BIGINT NOT NULL CHECK (seq >= 1),
    kind       TEXT NOT NULL CHECK (kind IN ('plan', 'command', 'performed', 'stop', 'tick')),
    request_id TEXT,
    actor      TEXT,
    assurance  TEXT NOT NULL CHECK (assurance IN ('signed', 'asserted', 'own')),
    content    TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, process, seq),
    UNIQUE (tenant, process, request_id),
    FOREIGN KEY (tenant, process) REFERENCES employee_processes (tenant, process)
);

CREATE TABLE process_tasks (
    tenant    TEXT NOT NULL,
    process   TEXT NOT NULL,
    task      TEXT NOT NULL,
    position  BIGINT NOT NULL,
    name      TEXT NOT NULL,
    owner     TEXT NOT NULL,
    review    BOOLEAN NOT NULL,
    state     TEXT NOT NULL
        CHECK (state IN ('waiting', 'open', 'running', 'done', 'skipped', 'lapsed', 'dropped')),
    opened_at TIMESTAMPTZ,
    due_at    TIMESTAMPTZ,
    PRIMARY KEY (tenant, process, task),
    FOREIGN KEY (tenant, process) REFERENCES employee_processes (tenant, process)
);

CREATE TABLE process_task_people (
    tenant  TEXT NOT NULL,
    person  TEXT NOT NULL,
    process TEXT NOT NULL,
    task    TEXT NOT NULL,
    PRIMARY KEY (tenant, person, process, task),
    FOREIGN KEY (tenant, process, task) REFERENCES process_tasks (tenant, process, task)
);

-- What the company's own systems gave to employees, where no outside system is asked. order_key is that of the order.
CREATE TABLE provisions (
    tenant     TEXT NOT NULL,
    order_key  TEXT NOT NULL,
    employee   TEXT NOT NULL,
    system     TEXT NOT NULL CHECK (system IN ('identity', 'mail', 'assets', 'access', 'calendar')),
    operation  TEXT NOT NULL,
    reference  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('active', 'ended')),
    created_at TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ,
    ended_by   TEXT,
    PRIMARY KEY (tenant, order_key),
    UNIQUE (tenant, system, operation, reference),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_by IS NOT NULL)),
    FOREIGN KEY (tenant, employee) REFERENCES employee_records (tenant, employee)
);
CREATE INDEX provisions_of_employee ON provisions (tenant, employee, system) WHERE state = 'active';
