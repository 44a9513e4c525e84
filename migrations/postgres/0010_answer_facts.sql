-- Two more facts of an answer. Tasks finished before have neither until they are asked again.
ALTER TABLE task ADD COLUMN request_id text COLLATE "C";             -- of the submit request
ALTER TABLE task ADD COLUMN generation_resolution text COLLATE "C";  -- before super resolution; else null
ALTER TABLE report_line ADD COLUMN request_id text COLLATE "C";
ALTER TABLE report_line ADD COLUMN generation_resolution text COLLATE "C";

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
  utc_seconds(t.submit_time) AS submit_time,
  utc_seconds(t.start_time) AS start_time,
  utc_seconds(t.finish_time) AS finish_time,
  utc_milliseconds(t.upstream_end_time) AS upstream_end_time,
  utc_milliseconds(t.first_seen) AS first_seen,
  utc_milliseconds(t.last_query) AS last_query,
  t.queries AS queries,
  t.resolution AS resolution,
  t.ratio AS ratio,
  trim_scale(t.duration_seconds::numeric) AS duration_seconds,
  trim_scale(t.input_seconds::numeric) AS input_seconds,
  trim_scale(t.output_seconds::numeric) AS output_seconds,
  trim_scale(t.video_count::numeric) AS video_count,
  trim_scale(t.completion_tokens::numeric) AS completion_tokens,
  trim_scale(t.total_tokens::numeric) AS total_tokens,
  trim_scale(t.super_resolution_tokens::numeric) AS super_resolution_tokens,
  trim_scale(t.units::numeric) AS units,
  trim_scale(t.credits::numeric) AS credits,
  trim_scale(t.quota::numeric) AS quota,
  t.fail_reason AS fail_reason,
  t.labels AS labels,
  (SELECT count(*) FROM video AS v WHERE v.task = t.id) AS videos,
  (SELECT count(*) FROM video AS v WHERE v.task = t.id AND v.state = 1) AS videos_on_disk,
  (SELECT utc_seconds(min(v.expires_at))
   FROM video AS v WHERE v.task = t.id AND v.state = 0) AS soonest_expiry,
  (t.state = 0 AND f.task IS NULL AND now_milliseconds() - coalesce(t.submit_time, t.first_seen) >
    (SELECT r.stale_after_ms FROM run AS r ORDER BY r.id DESC LIMIT 1))::integer::bigint AS stale,
  t.generation_resolution AS generation_resolution,
  t.request_id AS request_id
FROM task AS t
JOIN account AS a ON a.id = t.account
LEFT JOIN forgotten AS f ON f.task = t.id
LEFT JOIN snapshot AS s ON s.id = t.status_snapshot
LEFT JOIN outcome AS o ON o.id = s.outcome;
