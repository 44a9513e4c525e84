// Where corrections of closed periods begin in the ladders of their price books.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "core/billing/billing_source.h"
#include "core/billing/ladder.h"

namespace core {

/// Which price book's ladders: that of the costs, or the resale book.
enum class LadderSide { cost, resale };

/// What the ladders of closed periods have charged in all closings so far, and in the corrections
/// that are added. One thread.
class LadderEnds {
 public:
  /// Refers to its arguments. `closed`: all closed periods, sorted by begin.
  LadderEnds(BillingSource& source, const std::vector<ClosedPeriod>& closed, LadderSide side)
      : source_(source), closed_(closed), side_(side) {}

  /// Adds the quantities of lines that correct the period.
  void add(const ClosedPeriod& period, const std::vector<OwnedLine>& corrections);
  /// Reads the lines of closed periods when it is first called for a period.
  [[nodiscard]] Decimal end(const ClosedPeriod& period, std::uint64_t ladder);

 private:
  using Charged = std::map<std::uint64_t, Decimal>;  // by the line of the ladder

  void add(const OwnedLine& line, Charged& charged) const;
  [[nodiscard]] const Charged& frozen(const ClosedPeriod& period);

  BillingSource& source_;
  const std::vector<ClosedPeriod>& closed_;
  LadderSide side_;
  std::map<std::int64_t, Charged> frozen_;  // by period
  std::map<std::int64_t, Charged> added_;
};

/// The places of one task: a line that corrects a line of the same ladder begins where that one
/// began, any other one at the end of the ladder.
class CorrectedPlaces final : public LadderPlaces {
 public:
  /// `standing`: the lines that are corrected. `ends` null: the end of a ladder counts as 0, and
  /// `needs_end` tells whether a line began there.
  CorrectedPlaces(const std::vector<OwnedLine>& standing, const ClosedPeriod& period,
                  LadderSide side, LadderEnds* ends)
      : standing_(standing), period_(period), side_(side), ends_(ends) {}

  [[nodiscard]] Decimal start(const Price& ladder, std::string_view day) override;
  void charged(const Price& /*ladder*/, const Decimal& /*quantity*/) override {}
  [[nodiscard]] bool needs_end() const { return needs_end_; }

 private:
  const std::vector<OwnedLine>& standing_;
  const ClosedPeriod& period_;
  LadderSide side_;
  LadderEnds* ends_;
  bool needs_end_ = false;
};

}  // namespace core
