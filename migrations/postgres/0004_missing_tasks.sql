-- What reports count beside their rows; unfinished tasks have their index.
CREATE INDEX task_missing ON task (id) WHERE state = 3;
