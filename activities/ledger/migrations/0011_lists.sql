-- Lists of documents, the latest first.
CREATE INDEX documents_by_time ON documents (tenant, kind, claimed_at, document);
