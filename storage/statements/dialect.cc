#include "storage/statements/dialect.h"

#include <cassert>

namespace storage {
namespace {

constexpr std::string_view kBy = "by ";

// SQLite's words for a mark between braces.
std::string hint(std::string_view mark) {
  if (mark == "then") {
    return "CROSS JOIN";
  }
  if (mark == "scan") {
    return "NOT INDEXED";
  }
  if (mark == "stored") {
    return "stored_";
  }
  assert(mark.substr(0, kBy.size()) == kBy);
  return "INDEXED BY " + std::string(mark.substr(kBy.size()));
}

}  // namespace

std::string in_dialect(std::string_view text, Dialect dialect) {
  const bool sqlite = dialect == Dialect::sqlite;
  std::string sql;
  sql.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '$') {
      sql += sqlite ? '?' : '$';
    } else if (text[at] == '{') {
      const std::size_t end = text.find('}', at);
      assert(end != std::string_view::npos);
      const std::string_view mark = text.substr(at + 1, end - at - 1);
      if (sqlite) {
        sql += hint(mark);
      } else if (mark == "then") {
        sql += "JOIN";
      }
      at = end;
    } else {
      sql += text[at];
    }
  }
  return sql;
}

}  // namespace storage
