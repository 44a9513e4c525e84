#include "storage/sqlite/rejection_memory.h"

#include "core/input/task_list.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/statement.h"
#include "storage/sqlite/transaction.h"

namespace storage {
namespace {

constexpr std::int64_t kRowsMax = 50'000;  // for all sources together

std::int64_t key_of(const std::string& source) {
  return static_cast<std::int64_t>(core::rejection_mark(source, "", ""));
}

}  // namespace

RejectionMemory::Marks RejectionMemory::told_of(std::int64_t source) const {
  const auto database = open_for_reading(ledger_);
  return with_ledger_errors(ledger_, "read", [&] {
    Marks marks;
    Statement rows(*database, "SELECT mark FROM told_rejection WHERE source = ?");
    rows.bind(1, source);
    while (rows.step()) {
      marks.insert(rows.integer(0));
    }
    return marks;
  });
}

bool RejectionMemory::add(const std::string& source, std::uint64_t mark) {
  const std::int64_t key = key_of(source);
  auto told = told_.find(key);
  if (told == told_.end()) {
    told = told_.emplace(key, told_of(key)).first;
  }
  const auto signed_mark = static_cast<std::int64_t>(mark);
  if (Marks& met = met_[key]; met.size() < kRowsOfSourceMax) {
    met.insert(signed_mark);
  }
  return told->second.contains(signed_mark);
}

void RejectionMemory::keep(const std::vector<std::string>& sources, std::int64_t run,
                           bool complete) {
  std::map<std::int64_t, Marks> changed;
  for (const std::string& source : sources) {
    const std::int64_t key = key_of(source);
    const auto told = told_.find(key);
    const Marks before = told == told_.end() ? told_of(key) : told->second;
    if (met_[key] != before) {
      changed[key] = met_[key];
    }
  }
  if (changed.empty()) {
    return;
  }
  const auto database = open_for_writing(ledger_);
  with_ledger_errors(ledger_, "write to", [&] {
    Transaction transaction(*database, Transaction::Kind::writing);
    Statement drop(*database, "DELETE FROM told_rejection WHERE source = ?");
    Statement add(*database,
                  "INSERT OR REPLACE INTO told_rejection (source, mark, run) VALUES (?, ?, ?)");
    for (const auto& [source, marks] : changed) {
      if (complete) {
        drop.bind(1, source);
        drop.run();
      }
      for (const std::int64_t mark : marks) {
        add.bind(1, source);
        add.bind(2, mark);
        add.bind(3, run);
        add.run();
      }
    }
    Statement others(*database,
                     "DELETE FROM told_rejection WHERE run <> ?1 AND "
                     "(SELECT count(*) FROM told_rejection) > ?2");
    others.bind(1, run);
    others.bind(2, kRowsMax);
    others.run();
    transaction.commit();
  });
}

}  // namespace storage
