-- Only `prune` read it, which reads all answers anyway; each answer paid for it.
DROP INDEX snapshot_by_block;
