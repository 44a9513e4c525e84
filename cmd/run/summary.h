// The result of a run: one summary, as text and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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

/// The failures of a run for the end of its summary: of each kind the reasons, each with the first
/// of its tasks by name and the number of all.
class FailureList {
 public:
  static constexpr std::size_t kReasonsMax = 20;  ///< of a kind
  static constexpr std::size_t kNamedMax = 3;     ///< of a reason

  void add(const core::Notice& notice);
  /// One line each, without a line feed; empty if nothing failed.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Reason {
    std::string text;
    std::vector<std::string> named;
    std::uint64_t count = 0;
  };
  struct Group {
    std::vector<Reason> reasons;
    std::uint64_t further = 0;  // of other reasons
    void add(const core::Notice& notice);
  };
  Group not_answered_;
  Group looks_finished_;
  Group video_failed_;
  Group video_expired_;
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
