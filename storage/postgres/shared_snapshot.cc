#include "storage/postgres/shared_snapshot.h"

#include "storage/statements/dialect.h"

namespace storage {

SharedSnapshot::SharedSnapshot(const LedgerUrl& url) : url_(url), holder_(url) {
  Rows exported = holder_.connection.query("SELECT pg_export_snapshot()");
  static_cast<void>(exported.step());
  name_ = exported.text(0);
}

std::unique_ptr<SharedSnapshot::Member> SharedSnapshot::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Member> member = std::move(idle_.back());
      idle_.pop_back();
      return member;
    }
  }
  auto member = std::make_unique<Member>(url_);
  // Compiling a report's statement costs more than it saves.
  member->connection.run_script("SET TRANSACTION SNAPSHOT '" + name_ + "'; SET LOCAL jit = off");
  return member;
}

void SharedSnapshot::give_back(std::unique_ptr<Member> member) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(member));
}

SnapshotCursor& SnapshotCursor::operator=(SnapshotCursor&& other) noexcept {
  if (this != &other) {
    end();
    snapshot_ = other.snapshot_;
    sql_ = std::move(other.sql_);
    values_ = std::move(other.values_);
    member_ = std::move(other.member_);
    rows_ = std::move(other.rows_);
    ended_ = other.ended_;
  }
  return *this;
}

bool SnapshotCursor::step() {
  if (ended_) {
    return false;
  }
  if (!rows_) {
    member_ = snapshot_->borrow();
    Parameters values;
    for (const std::int64_t value : values_) {
      values.add(value);
    }
    rows_ = std::make_unique<Rows>(
        member_->connection.query(sql_, values, {.fetch = Connection::Fetch::streaming}));
  }
  if (rows_->step()) {
    return true;
  }
  ended_ = true;
  rows_.reset();
  snapshot_->give_back(std::move(member_));
  return false;
}

void SnapshotCursor::restart(std::initializer_list<std::int64_t> values) {
  end();
  ended_ = false;
  values_ = values;
}

// Of a statement that looks one row up, its end comes next. One that has more rows is cut off with
// its connection: the server would send them all.
void SnapshotCursor::end() noexcept {
  if (!rows_) {
    return;
  }
  try {
    if (!rows_->step()) {
      rows_.reset();
      snapshot_->give_back(std::move(member_));
    }
  } catch (const std::exception&) {  // its rows are not wanted any more
  }
  rows_.reset();
  member_.reset();
  ended_ = true;
}

SnapshotCursor SnapshotRows::select(std::string_view text,
                                    std::initializer_list<std::int64_t> values) {
  return {*snapshot_, in_dialect(text, Dialect::postgres), values};
}

}  // namespace storage
