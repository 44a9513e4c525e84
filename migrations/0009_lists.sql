-- What lists said that the ledger does not follow.

-- Tasks that were taken back (`forget`): their snapshots stay, but they are neither asked about nor
-- counted among the unfinished and missing ones, until a list names them again.
CREATE TABLE forgotten (
  task INTEGER PRIMARY KEY REFERENCES task (id),
  forgotten_at INTEGER NOT NULL
) STRICT;

-- A list with another value than the task's: of a label, or of the column `model`.
CREATE TABLE label_change (
  id INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES task (id),
  run INTEGER NOT NULL REFERENCES run (id),  -- the first that heard so
  name TEXT NOT NULL,
  ledger_value TEXT NOT NULL,
  list_value TEXT NOT NULL,
  taken INTEGER NOT NULL            -- 1: the list's value is the task's from then on (--relabel)
) STRICT;

CREATE INDEX label_change_by_task ON label_change (task);

CREATE TRIGGER label_change_is_kept BEFORE DELETE ON label_change
BEGIN
  SELECT raise(ABORT, 'what a list said is never deleted');
END;

CREATE TRIGGER label_change_is_fixed BEFORE UPDATE ON label_change
BEGIN
  SELECT raise(ABORT, 'what a list said is never changed');
END;

-- Rejected rows that were told of, so that `run -q` need not tell them again: hashes of the source's
-- name and of the row.
CREATE TABLE told_rejection (
  source INTEGER NOT NULL,
  mark INTEGER NOT NULL,
  run INTEGER NOT NULL REFERENCES run (id),  -- the last that met it
  PRIMARY KEY (source, mark)
) STRICT, WITHOUT ROWID;

DROP VIEW v_task;
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
    (SELECT r.stale_after_ms FROM run AS r ORDER BY r.id DESC LIMIT 1) AS stale
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN forgotten AS f ON f.task = t.id
LEFT JOIN snapshot AS s ON s.id = t.status_snapshot
LEFT JOIN outcome AS o ON o.id = s.outcome;

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
