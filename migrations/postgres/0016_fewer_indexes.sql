-- A ledger in a file has lost this index.
COMMENT ON INDEX snapshot_by_block IS 'db prune works on some blocks at a time';
