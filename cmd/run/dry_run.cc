#include "cmd/run/dry_run.h"

#include <array>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/run/run_settings.h"
#include "core/clock.h"
#include "core/domain/lifecycle.h"
#include "core/input/id_set.h"
#include "core/ledger/ledger_reader.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"
#include "storage/sqlite/ledger_file.h"

namespace cmd {
namespace {

// Lists each ID once, in the order of `add`.
class IdList {
 public:
  using Wanted = std::function<bool(std::size_t account, const std::string& id)>;

  // `expected`: about how many IDs will come.
  IdList(std::size_t accounts, std::size_t expected, std::ostream& out) : out_(out) {
    for (std::size_t account = 0; account < accounts; ++account) {
      seen_.emplace_back(accounts == 1 ? expected : 0);
    }
  }

  // Calls `wanted` only for a new ID.
  void add(std::size_t account, const std::string& id, const Wanted& wanted) {
    Waiting& place = waiting_[next_];
    next_ = (next_ + 1) % waiting_.size();
    list(place, wanted);
    place.account = account;
    place.id = id;
    place.mark = seen_.at(account).prepare(id);
  }
  // To be called after the last ID.
  void finish(const Wanted& wanted) {
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      list(waiting_[(next_ + i) % waiting_.size()], wanted);
    }
  }

 private:
  // Look-up delayed by 16 IDs, so that the prefetched cache line has arrived (IdSet::prepare).
  struct Waiting {
    std::size_t account = 0;
    std::string id;  // empty: none
    core::IdSet::Fingerprint mark;
  };

  void list(Waiting& one, const Wanted& wanted) {
    if (!one.id.empty() && seen_.at(one.account).insert(one.mark) && wanted(one.account, one.id)) {
      out_ << (one.id += '\n');
    }
    one.id.clear();
  }

  std::deque<core::IdSet> seen_;  // by account
  std::ostream& out_;
  std::array<Waiting, 16> waiting_;
  std::size_t next_ = 0;
};

// About as many as the files have rows; what is no file is not counted.
std::size_t expected_ids(const std::vector<std::string>& names) {
  constexpr std::uintmax_t kRowBytes = 40;
  std::uintmax_t bytes = 0;
  for (const std::string& name : names) {
    std::error_code no_file;
    const std::uintmax_t size = std::filesystem::file_size(name, no_file);
    bytes += no_file ? 0 : size;
  }
  return static_cast<std::size_t>(bytes / kRowBytes);
}

}  // namespace

ExitCode dry_run(const Settings& settings, RunInputs& inputs, Log& log, std::ostream& out) {
  const std::string ledger = ledger_path(settings);
  std::unique_ptr<core::LedgerReader> reader;
  if (!storage::is_postgres_url(ledger)) {
    storage::require_ledger(ledger, !inputs.files().empty());
  }
  std::error_code unknown;
  if (storage::is_postgres_url(ledger) ||
      std::filesystem::status(ledger, unknown).type() != std::filesystem::file_type::not_found) {
    reader = storage::open_ledger_reader(ledger);
  }
  const core::ImportRules rules{
      .refresh = settings.flag("refresh"), .relabel = false, .on_disk = cmd::on_disk(settings)};
  const IdList::Wanted would_ask = [&](std::size_t account, const std::string& id) {
    return reader == nullptr || reader->would_ask(inputs.accounts().at(account).name, id, rules);
  };
  IdList ids(inputs.accounts().size(), expected_ids(inputs.files()), out);
  inputs.read([&](const core::WantedTask& task,
                  std::size_t account) { ids.add(account, task.id.text(), would_ask); },
              [](const core::RejectedRow&) { return false; });
  ids.finish(would_ask);
  if (settings.flag("pending") && reader != nullptr) {
    const IdList::Wanted always = [](std::size_t, const std::string&) { return true; };
    const core::UtcTime stale_before =
        core::stale_before(core::SystemClock().utc(), settings.duration("stale-after"));
    reader->each_pending(inputs.accounts().front().name, stale_before,
                         [&](const std::string& id) { ids.add(0, id, always); });
    ids.finish(always);
  }
  const InputCounts counts = inputs.counts();
  if (counts.comments + counts.repeated_headers > 0) {
    log.note("no rows: " + format_count(counts.comments, "comment line") + ", " +
             format_count(counts.repeated_headers, "repeated header"));
  }
  return counts.rows_rejected > 0 ? ExitCode::partly : ExitCode::ok;
}

}  // namespace cmd
