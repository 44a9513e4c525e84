-- The ledger. Times are UTC milliseconds since 1970; states and verdicts are the numbers of
-- core/task.h. The views at the end are stable for people and tools; the tables are not.

CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  version TEXT NOT NULL,
  host TEXT NOT NULL,
  inputs TEXT NOT NULL,             -- JSON array of the names given
  stale_after_ms INTEGER NOT NULL,
  summary TEXT,                     -- the run's summary as JSON
  exit_code INTEGER
) STRICT;

-- One row a task. Numbers that the gateway sent are text, exact as sent.
CREATE TABLE task (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id),
  task_id TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
  first_seen INTEGER NOT NULL,
  last_query INTEGER,
  queries INTEGER NOT NULL DEFAULT 0,
  not_found_runs INTEGER NOT NULL DEFAULT 0,
  not_found_run INTEGER NOT NULL DEFAULT 0,
  last_snapshot INTEGER,            -- the newest snapshot of any kind
  status_snapshot INTEGER,          -- the newest one that says where the task stands
  final_snapshot INTEGER,           -- the one that reports use: the last of the final state
  input_model TEXT,                 -- from the input file; `model` from an answer beats it
  labels TEXT,                      -- JSON object in the input's order
  submit_time INTEGER,
  start_time INTEGER,
  finish_time INTEGER,
  upstream_end_time INTEGER,
  model TEXT,
  action TEXT,
  resolution TEXT,
  ratio TEXT,
  duration_seconds TEXT,
  input_seconds TEXT,
  output_seconds TEXT,
  video_count TEXT,
  completion_tokens TEXT,
  total_tokens TEXT,
  super_resolution_tokens TEXT,
  units TEXT,
  credits TEXT,
  quota TEXT,
  fail_reason TEXT,
  UNIQUE (account, task_id)
) STRICT;

CREATE INDEX task_unfinished ON task (id) WHERE state = 0;

-- What the run in progress wants: emptied when the next one starts.
CREATE TABLE work (
  task INTEGER PRIMARY KEY REFERENCES task (id),
  settled INTEGER NOT NULL DEFAULT 0  -- 1: asked no more in this run
) STRICT;

-- What many answers have in common, once.
CREATE TABLE outcome (
  id INTEGER PRIMARY KEY,
  http_status INTEGER NOT NULL,
  verdict INTEGER NOT NULL,
  code TEXT NOT NULL,
  status TEXT NOT NULL,
  progress TEXT NOT NULL,
  usage_names TEXT NOT NULL,        -- JSON array
  UNIQUE (http_status, verdict, code, status, progress, usage_names)
) STRICT;

-- Raw answers, many to a block: a block is zstd of their concatenation with the dictionary, and
-- `lengths` the size of each slot (LEB128), 0 for one that was pruned.
CREATE TABLE dictionary (
  id INTEGER PRIMARY KEY,
  content BLOB NOT NULL
) STRICT;

CREATE TABLE answer_block (
  id INTEGER PRIMARY KEY,
  dictionary INTEGER NOT NULL REFERENCES dictionary (id),
  lengths BLOB NOT NULL,
  content BLOB NOT NULL
) STRICT;

-- Append only, numbered without a gap: one row for each HTTP answer about a task.
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES task (id),
  run INTEGER NOT NULL REFERENCES run (id),
  observed_at INTEGER NOT NULL,
  outcome INTEGER NOT NULL REFERENCES outcome (id),
  usage_values TEXT,                -- JSON array of texts, in the order of usage_names
  raw_bytes INTEGER NOT NULL,
  raw_sha256 BLOB NOT NULL,
  block INTEGER REFERENCES answer_block (id),  -- an unchanged answer names the earlier slot
  slot INTEGER                      -- both null once pruned
) STRICT;

CREATE INDEX snapshot_by_task ON snapshot (task, id);
CREATE INDEX snapshot_by_block ON snapshot (block);

CREATE TRIGGER snapshot_is_kept BEFORE DELETE ON snapshot
BEGIN
  SELECT raise(ABORT, 'a snapshot is never deleted');
END;

CREATE TRIGGER snapshot_is_fixed
BEFORE UPDATE OF id, task, run, observed_at, outcome, usage_values, raw_bytes, raw_sha256 ON snapshot
BEGIN
  SELECT raise(ABORT, 'a snapshot is never changed');
END;

-- A video's link is not here: it is a secret, and stands in the raw answer of `snapshot` alone.
CREATE TABLE video (
  task INTEGER NOT NULL REFERENCES task (id),
  video_index INTEGER NOT NULL,
  snapshot INTEGER NOT NULL REFERENCES snapshot (id),
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
  expires_at INTEGER,
  settled_run INTEGER NOT NULL DEFAULT 0,  -- the run that last tried it
  attempts INTEGER NOT NULL DEFAULT 0,     -- runs that tried
  denied INTEGER NOT NULL DEFAULT 0,       -- the last try was refused although the link should live
  path TEXT,
  bytes INTEGER,
  sha256 BLOB,
  checks TEXT,
  saved_at INTEGER,
  last_error TEXT,
  PRIMARY KEY (task, video_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX video_wanted ON video (ifnull(expires_at, 9223372036854775807)) WHERE state = 0;
CREATE INDEX video_by_path ON video (path) WHERE path IS NOT NULL;

CREATE VIEW usage_metric (snapshot, name, value) AS
SELECT s.id, n.value, v.value
FROM snapshot AS s
JOIN outcome AS o ON o.id = s.outcome
JOIN json_each(o.usage_names) AS n
JOIN json_each(s.usage_values) AS v ON v.key = n.key;

CREATE VIEW v_task AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  CASE t.state WHEN 0 THEN 'unfinished' WHEN 1 THEN 'succeeded' WHEN 2 THEN 'failed'
    ELSE 'missing' END AS state,
  nullif(o.status, '') AS status,
  nullif(o.progress, '') AS progress,
  coalesce(t.model, t.input_model) AS model,
  t.action AS action,
  strftime('%Y-%m-%dT%H:%M:%SZ', t.submit_time / 1000, 'unixepoch') AS submit_time,
  strftime('%Y-%m-%dT%H:%M:%SZ', t.start_time / 1000, 'unixepoch') AS start_time,
  strftime('%Y-%m-%dT%H:%M:%SZ', t.finish_time / 1000, 'unixepoch') AS finish_time,
  strftime('%Y-%m-%dT%H:%M:%fZ', t.upstream_end_time / 1000.0, 'unixepoch') AS upstream_end_time,
  strftime('%Y-%m-%dT%H:%M:%fZ', t.first_seen / 1000.0, 'unixepoch') AS first_seen,
  strftime('%Y-%m-%dT%H:%M:%fZ', t.last_query / 1000.0, 'unixepoch') AS last_query,
  t.queries AS queries,
  t.resolution AS resolution,
  t.ratio AS ratio,
  CAST(t.duration_seconds AS NUMERIC) AS duration_seconds,
  CAST(t.input_seconds AS NUMERIC) AS input_seconds,
  CAST(t.output_seconds AS NUMERIC) AS output_seconds,
  CAST(t.video_count AS NUMERIC) AS video_count,
  CAST(t.completion_tokens AS NUMERIC) AS completion_tokens,
  CAST(t.total_tokens AS NUMERIC) AS total_tokens,
  CAST(t.super_resolution_tokens AS NUMERIC) AS super_resolution_tokens,
  CAST(t.units AS NUMERIC) AS units,
  CAST(t.credits AS NUMERIC) AS credits,
  CAST(t.quota AS NUMERIC) AS quota,
  t.fail_reason AS fail_reason,
  t.labels AS labels,
  (SELECT count(*) FROM video AS v WHERE v.task = t.id) AS videos,
  (SELECT count(*) FROM video AS v WHERE v.task = t.id AND v.state = 1) AS videos_on_disk,
  (SELECT strftime('%Y-%m-%dT%H:%M:%SZ', min(v.expires_at) / 1000, 'unixepoch')
   FROM video AS v WHERE v.task = t.id AND v.state = 0) AS soonest_expiry,
  t.state = 0 AND unixepoch('now') * 1000 - coalesce(t.submit_time, t.first_seen) >
    (SELECT r.stale_after_ms FROM run AS r ORDER BY r.id DESC LIMIT 1) AS stale
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN snapshot AS s ON s.id = t.status_snapshot
LEFT JOIN outcome AS o ON o.id = s.outcome;

CREATE VIEW v_snapshot AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  s.id AS snapshot_id,
  s.run AS run_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.observed_at / 1000.0, 'unixepoch') AS observed_at,
  o.http_status AS http_status,
  nullif(o.code, '') AS code,
  nullif(o.status, '') AS status,
  nullif(o.progress, '') AS progress,
  s.raw_bytes AS raw_bytes,
  lower(hex(s.raw_sha256)) AS raw_sha256
FROM snapshot AS s
JOIN task AS t ON t.id = s.task
JOIN account AS a ON a.id = t.account
JOIN outcome AS o ON o.id = s.outcome;

CREATE VIEW v_usage AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  s.id AS snapshot_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.observed_at / 1000.0, 'unixepoch') AS observed_at,
  n.value AS name,
  v.value AS value
FROM snapshot AS s
JOIN task AS t ON t.id = s.task
JOIN account AS a ON a.id = t.account
JOIN outcome AS o ON o.id = s.outcome
JOIN json_each(o.usage_names) AS n
JOIN json_each(s.usage_values) AS v ON v.key = n.key;

CREATE VIEW v_video AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  v.video_index AS video_index,
  CASE v.state WHEN 0 THEN 'wanted' WHEN 1 THEN 'done' WHEN 2 THEN 'failed'
    ELSE 'expired' END AS state,
  v.path AS path,
  v.bytes AS bytes,
  nullif(lower(hex(v.sha256)), '') AS sha256,
  strftime('%Y-%m-%dT%H:%M:%SZ', v.expires_at / 1000, 'unixepoch') AS expires_at,
  v.attempts AS attempts,
  v.last_error AS last_error
FROM video AS v
JOIN task AS t ON t.id = v.task
JOIN account AS a ON a.id = t.account;

CREATE VIEW v_daily AS
SELECT
  date(coalesce(t.finish_time, s.observed_at) / 1000, 'unixepoch') AS day,
  a.name AS account,
  coalesce(t.model, t.input_model) AS model,
  CASE t.state WHEN 1 THEN 'succeeded' ELSE 'failed' END AS state,
  count(*) AS tasks,
  sum(CAST(t.output_seconds AS NUMERIC)) AS output_seconds,
  sum(CAST(t.total_tokens AS NUMERIC)) AS total_tokens,
  sum((SELECT count(*) FROM video AS v WHERE v.task = t.id AND v.state = 1)) AS videos,
  sum((SELECT sum(v.bytes) FROM video AS v WHERE v.task = t.id AND v.state = 1)) AS bytes
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN snapshot AS s ON s.id = t.final_snapshot
WHERE t.state IN (1, 2)
GROUP BY 1, 2, 3, 4;
