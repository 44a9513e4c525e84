-- When a video's present link was first refused; null: it never was. `denied` kept no moment: of what
-- it says, the run that heard it does.
ALTER TABLE video ADD COLUMN refused_at INTEGER;

UPDATE video SET refused_at = (SELECT r.started_at FROM run AS r WHERE r.id = video.settled_run)
WHERE denied <> 0;

ALTER TABLE video DROP COLUMN denied;
