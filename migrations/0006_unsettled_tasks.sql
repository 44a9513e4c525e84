-- Finished tasks that were heard of too early for their quota to be the last word (api.md G3): they
-- are asked once more. Few at a time, so that neither runs nor `close` look through all tasks.
CREATE TABLE unsettled (
  task INTEGER PRIMARY KEY REFERENCES task (id),
  settles_at INTEGER NOT NULL       -- an answer from then on is the last word
) STRICT;

-- kSettlingTime of core/lifecycle.h, as it stood when this was written.
INSERT INTO unsettled (task, settles_at)
SELECT t.id, min(t.finish_time, s.observed_at) + 30000
FROM task AS t JOIN snapshot AS s ON s.id = t.status_snapshot
WHERE t.state IN (1, 2) AND s.observed_at < t.finish_time + 30000;

-- Tasks of which each query makes the gateway ask the vendor (api.md G2).
CREATE TABLE live_fetch (
  task INTEGER PRIMARY KEY REFERENCES task (id)
) STRICT;
