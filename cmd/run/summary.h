// The result of a run: one summary, as text and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "core/engine/run_plan.h"

namespace cmd {

/// All numbers of one run (docs/operating.md, "What a run reports"). The states are those of this
/// run's tasks at its end.
struct Summary {
  std::int64_t run_id = 0;
  ExitCode exit_code = ExitCode::ok;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_rejected = 0;
  std::uint64_t comments = 0;          ///< as in InputCounts
  std::uint64_t repeated_headers = 0;  ///< as in InputCounts
  std::uint64_t labels_differ = 0;     ///< label values that differ between list and ledger
  std::uint64_t duplicates = 0;
  std::uint64_t tasks = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t unfinished = 0;  ///< including stale ones
  std::uint64_t stale = 0;
  std::uint64_t missing = 0;
  std::uint64_t stale_left_out = 0;  ///< stale tasks that --pending skipped
  std::uint64_t videos_left = 0;     ///< to be downloaded by a later run
  std::uint64_t videos_untried = 0;  ///< of those, the ones that this run did not try
  core::RunTally tally;
  double seconds = 0;
};

/// One word for a notice of this kind, as JSON logs have it.
[[nodiscard]] std::string_view word_of(core::Notice::Kind kind);
/// The HTTP status that the text of a notice begins with or names ("HTTP 403"); 0: none.
[[nodiscard]] int http_status_in(std::string_view text);

/// The failures of a run for the end of its summary: of each kind the reasons, each with the first
/// of its tasks by name and the number of all.
class FailureList {
 public:
  static constexpr std::size_t kReasonsMax = 20;  ///< of a kind
  static constexpr std::size_t kNamedMax = 3;     ///< of a reason

  void add(const core::Notice& notice);
  struct Reason {
    std::string text;  ///< "*" where the failures differ in a number or an ID
    std::vector<std::string> named{};
    std::uint64_t count = 0;
    std::string shape{};  ///< see failure_reason.h
    /// "a, b, c and 9 more"
    [[nodiscard]] std::string names() const;
  };
  struct Group {
    core::Notice::Kind kind;
    std::vector<Reason> reasons{};
    std::uint64_t further = 0;  ///< of other reasons
    void add(const core::Notice& notice);
  };
  /// `what`: "not answered", "unrecognised", "not fetched" or "expired"; groups without a reason
  /// are left out.
  void each_group(
      const std::function<void(const std::string& what, const Group& group)>& visit) const;
  struct Line {
    std::string text;  ///< without a line feed
    core::Notice::Kind kind;
    int http_status = 0;  ///< 0: none
    std::uint64_t count = 0;
  };
  /// Empty if nothing failed.
  [[nodiscard]] std::vector<Line> lines() const;

 private:
  Group not_answered_{core::Notice::Kind::not_answered};
  Group looks_finished_{core::Notice::Kind::looks_finished};
  Group video_failed_{core::Notice::Kind::video_failed};
  Group video_expired_{core::Notice::Kind::video_expired};
};

/// What decides the exit code. By priority: 130 or 143, then 12, 2, 1, 3, 4 (operating.md, "Exit
/// codes").
struct ExitFacts {
  int signal = 0;
  core::RunResult result;
  bool videos_count = true;  ///< false with --no-download
  bool waits = false;        ///< --wait or --deadline was given
  bool input_cut = false;    ///< the run ended before the end of the inputs
};
[[nodiscard]] ExitCode exit_code(const ExitFacts& facts, const Summary& summary);

/// Lines without a line feed.
[[nodiscard]] std::vector<std::string> summary_text(const Summary& summary);
/// One JSON object, `"type":"summary"`.
[[nodiscard]] std::string summary_json(const Summary& summary);

}  // namespace cmd
