-- What tax depends on, and when what was withheld is due.

-- The vendor's facts and evidence, as canonical JSON.
ALTER TABLE vendors ADD COLUMN tax TEXT NOT NULL DEFAULT '{}';

-- The facts that an assessment used, as canonical JSON: the payer, the vendor's kind, facts and evidence of that moment.
ALTER TABLE assessments ADD COLUMN facts TEXT NOT NULL DEFAULT '{}';

-- Until when withheld tax is deposited and its certificate given, and by which rule. Empty in what was settled before.
ALTER TABLE tax_obligations ADD COLUMN deposit_by DATE;
ALTER TABLE tax_obligations ADD COLUMN certificate_by DATE;
ALTER TABLE tax_obligations ADD COLUMN deadline_rule TEXT NOT NULL DEFAULT '';

-- The tenant's own tax facts; the latest counts.
CREATE TABLE payers (
    tenant TEXT NOT NULL,
    seq    BIGINT NOT NULL CHECK (seq >= 1),
    payer  TEXT NOT NULL,
    set_by TEXT NOT NULL,
    set_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, seq)
);
