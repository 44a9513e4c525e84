-- What a run of a crew looks up with each sign of life must not grow with the runs of years.
ALTER TABLE crew ADD COLUMN slow_downs bigint NOT NULL DEFAULT 0;  -- of all its runs
UPDATE crew SET slow_downs = (SELECT coalesce(sum(n.slow_downs), 0) FROM runner AS n WHERE n.crew = crew.name);
CREATE INDEX run_open ON run (id) WHERE finished_at IS NULL;
-- work_open and work_left have the free work.
DROP INDEX work_free;
