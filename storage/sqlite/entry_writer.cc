#include "storage/sqlite/entry_writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "storage/answers/entry_change.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"
#include "storage/statements/standing_columns.h"

namespace storage {

std::vector<core::Unrecorded> EntryWriter::write(std::span<core::Entry> entries) {
  return write_together(entries) ? std::vector<core::Unrecorded>() : write_apart(entries);
}

// Whether the current exception concerns only one entry, and not the file, the disk or another
// writer, which concern the whole run.
bool EntryWriter::is_failure_of_one_entry() {
  try {
    throw;
  } catch (const SQLite::Exception& failure) {
    switch (failure.getExtendedErrorCode()) {
      case SQLITE_TOOBIG:
      case SQLITE_MISMATCH:
      case SQLITE_CONSTRAINT_CHECK:
      case SQLITE_CONSTRAINT_NOTNULL:
      case SQLITE_CONSTRAINT_TRIGGER:
        return true;
      default:
        return false;
    }
  } catch (...) {
    return sqlite3_get_autocommit(database_.getHandle()) == 0;  // else SQLite rolled back
  }
}

// False if one of the entries cannot be recorded: then none is.
bool EntryWriter::write_together(std::span<core::Entry> entries) {
  const AnswerStore::Mark before = answers_.mark();
  Transaction transaction(database_, Transaction::Kind::writing);
  try {
    answers_.write(entries, runs_.number());
  } catch (...) {
    answers_.go_back_to(before);
    if (is_failure_of_one_entry()) {
      return false;
    }
    throw;
  }
  try {
    answers_.write_link();
    transaction.commit();
  } catch (...) {
    answers_.go_back_to(before);
    throw;
  }
  return true;
}

// Slower, and each answer gets its own block.
std::vector<core::Unrecorded> EntryWriter::write_apart(std::span<core::Entry> entries) {
  const AnswerStore::Mark before = answers_.mark();
  std::vector<core::Unrecorded> unrecorded;
  try {
    Transaction transaction(database_, Transaction::Kind::writing);
    for (core::Entry& entry : entries) {
      if (const auto why = write_alone(entry)) {
        write_instead(entry, *why,
                      {.standing = [this](core::TaskKey task) { return standing(task); },
                       .try_to_write = [this](const core::Entry& one) { return !write_alone(one); },
                       .write =
                           [this](const core::Entry& one) {
                             answers_.write({&one, 1}, runs_.number());
                           }});
        unrecorded.push_back(named(std::move(entry), *why));
      }
    }
    answers_.write_link();
    transaction.commit();
  } catch (...) {
    answers_.go_back_to(before);
    throw;
  }
  return unrecorded;
}

// Returns why the entry cannot be recorded; none if it is recorded.
std::optional<std::string> EntryWriter::write_alone(const core::Entry& entry) {
  const AnswerStore::Mark before = answers_.mark();
  Savepoint part(database_);
  try {
    answers_.write({&entry, 1}, runs_.number());
  } catch (const std::exception& failure) {
    answers_.go_back_to(before);
    if (!is_failure_of_one_entry()) {
      throw;
    }
    return failure.what();
  }
  part.keep();
  return std::nullopt;
}

core::TaskStanding EntryWriter::standing(core::TaskKey key) {
  Statement task(database_, ("SELECT " + kStandingColumns + " FROM task WHERE id = ?").c_str());
  task.bind(1, key);
  return task.step() ? standing_of(task, 0) : core::TaskStanding{};
}

core::Unrecorded EntryWriter::named(core::Entry&& entry, const std::string& why) {
  Statement task(database_, "SELECT account, task_id FROM task WHERE id = ?");
  task.bind(1, std::visit([](const auto& one) { return one.task; }, entry));
  core::Unrecorded unrecorded{.entry = std::move(entry), .why = why};
  if (task.step()) {
    const std::vector<std::int64_t>& accounts = runs_.accounts();
    const auto account = std::find(accounts.begin(), accounts.end(), task.integer(0));
    unrecorded.account = static_cast<int>(account - accounts.begin());
    unrecorded.task_id = task.text(1);
  }
  return unrecorded;
}

}  // namespace storage
