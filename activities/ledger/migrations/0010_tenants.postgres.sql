-- Each transaction is of one tenant, or said to be for all of them ('*', which no tenant can be called). Whatever it asks for, it
-- sees and takes the rows of no other; without a setting, of none. FORCE binds the owner of the tables too; superusers and roles
-- with BYPASSRLS pass.

-- Guards every table with a tenant that is not guarded yet. A migration that adds one ends with SELECT guard_tenants().
CREATE OR REPLACE FUNCTION guard_tenants() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    unguarded TEXT;
BEGIN
    FOR unguarded IN
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attname = 'tenant' AND NOT a.attisdropped
            AND NOT c.relforcerowsecurity
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', unguarded);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', unguarded);
        EXECUTE format('CREATE POLICY of_tenant ON %I USING (tenant = current_setting(''vextrus.tenant'', true)
            OR current_setting(''vextrus.tenant'', true) = ''*'')', unguarded);
    END LOOP;
END $$;
SELECT guard_tenants();
