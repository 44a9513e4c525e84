-- The name under which runs share a work list; empty: the run is alone.
ALTER TABLE run ADD COLUMN crew text COLLATE "C" NOT NULL DEFAULT '';
UPDATE run SET crew = (SELECT n.crew FROM runner AS n WHERE n.run = run.id)
WHERE id IN (SELECT run FROM runner);

-- The rate of a crew and the part of each run, in queries per second; 0: none.
ALTER TABLE crew ADD COLUMN rate bigint NOT NULL DEFAULT 0;  -- of the run that began the crew
ALTER TABLE runner ADD COLUMN share bigint NOT NULL DEFAULT 0;
ALTER TABLE runner ADD COLUMN busy bigint NOT NULL DEFAULT 0;  -- 1: it had open work at its last sign of life
ALTER TABLE runner ADD COLUMN slow_downs bigint NOT NULL DEFAULT 0;  -- how often the gateway refused its rate

-- Finished tasks whose videos another run left.
CREATE INDEX work_left ON work (task) WHERE run = 0 AND settled = 1;
