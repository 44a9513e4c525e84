// Corrections of a closed period: lines that reverse frozen lines, and the new lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing.h"
#include "core/clock.h"

namespace core {

/// A line with its own copy of the task.
struct OwnedLine {
  FinishedTask task;
  Charge charge;
  std::string adjusts{};
  bool reversal = false;
  std::int64_t incurred_in = 0;  ///< key of a closed period
  UtcTime incurred_at{};         ///< for a line of a closed period, or one that corrects it
  bool repriced = false;         ///< made only by other prices
  UtcTime reversed_at{};         ///< for a reversal: the time of the line that it reverses

  [[nodiscard]] ReportLine view() const {
    return {task, charge, adjusts, reversal, incurred_in, incurred_at, reversed_at};
  }
};

/// The reversal of `line`: negated counts and cost, its own ID, at the time `at`.
[[nodiscard]] OwnedLine reversal_of(const OwnedLine& line, UtcTime at);

/// Negates each count: "8" becomes "-8". A text that is not a number is in no sum, so it is
/// emptied.
void negate_counts(TaskFacts& facts);

/// The current state of a task.
struct TaskNow {
  const FinishedTask& task;
  const std::vector<Charge>& charges;  ///< unrounded, with the zone and prices of the closed period
};

/// Where the corrections of a closed period belong.
struct Correction {
  std::string closed_period;  ///< its name
  std::int64_t incurred_in = 0;
  UtcTime at{};           ///< the first instant of the next open period of the same length
  bool repriced = false;  ///< the prices are not those of the frozen lines
};

/// The note of a line that was made by other prices.
inline constexpr std::string_view kRepriced = "repriced";

/// The task to charge for: as it was frozen, if its final answer is still the same, whatever else
/// is known since. `billed_at` is the task's own time again, because it decides which day's prices
/// apply.
[[nodiscard]] FinishedTask charged_task(const std::vector<OwnedLine>& standing, FinishedTask now);

/// The lines that correct a closed period (design.md B5, B6). `standing`: the task's frozen lines
/// that no frozen line reverses, the main one first. If there are none, the task came late, and its
/// lines name the closed period. Returns no lines if the task's charges are the same as in its
/// frozen lines, even from another snapshot: labels, times and the format of a number need no
/// correction. If other prices apply, each line is corrected whose cost or place in a ladder
/// changes, with the note "repriced".
[[nodiscard]] std::vector<OwnedLine> adjustments_of(const std::vector<OwnedLine>& standing,
                                                    const TaskNow& now,
                                                    const Correction& correction);

}  // namespace core
