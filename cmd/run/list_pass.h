// The first step of `run --by-list`: answers from the gateway's lists of tasks, a hundred with each
// request.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "cmd/cli/accounts.h"
#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/gateway_lists.h"
#include "cmd/run/listed_pages.h"
#include "core/clock.h"
#include "core/engine/engine.h"

namespace cmd {

/// The main thread.
class ListPass {
 public:
  /// The tokens of `accounts` were checked (RunInputs). `log` and `clock` must outlive this object.
  ListPass(const Settings& settings, Log& log, const core::Clock& clock,
           const std::vector<Account>& accounts, std::function<bool()> stop);

  /// Reads the list of each account that has a user access token, as long as its next pages are
  /// fewer than the account's tasks that still have no answer, of `tasks`, and until those of its
  /// pages that answered none are more than a tenth of these. `turn` is called after each page. A
  /// list that cannot be read is told as a warning. Throws what the engine throws.
  void run(core::Engine& engine, const std::vector<std::uint64_t>& tasks,
           const std::function<void()>& turn);
  /// Requests that brought no page, which the engine does not know of, and how many requests were
  /// sent again.
  [[nodiscard]] std::uint64_t requests_in_vain() const { return requests_in_vain_; }
  [[nodiscard]] std::uint64_t retries() const { return retries_; }

 private:
  void read(const Account& account, int index, core::Engine& engine,
            const std::function<void()>& turn);
  void take_pages(ListedPages::Source source,
                  const std::function<std::uint64_t(std::vector<core::ListedAnswer>&&)>& record);
  [[nodiscard]] bool is_worth_more(const ListedPage& page, std::uint64_t ahead) const;

  const Settings& settings_;
  Log& log_;
  const core::Clock& clock_;
  std::vector<Account> accounts_;
  ListPatience patience_;
  std::uint64_t requests_in_vain_ = 0;
  std::uint64_t retries_ = 0;
  // Of the list in progress:
  std::uint64_t left_ = 0;   // tasks without an answer
  std::uint64_t pages_ = 0;  // read
  std::uint64_t vain_ = 0;   // of those, without an answer to any task
};

}  // namespace cmd
