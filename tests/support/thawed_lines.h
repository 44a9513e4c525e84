// Changes to the lines of closed periods, as somebody makes them who covers his tracks.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

namespace support {

/// From here on UPDATE and DELETE on the view report_line change the tables behind it, as far as
/// this connection is concerned.
inline void thaw_lines(SQLite::Database& database) {
  const std::string columns =
      database.execAndGet("SELECT group_concat(name) FROM pragma_table_info('report_line')")
          .getString();
  const std::string values =
      database
          .execAndGet("SELECT group_concat('NEW.' || name) FROM pragma_table_info('report_line')")
          .getString();
  const std::string remove =
      "DELETE FROM frozen_line WHERE billed_at = OLD.billed_at AND id = OLD.id; ";
  database.exec(
      "DROP TRIGGER report_line_is_fixed; DROP TRIGGER report_line_is_kept; "
      "DROP TRIGGER frozen_line_is_kept; "
      "CREATE TEMP TRIGGER deleted INSTEAD OF DELETE ON main.report_line BEGIN " +
      remove + "END; CREATE TEMP TRIGGER updated INSTEAD OF UPDATE ON main.report_line BEGIN " +
      remove + "INSERT INTO report_line (" + columns + ") VALUES (" + values + "); END");
}

}  // namespace support
