#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/report.h"
#include "core/error.h"
#include "core/text/ascii.h"
#include "storage/open_ledger.h"
#include "storage/sqlite/check/ledger_check.h"
#include "storage/sqlite/maintenance.h"
#include "storage/statements/ledger_tables.h"
#include "tests/support/input_failures.h"
#include "tests/support/temp_dir.h"

namespace support {
namespace {

// A ledger with a month that is closed, as runs, reports and `close` have left it.
const std::string& good_ledger() {
  static const std::string kBytes = [] {
    const TempDir folder;
    const std::string path = folder.path("ledger.db");
    SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec(read_file(TEST_DATA "/ledgers/v15.sql"));
    (void)storage::migrate_ledger(path, core::UtcTime(std::chrono::hours(500'000)), false);
    (void)storage::settle_ledger(path);
    return read_file(path);
  }();
  return kBytes;
}

// Reads an edit's line word by word.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view next() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
    return word;
  }
  /// 0 for anything else than a number.
  std::size_t number() {
    const std::string_view word = next();
    std::size_t value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return value;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

void bind_value(SQLite::Statement& statement, std::string_view value) {
  const std::string_view content = value.substr(value.empty() ? 0 : 1);
  if (value.starts_with('i')) {
    std::int64_t number = 0;
    std::from_chars(content.data(), content.data() + content.size(), number);
    statement.bind(1, number);
  } else if (value.starts_with('t')) {
    statement.bind(1, std::string(content));
  } else if (value.starts_with('x')) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < content.size(); i += 2) {
      bytes += static_cast<char>(std::max(core::hex_digit(content[i]), 0) * 16 +
                                 std::max(core::hex_digit(content[i + 1]), 0));
    }
    statement.bind(1, bytes.data(), static_cast<int>(bytes.size()));
  } else {
    statement.bind(1);
  }
}

// What no constraint or trigger of the schema would let pass, except a type that SQLite enforces.
void change_cell(const std::string& path, Words& words) {
  const auto& tables = storage::ledger_tables();
  const storage::LedgerTable& table = tables[words.number() % tables.size()];
  const std::string& column = table.columns[words.number() % table.columns.size()].name;
  const std::size_t row = words.number();
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec(
      "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;"
      "PRAGMA ignore_check_constraints = ON; BEGIN");
  std::vector<std::string> triggers;
  SQLite::Statement made(database, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
  std::string drop;
  while (made.executeStep()) {
    drop += "DROP TRIGGER " + made.getColumn(0).getString() + ";";
    triggers.push_back(made.getColumn(1).getString());
  }
  made.reset();
  database.exec(drop);
  const std::string count = "(SELECT count(*) FROM " + table.name + ")";
  SQLite::Statement change(database, "UPDATE OR IGNORE " + table.name + " SET " + column +
                                         " = ? WHERE (" + table.columns.front().name +
                                         ") IN (SELECT " + table.columns.front().name + " FROM " +
                                         table.name + " LIMIT 1 OFFSET " + std::to_string(row) +
                                         " % max(1, " + count + "))");
  bind_value(change, words.rest());
  change.exec();
  for (const std::string& trigger : triggers) {
    database.exec(trigger);
  }
  database.exec("COMMIT");
}

void change_byte(std::string& ledger, Words& words) {
  const std::size_t at = words.number();
  ledger[at % ledger.size()] = static_cast<char>(words.number());
}

void write_ledger(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  for (const char* beside : {"-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path + beside);
  }
}

// All edits, or those before one that SQLite refuses.
void damage(const std::string& path, std::string_view edits) {
  constexpr int kEditsMax = 16;
  write_ledger(path, good_ledger());
  for (int edit = 0; edit < kEditsMax && !edits.empty(); ++edit) {
    const std::string_view line = edits.substr(0, edits.find('\n'));
    edits.remove_prefix(std::min(line.size() + 1, edits.size()));
    Words words(line);
    const std::string_view kind = words.next();
    if (kind == "s") {
      try {
        change_cell(path, words);
      } catch (const SQLite::Exception&) {
        return;
      }
      continue;
    }
    std::string bytes = read_file(path);
    if (kind == "b" && !bytes.empty()) {
      change_byte(bytes, words);
    } else if (kind == "t") {
      bytes.resize(words.number() % (bytes.size() + 1));
    }
    write_ledger(path, bytes);
  }
}

void read_everything(const std::string& path) {
  const auto reader = storage::open_ledger_reader(path);
  const core::UtcTime now{std::chrono::hours(500'000)};
  (void)reader->totals(now);
  (void)reader->last_runs(100);
  (void)reader->run(1);
  for (const char* id : {"failed", "gone", "happy", "kling", "odd", "running", "sora", "billed"}) {
    (void)reader->task("default", std::get<core::TaskId>(core::TaskId::parse(id)));
  }
  for (std::int64_t snapshot = 1; snapshot <= 18; ++snapshot) {
    (void)reader->answer_of(snapshot, "");
  }
  std::vector<core::SavedVideo> videos;
  reader->each_saved_video([&](core::SavedVideo&& video) { videos.push_back(std::move(video)); });
  reader->describe(videos, [](const core::SavedVideo&, core::SavedVideoFacts&&) {});
  reader->each_pending("default", core::UtcTime(), [](const std::string&) {});
}

void report_everything(const std::string& path) {
  cmd::Log log({.level = cmd::LogLevel::error, .fd = -1});
  for (const char* format : {"csv", "json"}) {
    for (const auto& [period, from, to] :
         {std::array{"2026-10", "", ""}, std::array{"", "1970-01-01", "2100-01-01"}}) {
      cmd::ReportOptions options{.ledger = path, .period = period, .from = from, .to = to};
      options.format = format;
      std::ostringstream out;
      (void)cmd::write_report(options, log, out);
    }
  }
}

// A ledger may be refused, with a reason; nothing else may happen.
template <typename Action>
std::string refusal_failure(const char* what, Action action) {
  try {
    action();
    return {};
  } catch (const core::Error& refusal) {
    return std::string_view(refusal.what()).empty() ? "refused without a word" : std::string();
  } catch (const core::UsageError&) {
    return {};
  } catch (const std::exception& failure) {
    return std::string(what) + ": an exception: " + failure.what();
  }
}

}  // namespace

std::string ledger_failure(std::string_view bytes) {
  static const bool kMemory = std::filesystem::is_directory("/dev/shm");
  static const TempDir kFolder(kMemory ? "/dev/shm" : std::filesystem::temp_directory_path());
  const std::string path = kFolder.path("ledger.db");
  damage(path, bytes);
  const std::string before = read_file(path);
  for (const std::string& failure :
       {refusal_failure("check", [&] { (void)storage::check_ledger(path, "0.1.0"); }),
        refusal_failure("read", [&] { read_everything(path); }),
        refusal_failure("report", [&] { report_everything(path); })}) {
    if (!failure.empty()) {
      return failure;
    }
  }
  return read_file(path) == before ? "" : "a ledger that was only read is another one";
}

}  // namespace support
