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
      work_(work),
      claims_(Connection::Later{}, work.url(), work.fence().terms().stop) {
  work_.listen({.lost = [this](std::exception_ptr lost) { fail(std::move(lost)); },
                .changed = [this] { wake_engine(); }});
}

PostgresLedger::~PostgresLedger() {
  work_.listen({});
  stop();
}

std::optional<core::CrewStanding> PostgresLedger::crew_standing() const {
  std::optional<core::CrewStanding> standing = QueuedLedger::crew_standing();
  if (standing) {
    const auto rate = work_.standing();
    standing->rate_share = rate ? rate->rate_share : std::nullopt;
    standing->slow_downs = rate ? rate->slow_downs : 0;
  }
  return standing;
}

void PostgresLedger::tell_slow_down() { work_.tell_slow_down(); }

bool PostgresLedger::claimed(const std::string& path) {
  work_.require_lease();
  const std::lock_guard lock(claims_mutex_);
  bool found = false;
  read_patiently(claims_, work_.fence().terms(), [&] {
    Rows row = claims_.query("SELECT 1 FROM video WHERE path = $1 LIMIT 1", Parameters().add(path));
    found = row.step();
  });
  return found;
}

}  // namespace storage
