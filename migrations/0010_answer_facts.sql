-- Two more facts of an answer. Tasks finished before have neither until they are asked again.
ALTER TABLE task ADD COLUMN request_id TEXT;             -- of the submit request
ALTER TABLE task ADD COLUMN generation_resolution TEXT;  -- before super resolution; else null
ALTER TABLE report_line ADD COLUMN request_id TEXT;
ALTER TABLE report_line ADD COLUMN generation_resolution TEXT;

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
    (SELECT r.stale_after_ms FROM run AS r ORDER BY r.id DESC LIMIT 1) AS stale,
  t.generation_resolution AS generation_resolution,
  t.request_id AS request_id
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN forgotten AS f ON f.task = t.id
LEFT JOIN snapshot AS s ON s.id = t.status_snapshot
LEFT JOIN outcome AS o ON o.id = s.outcome;
