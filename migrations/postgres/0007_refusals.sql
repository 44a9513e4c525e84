-- When a video's present link was first refused; null: it never was. `denied` kept no moment: of what
-- it says, the run that heard it does.
ALTER TABLE video ADD COLUMN refused_at bigint;

ALTER TABLE video DROP COLUMN denied;
