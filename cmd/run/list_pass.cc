#include "cmd/run/list_pass.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "cmd/cli/api_key.h"
#include "cmd/cli/units.h"
#include "core/error.h"

namespace cmd {
namespace {

// Queries and downloads wait for the list, and they can do without it.
constexpr std::int64_t kListRetriesMax = 1;
constexpr std::chrono::seconds kListRetryAfterMax{30};

// The answer to a query is recorded without them.
bool holds_secret(std::string_view entry, const std::array<std::string, 2>& secrets) {
  return std::any_of(secrets.begin(), secrets.end(), [entry](const std::string& secret) {
    return entry.find(secret) != std::string_view::npos;
  });
}

}  // namespace

ListPass::ListPass(const Settings& settings, Log& log, const core::Clock& clock,
                   const std::vector<Account>& accounts, std::function<bool()> stop)
    : settings_(settings),
      log_(log),
      clock_(clock),
      accounts_(accounts),
      patience_{.retries = std::min(settings.count("retries"), kListRetriesMax),
                .retry_after_max = kListRetryAfterMax,
                .stop = std::move(stop)} {}

void ListPass::run(core::Engine& engine, const std::vector<std::uint64_t>& tasks,
                   const std::function<void()>& turn) {
  int index = 0;
  for (const Account& account : accounts_) {
    left_ = tasks.at(static_cast<std::size_t>(index));
    if (left_ > 0 && !account.user_token_file.empty()) {
      try {
        read(account, index, engine, turn);
      } catch (const core::ListUnreadable& failure) {
        log_.warning(std::string(failure.what()) + "; its tasks are queried one by one");
      } catch (const core::Refused& failure) {
        log_.warning(std::string(failure.what()) + "; its tasks are queried one by one");
      } catch (const core::Stopped&) {
        return;  // the engine ends at once for the same reason
      }
    }
    ++index;
  }
}

void ListPass::read(const Account& account, int index, core::Engine& engine,
                    const std::function<void()>& turn) {
  core::UserApi api = user_api(account, settings_, patience_);
  pages_ = vain_ = 0;
  const auto count_requests = [&] {
    requests_in_vain_ += api.requests() - pages_;
    retries_ += api.retries();
  };
  try {
    read(api, account, index, engine, turn);
  } catch (...) {
    count_requests();
    throw;
  }
  count_requests();
}

void ListPass::read(core::UserApi& api, const Account& account, int index, core::Engine& engine,
                    const std::function<void()>& turn) {
  const std::array<std::string, 2> secrets{
      read_user_token(account, settings_.environment()).token.reveal(),
      read_api_key(account, settings_.environment()).reveal()};
  const core::UtcTime now = clock_.utc();
  // A fixed end: entries that come meanwhile do not shift the pages.
  const core::UserListQuery query{.from = now - settings_.duration("since"), .to = now};
  const std::uint64_t before = left_;
  api.each_page([&query](std::int64_t page) { return core::task_list_path(query, page); },
                [&](const core::UserListPage& page, std::string_view text) {
                  std::vector<core::ListedAnswer> answers;
                  for (core::ListedTaskText& one : core::listed_tasks(page, text)) {
                    if (!holds_secret(one.text, secrets)) {
                      answers.push_back({std::move(one.id), std::string(one.text)});
                    }
                  }
                  const std::uint64_t answered = engine.take_listed(index, std::move(answers));
                  left_ -= std::min(left_, answered);
                  ++pages_;
                  vain_ += answered == 0 ? 1U : 0U;
                  turn();
                  return is_worth_more(page);
                });
  log_.detail("the gateway's list of tasks: " + format_count(pages_, "page") + " answered " +
              format_count(before - left_, "task") + " of the account " + account.name);
}

// Whether the rest of the list is fewer requests than the tasks that are left. Pages in vain cost
// about a tenth of the requests that these need in any case.
bool ListPass::is_worth_more(const core::UserListPage& page) const {
  const std::uint64_t size = std::max<std::uint64_t>(page.page_size(), page.count());
  const std::uint64_t met = pages_ * size;
  const std::uint64_t rest = page.total() > met ? page.total() - met : 0;
  constexpr std::uint64_t kLeftForPageInVain = 10;
  return size > 0 && (rest + size - 1) / size < left_ && vain_ * kLeftForPageInVain <= left_;
}

}  // namespace cmd
