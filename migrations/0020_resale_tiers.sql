-- Where the task of a first line begins in the tiers of the resale book of its closed period, and what
-- it is charged in each: "tiers of line 2, after 990 this month: 15 at 0.9". Null: it has no place
-- there. `report_line` is the view of migration 19 with this column.

ALTER TABLE line_amounts ADD COLUMN resale_tiers TEXT;

DROP VIEW report_line;

CREATE VIEW report_line AS
SELECT
  l.id AS id,
  t.period AS period,
  t.incurred AS incurred,
  l.billed_at AS billed_at,
  coalesce(a.line_id, l.snapshot || '-' || (
    SELECT lower(hex(substr(s.raw_sha256, 1, 6))) FROM snapshot AS s WHERE s.id = l.snapshot
  ) || CASE t.kind WHEN 1 THEN '-sr' ELSE '' END) AS line_id,
  t.kind AS kind,
  t.reversal AS reversal,
  a.adjusts AS adjusts,
  l.task AS task,
  l.snapshot AS snapshot,
  t.succeeded AS succeeded,
  t.lost AS lost,
  l.billed_at - l.submit_before AS submit_time,
  l.billed_at - l.start_before AS start_time,
  l.billed_at - l.finish_before AS finish_time,
  l.billed_at - l.upstream_end_before AS upstream_end_time,
  t.model AS model,
  t.action AS action,
  t.resolution AS resolution,
  t.ratio AS ratio,
  a.duration_seconds AS duration_seconds,
  a.input_seconds AS input_seconds,
  a.output_seconds AS output_seconds,
  a.video_count AS video_count,
  a.completion_tokens AS completion_tokens,
  a.total_tokens AS total_tokens,
  a.super_resolution_tokens AS super_resolution_tokens,
  a.units AS units,
  a.credits AS credits,
  a.quota AS quota,
  l.fail_reason AS fail_reason,
  b.labels AS labels,
  t.unit AS unit,
  a.quantity AS quantity,
  t.unit_price AS unit_price,
  t.currency AS currency,
  a.cost AS cost,
  a.cost_note AS cost_note,
  a.resale_tiers AS resale_tiers,
  l.request_id AS request_id,
  t.generation_resolution AS generation_resolution,
  a.line_id AS stored_line_id
FROM frozen_line AS l
LEFT JOIN line_amounts AS a ON a.id = l.amounts
LEFT JOIN line_terms AS t ON t.id = a.terms
LEFT JOIN line_labels AS b ON b.id = l.labels;

-- Adds lines that come whole, from an older ledger or another engine. Whoever adds many gives the
-- shared rows an index meanwhile. `close` writes the tables themselves.
CREATE TRIGGER report_line_is_added INSTEAD OF INSERT ON report_line
BEGIN
  INSERT INTO line_terms (period, incurred, kind, reversal, succeeded, lost, model, action,
    resolution, generation_resolution, ratio, unit, unit_price, currency)
  SELECT NEW.period, NEW.incurred, NEW.kind, NEW.reversal, NEW.succeeded, NEW.lost, NEW.model,
    NEW.action, NEW.resolution, NEW.generation_resolution, NEW.ratio, NEW.unit, NEW.unit_price,
    NEW.currency
  WHERE NOT EXISTS (SELECT 1 FROM line_terms AS t WHERE (t.period, t.incurred, t.kind, t.reversal,
    t.succeeded, t.lost, t.model, t.action, t.resolution, t.generation_resolution, t.ratio,
    t.unit, t.unit_price, t.currency) IS (NEW.period, NEW.incurred, NEW.kind, NEW.reversal,
    NEW.succeeded, NEW.lost, NEW.model, NEW.action, NEW.resolution, NEW.generation_resolution,
    NEW.ratio, NEW.unit, NEW.unit_price, NEW.currency));
  INSERT INTO line_amounts (terms, line_id, adjusts, duration_seconds, input_seconds,
    output_seconds, video_count, completion_tokens, total_tokens, super_resolution_tokens, units,
    credits, quota, quantity, cost, cost_note, resale_tiers)
  SELECT t.id, nullif(NEW.line_id, NEW.snapshot || '-' || (SELECT lower(hex(substr(s.raw_sha256,
    1, 6))) FROM snapshot AS s WHERE s.id = NEW.snapshot) || CASE NEW.kind WHEN 1 THEN '-sr' ELSE
    '' END), NEW.adjusts, NEW.duration_seconds, NEW.input_seconds, NEW.output_seconds,
    NEW.video_count, NEW.completion_tokens, NEW.total_tokens, NEW.super_resolution_tokens,
    NEW.units, NEW.credits, NEW.quota, NEW.quantity, NEW.cost, NEW.cost_note, NEW.resale_tiers
  FROM line_terms AS t WHERE (t.period, t.incurred, t.kind, t.reversal, t.succeeded, t.lost,
    t.model, t.action, t.resolution, t.generation_resolution, t.ratio, t.unit, t.unit_price,
    t.currency) IS (NEW.period, NEW.incurred, NEW.kind, NEW.reversal, NEW.succeeded, NEW.lost,
    NEW.model, NEW.action, NEW.resolution, NEW.generation_resolution, NEW.ratio, NEW.unit,
    NEW.unit_price, NEW.currency)
  AND NOT EXISTS (SELECT 1 FROM line_amounts AS a WHERE (a.terms, a.line_id, a.adjusts,
    a.duration_seconds, a.input_seconds, a.output_seconds, a.video_count, a.completion_tokens,
    a.total_tokens, a.super_resolution_tokens, a.units, a.credits, a.quota, a.quantity, a.cost,
    a.cost_note, a.resale_tiers) IS (t.id, nullif(NEW.line_id, NEW.snapshot || '-' || (SELECT
    lower(hex(substr(s.raw_sha256, 1, 6))) FROM snapshot AS s WHERE s.id = NEW.snapshot) || CASE
    NEW.kind WHEN 1 THEN '-sr' ELSE '' END), NEW.adjusts, NEW.duration_seconds, NEW.input_seconds,
    NEW.output_seconds, NEW.video_count, NEW.completion_tokens, NEW.total_tokens,
    NEW.super_resolution_tokens, NEW.units, NEW.credits, NEW.quota, NEW.quantity, NEW.cost,
    NEW.cost_note, NEW.resale_tiers))
  LIMIT 1;
  INSERT INTO line_labels (labels) SELECT NEW.labels WHERE NEW.labels IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM line_labels AS b WHERE b.labels = NEW.labels);
  INSERT INTO frozen_line (billed_at, id, task, snapshot, amounts, labels, submit_before,
    start_before, finish_before, upstream_end_before, request_id, fail_reason)
  SELECT NEW.billed_at, NEW.id, NEW.task, NEW.snapshot, a.id, (SELECT min(b.id) FROM line_labels
    AS b WHERE b.labels = NEW.labels), NEW.billed_at - NEW.submit_time, NEW.billed_at -
    NEW.start_time, NEW.billed_at - NEW.finish_time, NEW.billed_at - NEW.upstream_end_time,
    NEW.request_id, NEW.fail_reason
  FROM line_terms AS t CROSS JOIN line_amounts AS a WHERE (t.period, t.incurred, t.kind,
    t.reversal, t.succeeded, t.lost, t.model, t.action, t.resolution, t.generation_resolution,
    t.ratio, t.unit, t.unit_price, t.currency) IS (NEW.period, NEW.incurred, NEW.kind,
    NEW.reversal, NEW.succeeded, NEW.lost, NEW.model, NEW.action, NEW.resolution,
    NEW.generation_resolution, NEW.ratio, NEW.unit, NEW.unit_price, NEW.currency)
  AND (a.terms, a.line_id, a.adjusts, a.duration_seconds, a.input_seconds, a.output_seconds,
    a.video_count, a.completion_tokens, a.total_tokens, a.super_resolution_tokens, a.units,
    a.credits, a.quota, a.quantity, a.cost, a.cost_note, a.resale_tiers) IS (t.id, nullif(NEW.line_id,
    NEW.snapshot || '-' || (SELECT lower(hex(substr(s.raw_sha256, 1, 6))) FROM snapshot AS s WHERE
    s.id = NEW.snapshot) || CASE NEW.kind WHEN 1 THEN '-sr' ELSE '' END), NEW.adjusts,
    NEW.duration_seconds, NEW.input_seconds, NEW.output_seconds, NEW.video_count,
    NEW.completion_tokens, NEW.total_tokens, NEW.super_resolution_tokens, NEW.units, NEW.credits,
    NEW.quota, NEW.quantity, NEW.cost, NEW.cost_note, NEW.resale_tiers)
  LIMIT 1;
END;

CREATE TRIGGER report_line_is_kept INSTEAD OF DELETE ON report_line
BEGIN
  SELECT raise(ABORT, 'a line of a closed period is never deleted');
END;

CREATE TRIGGER report_line_is_fixed INSTEAD OF UPDATE ON report_line
BEGIN
  SELECT raise(ABORT, 'a line of a closed period is never changed');
END;
