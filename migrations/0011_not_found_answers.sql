-- A task is missing when three runs in a row did not find it, and three answers said so, each ten
-- minutes or more after the one counted before. Until now the three runs were enough.
ALTER TABLE task ADD COLUMN not_found_answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN not_found_at INTEGER;  -- when the last of those answers came

-- What makes a task missing by the answers of this run. 0: three runs; 1: three answers as well.
ALTER TABLE run ADD COLUMN missing_rule INTEGER NOT NULL DEFAULT 0;

-- What is missing stays so. The answers that each task is still counted for are those since it was
-- last found (verdicts 0 to 3). One that is ten minutes or more older than the one counted before
-- it comes from after a clock was set back: it starts the count again.
WITH RECURSIVE
  heard (task, snapshot, observed_at) AS (
    SELECT s.task, s.id, s.observed_at
    FROM task AS t
    JOIN snapshot AS s ON s.task = t.id AND s.id > ifnull(
      (SELECT max(f.id) FROM snapshot AS f JOIN outcome AS o ON o.id = f.outcome
       WHERE f.task = t.id AND o.verdict BETWEEN 0 AND 3), 0)
    JOIN outcome AS o ON o.id = s.outcome
    WHERE t.not_found_runs > 0 AND o.verdict = 4
  ),
  counted (task, snapshot, observed_at, answers) AS (
    SELECT task, min(snapshot), observed_at, 1 FROM heard GROUP BY task
    UNION ALL
    SELECT c.task, s.id, s.observed_at,
      CASE WHEN s.observed_at > c.observed_at THEN c.answers + 1 ELSE 1 END
    FROM counted AS c
    JOIN snapshot AS s ON s.id =
      (SELECT min(n.id) FROM snapshot AS n JOIN outcome AS o ON o.id = n.outcome
       WHERE n.task = c.task AND n.id > c.snapshot AND o.verdict = 4
         AND abs(n.observed_at - c.observed_at) >= 600000)
  )
UPDATE task SET not_found_answers = last.answers, not_found_at = last.observed_at
FROM (SELECT task, max(snapshot), answers, observed_at FROM counted GROUP BY task) AS last
WHERE last.task = task.id;
