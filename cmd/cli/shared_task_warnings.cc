#include "cmd/cli/shared_task_warnings.h"

#include <string>

#include "cmd/cli/accounts.h"
#include "cmd/cli/base_url.h"
#include "cmd/cli/options.h"
#include "cmd/cli/settings.h"
#include "cmd/cli/units.h"
#include "core/error.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

struct StatedUrl {
  std::string url;
  std::string origin;
};

// A command that does not ask the gateway has no --base-url: only the tables of accounts tell it.
// `close` asks it for its log alone, so the tasks of its ledger may be of another one.
StatedUrl stated_url(const Settings& settings, const std::string& account) {
  if (settings.command() != Command::close &&
      find_option(settings.command(), "base-url") != nullptr) {
    const auto known = account_named(settings, account);
    return known ? StatedUrl{known->base_url, known->base_url_origin.text} : StatedUrl{};
  }
  const auto& accounts = settings.file().accounts;
  const auto table = accounts.find(account);
  return table == accounts.end()
             ? StatedUrl{}
             : StatedUrl{table->second.base_url,
                         file_origin(settings.file(), table->second.base_url_line).text};
}

// Empty if the settings do not define it.
std::string base_url_of(const Settings& settings, const std::string& account) {
  const StatedUrl stated = stated_url(settings, account);
  try {
    return stated.url.empty() ? "" : check_base_url(stated.url, true, stated.origin);
  } catch (const core::UsageError&) {
    return {};
  }
}

}  // namespace

void warn_of_shared_tasks(const Settings& settings, const std::string& ledger,
                          core::SharedTaskScope scope, const TellSharedTasks& tell) {
  for (const core::SharedTasks& shared :
       storage::open_billing_source(ledger)->shared_tasks(scope)) {
    const std::string url = base_url_of(settings, shared.account);
    const bool one_url = !url.empty() && url == base_url_of(settings, shared.other);
    const std::uint64_t tasks = one_url ? shared.tasks : shared.one_task;
    if (tasks > 0) {
      tell(format_count(tasks, "task ID") + " under both account " + shared.account + " and " +
               shared.other + ", for example " + shared.example + ": " +
               (one_url ? "one base URL" : "equal answers") +
               ", so they are the same tasks of one gateway, which reports charge once",
           "list the tasks under one account; if both accounts are to be charged, list them for "
           "both in a "
           "file with a column `account`");
    }
  }
}

}  // namespace cmd
