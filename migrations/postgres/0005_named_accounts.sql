-- Whether a list named the task's account in a column of its own. One ID under two accounts is one
-- task of one gateway, charged once, unless a list said of both that they are meant.
ALTER TABLE task ADD COLUMN account_named bigint NOT NULL DEFAULT 0;
