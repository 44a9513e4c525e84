// Compares our tasks of a period with the gateway's own log (gateway.md G11, G13; design.md B13).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/domain/log_row.h"
#include "core/domain/money.h"
#include "core/files/text_sorter.h"

namespace core {

/// A line of ours about a task, in the period or near it.
struct BookedTask {
  enum class State { succeeded, failed, unfinished, missing };
  std::string task_id;
  std::string request_id;  ///< empty: unknown, so that its charge cannot be found
  State state = State::succeeded;
  std::optional<Decimal> quota;  ///< what we have for it; a failure costs nothing
  bool takes_back = false;       ///< reverses a line without a quota
  bool keeps_quota = false;      ///< a failure whose answer still shows a quota
  bool in_period = false;
};

/// Amounts in the gateway's quota. Takes about the same memory for any number of rows. One thread.
class GatewayBooks {
 public:
  enum class Result {
    different,
    only_ours,           ///< the log has no row about it
    only_theirs,         ///< our ledger has no such task
    unfinished,          ///< charged, and not finished in our ledger
    unrefunded_failure,  ///< failed, and the charge was not given back
    other_period,        ///< both agree, but not on the period
  };
  struct Difference {
    Result result = Result::different;
    std::string task_id;     ///< empty: the log names only the request
    std::string request_id;  ///< only if the task is not known
    std::optional<Decimal> ours;
    std::optional<Decimal> theirs;
  };
  using Visit = std::function<void(const Difference&)>;

  /// Each task that either side has in the period counts once.
  struct Counts {
    std::uint64_t matched = 0;
    std::uint64_t different = 0;
    std::uint64_t only_ours = 0;
    std::uint64_t only_theirs = 0;
    std::uint64_t unfinished = 0;
    std::uint64_t unrefunded_failures = 0;
    std::uint64_t other_period = 0;
    /// Failures that the log gives back although their answers still show a quota: a habit of the
    /// gateway's build.
    std::uint64_t kept_quota = 0;
    /// Tasks without a request ID and without another row that names them: only their sum can be
    /// compared, with that of the charges that belong to no known request.
    std::uint64_t unjoined = 0;
    Decimal unjoined_ours;
    Decimal unjoined_theirs;
    Decimal ours;         ///< of our tasks in the period
    Decimal theirs;       ///< of the log's rows about tasks in the period
    Decimal other_usage;  ///< of its rows about anything else in the period
    std::uint64_t other_rows = 0;
    Decimal key_net;  ///< of all rows, in the period or near it, of one key
  };

  /// Texts contain no NUL. Throw core::Error if rows that do not fit into memory cannot be written.
  void add_ours(const BookedTask& task);
  /// A row that comes again, because pages moved, counts once. `of_key`: counts in key_net.
  void add_theirs(const LogRow& row, bool in_period, bool of_key);

  /// Visits what does not match, requests before tasks, each by its ID, and forgets everything.
  /// Throws core::Error as above, and what `visit` throws.
  Counts compare(const Visit& visit);

 private:
  void join_requests(const Visit& visit, Counts& counts);
  void take_unknown_request(std::string_view request_id, std::string_view text, const Visit& visit,
                            Counts& counts);

  TextSorter requests_{"the gateway's log by request"};
  TextSorter tasks_{"the gateway's log by task"};
  std::uint64_t without_request_ = 0;  // tasks of ours
  std::uint64_t nameless_ = 0;         // rows of theirs
};

/// "only_ours" …
[[nodiscard]] const char* name(GatewayBooks::Result result);

}  // namespace core
