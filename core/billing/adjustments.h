// What became known about a task after its lines were frozen in a closed period: lines that take
// the frozen ones back, and new ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing.h"
#include "core/clock.h"

namespace core {

/// A line that owns what it says.
struct OwnedLine {
  FinishedTask task;
  Charge charge;
  std::string adjusts{};
  bool reversal = false;
  std::int64_t incurred_in = 0;  ///< key of a closed period
  UtcTime incurred_at{};         ///< of a line of a closed period, and of one that corrects it
  bool repriced = false;         ///< other prices alone made it

  [[nodiscard]] ReportLine view() const {
    return {task, charge, adjusts, reversal, incurred_in, incurred_at};
  }
};

/// The line that takes `line` back: its negated counts and cost, under its own ID, at `at`.
[[nodiscard]] OwnedLine reversal_of(const OwnedLine& line, UtcTime at);

/// A task by now.
struct TaskNow {
  const FinishedTask& task;
  const std::vector<Charge>& charges;  ///< unrounded, by zone and prices of the closed period
};

/// Where lines belong that correct a closed period.
struct Correction {
  std::string closed_period;  ///< its name
  std::int64_t incurred_in = 0;
  UtcTime at{};           ///< the first instant of the next open period of the same length
  bool repriced = false;  ///< prices rule that the frozen lines do not know
};

/// What the notes of lines say that other prices made.
inline constexpr std::string_view kRepriced = "repriced";

/// The task that is charged for: as it was frozen while the same answer is its final one, whatever
/// else became known since. `billed_at` is its own again, which says what day's prices hold.
[[nodiscard]] FinishedTask charged_task(const std::vector<OwnedLine>& standing, FinishedTask now);

/// The lines that correct a closed period (design.md B5, B6). `standing`: the task's frozen
/// lines that no frozen line takes back, the main one first; without any the task came late, and
/// its lines name the closed period. None when the task says the same as its frozen lines,
/// whichever snapshot says so: labels, times and the way a number is written correct nothing. Where
/// other prices rule it, each line whose cost changes is corrected, with the note "repriced".
[[nodiscard]] std::vector<OwnedLine> adjustments_of(const std::vector<OwnedLine>& standing,
                                                    const TaskNow& now,
                                                    const Correction& correction);

}  // namespace core
