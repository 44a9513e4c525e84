-- A run reads its open work in order, a page at a time, whatever the server believes of the table: a
-- page must not cost a look at all that is open.
DROP INDEX work_open;
CREATE INDEX work_open ON work (run, task) WHERE settled = 0;
