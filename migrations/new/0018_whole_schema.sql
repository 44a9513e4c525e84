-- What migrations 1 to 18 make of a new ledger, statement by statement as SQLite keeps them (`.schema`): to apply
-- them one after the other takes five times as long. Later migrations follow. A test compares both ways.
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
, missing_rule INTEGER NOT NULL DEFAULT 0, crew TEXT NOT NULL DEFAULT '') STRICT;
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
  fail_reason TEXT, account_named INTEGER NOT NULL DEFAULT 0, request_id TEXT, generation_resolution TEXT, not_found_answers INTEGER NOT NULL DEFAULT 0, not_found_at INTEGER,
  UNIQUE (account, task_id)
) STRICT;
CREATE TABLE work (
  task INTEGER PRIMARY KEY REFERENCES task (id),
  settled INTEGER NOT NULL DEFAULT 0  -- 1: asked no more in this run
) STRICT;
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
CREATE TABLE video (
  task INTEGER NOT NULL REFERENCES task (id),
  video_index INTEGER NOT NULL,
  snapshot INTEGER NOT NULL REFERENCES snapshot (id),
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
  expires_at INTEGER,
  settled_run INTEGER NOT NULL DEFAULT 0,  -- the run that last tried it
  attempts INTEGER NOT NULL DEFAULT 0,     -- runs that tried
  path TEXT,
  bytes INTEGER,
  sha256 BLOB,
  checks TEXT,
  saved_at INTEGER,
  last_error TEXT, refused_at INTEGER,
  PRIMARY KEY (task, video_index)
) STRICT, WITHOUT ROWID;
CREATE TABLE period (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,               -- 2026, 2026-10, 2026-W41 or 2026-10-05
  begins_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,         -- the first instant behind it
  tz TEXT NOT NULL,
  prices TEXT,                      -- the price book, byte for byte; null: none was given
  closed_at INTEGER NOT NULL,
  line_count INTEGER NOT NULL,
  sha256 TEXT NOT NULL,             -- of its report as CSV with default options
  unfinished INTEGER NOT NULL,      -- tasks that it closed without
  missing INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  checked_to INTEGER NOT NULL       -- what later snapshots say of it is not in a closed period yet
) STRICT;
CREATE TABLE report_line (
  id INTEGER PRIMARY KEY,
  period INTEGER NOT NULL REFERENCES period (id),    -- whose report shows it
  incurred INTEGER NOT NULL REFERENCES period (id),  -- whose zone and prices rule it
  billed_at INTEGER NOT NULL,
  line_id TEXT NOT NULL UNIQUE,
  kind INTEGER NOT NULL,            -- core::LineKind
  reversal INTEGER NOT NULL,
  adjusts TEXT,
  task INTEGER NOT NULL REFERENCES task (id),
  snapshot INTEGER NOT NULL REFERENCES snapshot (id),
  succeeded INTEGER NOT NULL,
  lost INTEGER NOT NULL,            -- a video's link had died by then before it was fetched
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
  labels TEXT,                      -- JSON object
  unit INTEGER,                     -- core::PriceUnit
  quantity TEXT,
  unit_price TEXT,
  currency TEXT,
  cost TEXT,
  cost_note TEXT
, request_id TEXT, generation_resolution TEXT) STRICT;
CREATE TABLE unsettled (
  task INTEGER PRIMARY KEY REFERENCES task (id),
  settles_at INTEGER NOT NULL       -- an answer from then on is the last word
) STRICT;
CREATE TABLE live_fetch (
  task INTEGER PRIMARY KEY REFERENCES task (id)
) STRICT;
CREATE TABLE closing (
  period INTEGER PRIMARY KEY,       -- period.id; no reference, since it shall name one that is gone
  name TEXT NOT NULL,
  begins_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  previous_sha256 TEXT              -- of the period that was closed before it; null: the first one
) STRICT;
CREATE TABLE written_off (
  period INTEGER NOT NULL REFERENCES period (id),  -- that was closed without the task
  task INTEGER NOT NULL REFERENCES task (id),
  PRIMARY KEY (period, task)
) STRICT, WITHOUT ROWID;
CREATE TABLE repricing (
  id INTEGER PRIMARY KEY,
  period INTEGER NOT NULL REFERENCES period (id),  -- the closed one whose lines are priced anew
  prices TEXT NOT NULL,                            -- the price book, byte for byte
  repriced_at INTEGER NOT NULL,
  carried_by INTEGER REFERENCES period (id)        -- which holds what it changed; null: none yet
) STRICT;
CREATE TABLE forgotten (
  task INTEGER PRIMARY KEY REFERENCES task (id),
  forgotten_at INTEGER NOT NULL
) STRICT;
CREATE TABLE label_change (
  id INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES task (id),
  run INTEGER NOT NULL REFERENCES run (id),  -- the first that heard so
  name TEXT NOT NULL,
  ledger_value TEXT NOT NULL,
  list_value TEXT NOT NULL,
  taken INTEGER NOT NULL            -- 1: the list's value is the task's from then on (--relabel)
) STRICT;
CREATE TABLE told_rejection (
  source INTEGER NOT NULL,
  mark INTEGER NOT NULL,
  run INTEGER NOT NULL REFERENCES run (id),  -- the last that met it
  PRIMARY KEY (source, mark)
) STRICT, WITHOUT ROWID;
CREATE TABLE snapshot_link (
  last INTEGER PRIMARY KEY,         -- it covers the snapshots behind the link before, to this one
  sha256 BLOB NOT NULL              -- zeros: of snapshots that were recorded before hashes were kept
) STRICT;
CREATE TABLE period_link (
  period INTEGER PRIMARY KEY,       -- period.id; no reference, since it shall name one that is gone
  statement TEXT NOT NULL,          -- what was closed, in lines; the last one without its end
  sha256 TEXT NOT NULL              -- of the statement and a line end
) STRICT;
CREATE TABLE period_signature (
  period INTEGER PRIMARY KEY REFERENCES period_link (period),
  signature BLOB NOT NULL,          -- of period_link.sha256, as the signing program wrote it
  signed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE period_bundle (
  period INTEGER PRIMARY KEY REFERENCES period (id),
  sha256 TEXT NOT NULL,             -- of its SHA256SUMS
  bundled_at INTEGER NOT NULL
) STRICT;
CREATE INDEX task_unfinished ON task (id) WHERE state = 0;
CREATE INDEX snapshot_by_task ON snapshot (task, id);
CREATE INDEX video_wanted ON video (ifnull(expires_at, 9223372036854775807)) WHERE state = 0;
CREATE INDEX video_by_path ON video (path) WHERE path IS NOT NULL;
CREATE INDEX task_by_finish ON task (finish_time) WHERE state IN (1, 2);
CREATE INDEX report_line_by_time ON report_line (billed_at);
CREATE INDEX report_line_by_task ON report_line (task);
CREATE INDEX task_missing ON task (id) WHERE state = 3;
CREATE INDEX label_change_by_task ON label_change (task);
CREATE VIEW usage_metric (snapshot, name, value) AS
SELECT s.id, n.value, v.value
FROM snapshot AS s
JOIN outcome AS o ON o.id = s.outcome
JOIN json_each(o.usage_names) AS n
JOIN json_each(s.usage_values) AS v ON v.key = n.key;
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
CREATE VIEW v_label_change AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  c.run AS run_id,
  c.name AS name,
  c.ledger_value AS ledger_value,
  c.list_value AS list_value,
  c.taken AS taken
FROM label_change AS c
JOIN task AS t ON t.id = c.task
JOIN account AS a ON a.id = t.account;
CREATE VIEW v_task AS
SELECT
  a.name AS account,
  t.task_id AS task_id,
  CASE WHEN f.task IS NOT NULL THEN 'forgotten' WHEN t.state = 0 THEN 'unfinished'
    WHEN t.state = 1 THEN 'succeeded' WHEN t.state = 2 THEN 'failed' ELSE 'missing' END AS state,
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
  t.state = 0 AND f.task IS NULL AND unixepoch('now') * 1000 - coalesce(t.submit_time, t.first_seen) >
    (SELECT r.stale_after_ms FROM run AS r ORDER BY r.id DESC LIMIT 1) AS stale,
  t.generation_resolution AS generation_resolution,
  t.request_id AS request_id
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN forgotten AS f ON f.task = t.id
LEFT JOIN snapshot AS s ON s.id = t.status_snapshot
LEFT JOIN outcome AS o ON o.id = s.outcome;
CREATE VIEW v_run AS
SELECT
  r.id AS run_id,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at / 1000.0, 'unixepoch') AS started_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.finished_at / 1000.0, 'unixepoch') AS finished_at,
  r.finished_at - r.started_at AS took_ms,
  r.host AS host,
  r.version AS version,
  nullif(r.crew, '') AS crew,
  r.inputs AS inputs,
  r.exit_code AS exit_code,
  (SELECT value FROM json_each(r.summary) WHERE key = 'rows_rejected') AS rows_rejected,
  (SELECT value FROM json_each(r.summary) WHERE key = 'tasks') AS tasks,
  (SELECT value FROM json_each(r.summary) WHERE key = 'queried') AS queried,
  (SELECT value FROM json_each(r.summary) WHERE key = 'succeeded') AS succeeded,
  (SELECT value FROM json_each(r.summary) WHERE key = 'failed') AS failed,
  (SELECT value FROM json_each(r.summary) WHERE key = 'unfinished') AS unfinished,
  (SELECT value FROM json_each(r.summary) WHERE key = 'missing') AS missing,
  (SELECT value FROM json_each(r.summary) WHERE key = 'not_answered') AS not_answered,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_downloaded') AS videos_downloaded,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_failed') AS videos_failed,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_expired') AS videos_expired,
  (SELECT value FROM json_each(r.summary) WHERE key = 'videos_left') AS videos_left,
  (SELECT value FROM json_each(r.summary) WHERE key = 'bytes') AS bytes,
  (SELECT value FROM json_each(r.summary) WHERE key = 'requests') AS requests,
  (SELECT value FROM json_each(r.summary) WHERE key = 'retries') AS retries,
  (SELECT value FROM json_each(r.summary) WHERE key = 'errors') AS errors
FROM run AS r;
CREATE VIEW v_period AS
SELECT
  p.name AS period,
  p.tz AS tz,
  strftime('%Y-%m-%dT%H:%M:%SZ', p.begins_at / 1000, 'unixepoch') AS begins_at,
  strftime('%Y-%m-%dT%H:%M:%SZ', p.ends_at / 1000, 'unixepoch') AS ends_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.closed_at / 1000.0, 'unixepoch') AS closed_at,
  p.line_count AS lines,
  p.sha256 AS csv_sha256,
  l.sha256 AS sha256,
  l.statement AS statement,
  s.signature AS signature,
  strftime('%Y-%m-%dT%H:%M:%fZ', s.signed_at / 1000.0, 'unixepoch') AS signed_at,
  b.sha256 AS bundle_sha256,
  strftime('%Y-%m-%dT%H:%M:%fZ', b.bundled_at / 1000.0, 'unixepoch') AS bundled_at
FROM period AS p
LEFT JOIN period_link AS l ON l.period = p.id
LEFT JOIN period_signature AS s ON s.period = p.id
LEFT JOIN period_bundle AS b ON b.period = p.id;
CREATE TRIGGER snapshot_is_kept BEFORE DELETE ON snapshot
BEGIN
  SELECT raise(ABORT, 'a snapshot is never deleted');
END;
CREATE TRIGGER snapshot_is_fixed
BEFORE UPDATE OF id, task, run, observed_at, outcome, usage_values, raw_bytes, raw_sha256 ON snapshot
BEGIN
  SELECT raise(ABORT, 'a snapshot is never changed');
END;
CREATE TRIGGER period_is_kept BEFORE DELETE ON period
BEGIN
  SELECT raise(ABORT, 'a closed period is never opened again');
END;
CREATE TRIGGER period_is_fixed
BEFORE UPDATE OF id, name, begins_at, ends_at, tz, prices, closed_at, line_count, sha256,
  unfinished, missing, schema_version ON period
BEGIN
  SELECT raise(ABORT, 'a closed period is never changed');
END;
CREATE TRIGGER report_line_is_kept BEFORE DELETE ON report_line
BEGIN
  SELECT raise(ABORT, 'a line of a closed period is never deleted');
END;
CREATE TRIGGER report_line_is_fixed BEFORE UPDATE ON report_line
BEGIN
  SELECT raise(ABORT, 'a line of a closed period is never changed');
END;
CREATE TRIGGER closing_is_kept BEFORE DELETE ON closing
BEGIN
  SELECT raise(ABORT, 'a closed period is never opened again');
END;
CREATE TRIGGER closing_is_fixed BEFORE UPDATE ON closing
BEGIN
  SELECT raise(ABORT, 'a closed period is never changed');
END;
CREATE TRIGGER written_off_is_kept BEFORE DELETE ON written_off
BEGIN
  SELECT raise(ABORT, 'what a period was closed without is never forgotten');
END;
CREATE TRIGGER written_off_is_fixed BEFORE UPDATE ON written_off
BEGIN
  SELECT raise(ABORT, 'what a period was closed without is never changed');
END;
CREATE TRIGGER repricing_is_kept BEFORE DELETE ON repricing
BEGIN
  SELECT raise(ABORT, 'a price book of a closed period is never deleted');
END;
CREATE TRIGGER repricing_is_fixed BEFORE UPDATE OF id, period, prices, repriced_at ON repricing
BEGIN
  SELECT raise(ABORT, 'a price book of a closed period is never changed');
END;
CREATE TRIGGER label_change_is_kept BEFORE DELETE ON label_change
BEGIN
  SELECT raise(ABORT, 'what a list said is never deleted');
END;
CREATE TRIGGER label_change_is_fixed BEFORE UPDATE ON label_change
BEGIN
  SELECT raise(ABORT, 'what a list said is never changed');
END;
CREATE TRIGGER snapshot_link_is_kept BEFORE DELETE ON snapshot_link
BEGIN
  SELECT raise(ABORT, 'the hash of a commit is never deleted');
END;
CREATE TRIGGER snapshot_link_is_fixed BEFORE UPDATE ON snapshot_link
BEGIN
  SELECT raise(ABORT, 'the hash of a commit is never changed');
END;
CREATE TRIGGER period_link_is_kept BEFORE DELETE ON period_link
BEGIN
  SELECT raise(ABORT, 'the hash of a closed period is never deleted');
END;
CREATE TRIGGER period_link_is_fixed BEFORE UPDATE ON period_link
BEGIN
  SELECT raise(ABORT, 'the hash of a closed period is never changed');
END;
CREATE TRIGGER period_signature_is_kept BEFORE DELETE ON period_signature
BEGIN
  SELECT raise(ABORT, 'the signature of a closed period is never deleted');
END;
CREATE TRIGGER period_signature_is_fixed BEFORE UPDATE ON period_signature
BEGIN
  SELECT raise(ABORT, 'the signature of a closed period is never changed');
END;
