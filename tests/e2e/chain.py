"""The hash chains of a ledger, computed as docs/ledger.md ("Hashes") says, without the program."""
import hashlib

ZEROS = bytes(32)
ADDED = "report_line_is_added"  # lines into the tables behind the view
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


def thaw_lines(database):
    """UPDATE and DELETE on the view report_line change the tables behind it, whose guards are gone."""
    columns = [row[1] for row in database.execute("PRAGMA table_info(report_line)")]
    remove = "DELETE FROM frozen_line WHERE billed_at = OLD.billed_at AND id = OLD.id;"
    database.execute(f"CREATE TEMP TRIGGER deleted INSTEAD OF DELETE ON main.report_line BEGIN {remove} END")
    database.execute(f"CREATE TEMP TRIGGER updated INSTEAD OF UPDATE ON main.report_line BEGIN {remove} INSERT INTO report_line "
                     f"({', '.join(columns)}) VALUES ({', '.join('NEW.' + column for column in columns)}); END")


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
