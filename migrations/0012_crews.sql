-- The name under which runs share a work list on PostgreSQL; empty: the run is alone.
ALTER TABLE run ADD COLUMN crew TEXT NOT NULL DEFAULT '';
