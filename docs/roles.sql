-- Least rights for a ledger on PostgreSQL. Run once, as the role that runs `reeltally db migrate`
-- (the owner of the schema), after the first migration and after each upgrade:
--   psql postgresql://owner@HOST/DATABASE -f docs/roles.sql
-- Then make logins and grant each one role: CREATE ROLE nightly LOGIN; GRANT reeltally_runner TO nightly;
--   reeltally_runner    run: adds what it hears; changes and deletes no history
--   reeltally_closer    report, close, reprice: reads all, appends closed periods
--   reeltally_reporter  report, status, reconcile, verify: reads all
-- The rest is the owner's: db migrate, db copy into the database, db prune, forget.

SET search_path = reeltally;

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['reeltally_runner', 'reeltally_closer', 'reeltally_reporter'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    END IF;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA reeltally FROM %I', role);
    EXECUTE format('GRANT USAGE ON SCHEMA reeltally TO %I', role);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA reeltally TO %I', role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA reeltally GRANT SELECT ON TABLES TO %I', role);
  END LOOP;
END $$;

GRANT INSERT ON account, answer_block, dictionary, label_change, live_fetch, outcome, run, runner, snapshot,
  snapshot_link, task, told_rejection, unsettled, video, work TO reeltally_runner;
GRANT UPDATE ON counter, crew, run, runner, task, unsettled, video, work TO reeltally_runner;
GRANT DELETE ON forgotten, told_rejection, unsettled, work TO reeltally_runner;

GRANT INSERT ON closing, period, period_bundle, period_link, period_signature, report_line, repricing, written_off
  TO reeltally_closer;
GRANT UPDATE (sha256, bundled_at) ON period_bundle TO reeltally_closer;
GRANT UPDATE (checked_to) ON period TO reeltally_closer;
GRANT UPDATE (carried_by) ON repricing TO reeltally_closer;
