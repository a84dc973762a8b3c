-- SQLite has no row security: there, only the program holds a transaction to its tenant. This version is kept in step with
-- 0010_tenants.postgres.sql, so that both have the same number.

SELECT 1;
