#include "storage/postgres/postgres_ledger.h"

#include <memory>
#include <utility>

#include "storage/postgres/server_pages.h"

namespace storage {

PostgresLedger::PostgresLedger(PostgresWorkList& work, std::function<void()> wake)
    : QueuedLedger(
          std::make_unique<ServerPages>(work.url(), work.fence(), work.account_rows(),
                                        work.recent_links()),
          [&work](std::span<core::Entry> entries) { return work.write(entries); }, std::move(wake)),
      work_(work) {
  work_.on_lost([this](std::exception_ptr lost) { fail(std::move(lost)); });
}

PostgresLedger::~PostgresLedger() {
  work_.on_lost({});
  stop();
}

bool PostgresLedger::claimed(const std::string& path) {
  work_.require_lease();
  const std::lock_guard lock(claims_mutex_);
  if (!claims_) {
    claims_.emplace(work_.url());
  }
  bool found = false;
  read_patiently(*claims_, work_.fence().terms(), [&] {
    Rows row =
        claims_->query("SELECT 1 FROM video WHERE path = $1 LIMIT 1", Parameters().add(path));
    found = row.step();
  });
  return found;
}

}  // namespace storage
