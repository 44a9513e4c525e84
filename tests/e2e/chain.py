"""The hash chains of a ledger, computed as docs/ledger.md ("Hashes") says, without the program."""
import hashlib

ZEROS = bytes(32)
SNAPSHOTS = ("SELECT s.id, s.task, s.run, s.observed_at, o.http_status, o.verdict, s.raw_bytes, lower(hex(s.raw_sha256)), "
             "s.usage_values FROM snapshot AS s JOIN outcome AS o ON o.id = s.outcome WHERE s.id > ? AND s.id <= ? ORDER BY s.id")


def links(database):
    """[(last snapshot, the hash that is stored, the hash that it must be)] of the chain of snapshots."""
    found, first, before = [], 0, ZEROS
    for last, stored in database.execute("SELECT last, sha256 FROM snapshot_link ORDER BY last").fetchall():
        made = ZEROS  # recorded before hashes were kept
        if found or stored != ZEROS:
            lines = ("|".join("" if value is None else str(value) for value in row) + "\n"
                     for row in database.execute(SNAPSHOTS, (first, last)))
            made = hashlib.sha256((before.hex() + "\n" + "".join(lines)).encode()).digest()
        found.append((last, stored, made))
        first, before = last, made
    return found


def make_anew(database):
    """Gives every snapshot the hash that it must have now, as somebody would who covers his tracks."""
    guard = database.execute("SELECT sql FROM sqlite_schema WHERE name = 'snapshot_link_is_fixed'").fetchone()[0]
    database.execute("DROP TRIGGER snapshot_link_is_fixed")
    for last, _, made in links(database):
        database.execute("UPDATE snapshot_link SET sha256 = ? WHERE last = ?", (made, last))
    database.execute(guard)


def head_of(statement):
    """The head behind a statement of a closed period."""
    return hashlib.sha256((statement + "\n").encode()).hexdigest()
