-- What is open, for the figures that are asked every quarter of a minute.
CREATE INDEX purchase_orders_open ON purchase_orders (tenant, po_number) WHERE open;
