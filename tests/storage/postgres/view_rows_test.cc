// Numbers of views look the same on both back ends.
#include "storage/postgres/view_rows.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <string>

namespace {

TEST(ViewNumbers, AreWrittenAsSqliteWritesThem) {
  SQLite::Database sqlite(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (const std::string number : {"0.5", "100.0", "0.1", "-7.25", "1e300", "1e-7", "1.5e20",
                                   "12345678901234567890.0", "123456.789012345678", "-0.0001"}) {
    EXPECT_EQ(storage::as_sqlite_writes(number),
              sqlite.execAndGet("SELECT CAST(" + number + " AS TEXT)").getString())
        << number;
  }
  EXPECT_EQ(storage::as_sqlite_writes("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(storage::as_sqlite_writes("7"), "7");
}

}  // namespace
