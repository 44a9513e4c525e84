#include "cmd/run/list_pass.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "cmd/cli/api_key.h"
#include "cmd/cli/units.h"
#include "core/error.h"

namespace cmd {
namespace {

// Queries and downloads wait for the list, and they can do without it.
constexpr std::int64_t kListRetriesMax = 1;
constexpr std::chrono::seconds kListRetryAfterMax{30};

// Enough to read on while answers are recorded and committed.
constexpr std::uint64_t kPagesAheadMax = 4;

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
  std::stop_source over;
  ListPatience patience = patience_;
  patience.stop = [token = over.get_token(), stop = patience_.stop] {
    return token.stop_requested() || stop();
  };
  core::UserApi api = user_api(account, settings_, patience);
  pages_ = vain_ = 0;
  const auto count_requests = [&] {
    requests_in_vain_ += api.requests() - pages_;
    retries_ += api.retries();
  };
  const std::uint64_t before = left_;
  // A fixed end: entries that come meanwhile do not shift the pages.
  const core::UtcTime now = clock_.utc();
  try {
    take_pages({.api = api,
                .over = std::move(over),
                .query = {.from = now - settings_.duration("since"), .to = now},
                .secrets = {read_user_token(account, settings_.environment()).token.reveal(),
                            read_api_key(account, settings_.environment()).reveal()}},
               [&](std::vector<core::ListedAnswer>&& answers) {
                 const std::uint64_t answered = engine.take_listed(index, std::move(answers));
                 turn();
                 return answered;
               });
  } catch (...) {
    count_requests();
    throw;
  }
  count_requests();
  log_.detail("the gateway's list of tasks: " + format_count(pages_, "page") + " answered " +
              format_count(before - left_, "task") + " of the account " + account.name);
}

void ListPass::take_pages(
    ListedPages::Source source,
    const std::function<std::uint64_t(std::vector<core::ListedAnswer>&&)>& record) {
  ListedPages pages(std::move(source));
  pages.ask();
  while (pages.ahead() > 0) {
    std::optional<ListedPage> page = pages.take();
    if (!page) {
      break;
    }
    const std::uint64_t answered = record(std::move(page->answers));
    left_ -= std::min(left_, answered);
    ++pages_;
    vain_ += answered == 0 ? 1U : 0U;
    while (pages.ahead() < kPagesAheadMax && is_worth_more(*page, pages.ahead())) {
      pages.ask();
    }
  }
}

// Whether the rest of the list is fewer requests than the tasks that are left, whatever the pages
// that are asked for already answer: all of their entries, or none. Pages in vain cost about a
// tenth of the requests that these tasks need in any case.
bool ListPass::is_worth_more(const ListedPage& page, std::uint64_t ahead) const {
  const std::uint64_t met = (pages_ + ahead) * page.size;
  const std::uint64_t rest = page.total > met ? page.total - met : 0;
  const std::uint64_t left = left_ - std::min(left_, ahead * page.size);
  constexpr std::uint64_t kLeftForPageInVain = 10;
  return page.size > 0 && (rest + page.size - 1) / page.size < left &&
         (vain_ + ahead) * kLeftForPageInVain <= left;
}

}  // namespace cmd
