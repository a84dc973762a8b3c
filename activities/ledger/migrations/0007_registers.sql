-- What becomes of withheld tax after it was withheld, and through which day the books are closed.

-- Whoever posts, deposits, certifies or closes a period holds the tenant's row until it is done: no posting slips into a period
-- that is being closed, and nothing is deposited or certified twice.
CREATE TABLE account_books (
    tenant       TEXT NOT NULL PRIMARY KEY,
    lock_version BIGINT NOT NULL DEFAULT 0
);

-- What people asked of a tenant's books: the same id with the same input is answered with what is stored here.
CREATE TABLE book_requests (
    tenant     TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action     TEXT NOT NULL,
    input_hash TEXT NOT NULL,
    result     TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, request_id)
);

-- The latest entry counts: nothing is posted on a day up to this one. An earlier day than before opens the books again.
CREATE TABLE period_locks (
    tenant  TEXT NOT NULL,
    seq     BIGINT NOT NULL CHECK (seq >= 1),
    through DATE NOT NULL,
    reason  TEXT NOT NULL CHECK (reason <> ''),
    set_by  TEXT NOT NULL,
    set_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, seq)
);

-- A challan, or the VAT return that takes withheld VAT up. canonical is the number without its punctuation.
CREATE TABLE treasury_deposits (
    tenant       TEXT NOT NULL,
    deposit      BIGINT NOT NULL CHECK (deposit >= 1),
    tax          TEXT NOT NULL CHECK (tax IN ('VDS', 'TDS')),
    means        TEXT NOT NULL CHECK (means IN ('challan', 'vat_return')),
    number       TEXT NOT NULL,
    canonical    TEXT NOT NULL,
    deposited_on DATE NOT NULL,
    bank         TEXT NOT NULL,
    account_code TEXT NOT NULL,
    amount       BIGINT NOT NULL CHECK (amount > 0),
    recorded_by  TEXT NOT NULL,
    recorded_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, deposit),
    CHECK (means = 'challan' OR tax = 'VDS')
);

-- The obligations that a deposit covers, each as a whole. certificate_by follows from the day of the deposit.
CREATE TABLE deposit_lines (
    tenant         TEXT NOT NULL,
    deposit        BIGINT NOT NULL,
    document       TEXT NOT NULL,
    submission     BIGINT NOT NULL,
    tax            TEXT NOT NULL,
    code           TEXT NOT NULL,
    amount         BIGINT NOT NULL CHECK (amount > 0),
    certificate_by DATE NOT NULL,
    PRIMARY KEY (tenant, deposit, document, submission, tax, code),
    FOREIGN KEY (tenant, deposit) REFERENCES treasury_deposits (tenant, deposit),
    FOREIGN KEY (tenant, document, submission, tax, code)
        REFERENCES tax_obligations (tenant, document, submission, tax, code)
);
CREATE INDEX deposit_lines_obligation ON deposit_lines (tenant, document, submission, tax, code);

CREATE TABLE deposit_reversals (
    tenant      TEXT NOT NULL,
    deposit     BIGINT NOT NULL,
    reason      TEXT NOT NULL CHECK (reason <> ''),
    reversed_by TEXT NOT NULL,
    reversed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, deposit),
    FOREIGN KEY (tenant, deposit) REFERENCES treasury_deposits (tenant, deposit)
);

-- Mushak 6.6 for VDS, the certificate of deduction for TDS; content is the form as canonical JSON.
CREATE TABLE tax_certificates (
    tenant       TEXT NOT NULL,
    certificate  TEXT NOT NULL,
    tax          TEXT NOT NULL CHECK (tax IN ('VDS', 'TDS')),
    fiscal_year  TEXT NOT NULL,
    serial       BIGINT NOT NULL CHECK (serial >= 1),
    vendor       TEXT NOT NULL,
    issued_on    DATE NOT NULL,
    amount       BIGINT NOT NULL CHECK (amount > 0),
    content      TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    issued_by    TEXT NOT NULL,
    issued_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, certificate),
    UNIQUE (tenant, tax, fiscal_year, serial),
    FOREIGN KEY (tenant, vendor) REFERENCES vendors (tenant, vendor)
);

CREATE TABLE certificate_lines (
    tenant      TEXT NOT NULL,
    certificate TEXT NOT NULL,
    deposit     BIGINT NOT NULL,
    document    TEXT NOT NULL,
    submission  BIGINT NOT NULL,
    tax         TEXT NOT NULL,
    code        TEXT NOT NULL,
    PRIMARY KEY (tenant, certificate, document, submission, tax, code),
    FOREIGN KEY (tenant, certificate) REFERENCES tax_certificates (tenant, certificate),
    FOREIGN KEY (tenant, deposit, document, submission, tax, code)
        REFERENCES deposit_lines (tenant, deposit, document, submission, tax, code)
);
CREATE INDEX certificate_lines_obligation ON certificate_lines (tenant, document, submission, tax, code);

-- A cancelled certificate keeps its number.
CREATE TABLE certificate_cancellations (
    tenant       TEXT NOT NULL,
    certificate  TEXT NOT NULL,
    reason       TEXT NOT NULL CHECK (reason <> ''),
    cancelled_by TEXT NOT NULL,
    cancelled_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, certificate),
    FOREIGN KEY (tenant, certificate) REFERENCES tax_certificates (tenant, certificate)
);

-- Registers ask by month.
CREATE INDEX tax_obligations_month ON tax_obligations (tenant, tax, withheld_on);
CREATE INDEX journal_entries_date ON journal_entries (tenant, posting_date, entry);
CREATE INDEX payment_instructions_date ON payment_instructions (tenant, posting_date);
