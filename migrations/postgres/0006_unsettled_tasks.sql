-- Finished tasks that were heard of too early for their quota to be the last word (api.md G3): they
-- are asked once more. Few at a time, so that neither runs nor `close` look through all tasks.
CREATE TABLE unsettled (
  task bigint PRIMARY KEY,
  settles_at bigint NOT NULL       -- an answer from then on is the last word
);

-- Tasks of which each query makes the gateway ask the vendor (api.md G2).
CREATE TABLE live_fetch (
  task bigint PRIMARY KEY
);
