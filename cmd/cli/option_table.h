// The option table as a constant: the rows of all groups, completed.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "cmd/cli/option_rows.h"
#include "cmd/cli/report_option_rows.h"

namespace cmd::option_rows {

inline constexpr std::size_t kRowCount =
    std::size(kInput) + std::size(kChoosing) + std::size(kQueries) + std::size(kGateway) +
    std::size(kVideos) + std::size(kPages) + std::size(kPeriod) + std::size(kMoney) +
    std::size(kOutput) + std::size(kLedger) + std::size(kMonitoring) + std::size(kCommon);

constexpr std::string_view usual_argument(OptionType type) {
  switch (type) {
    case flag:
    case level:
    case text:
    case choice:
      return "";
    case path:
      return "FILE";
    case count:
      return "N";
    case duration:
      return "DURATION";
    case size:
      return "SIZE";
  }
  return "";
}

constexpr OptionSpec completed(OptionSpec row, OptionGroup group) {
  row.group = group;
  if (row.argument.empty()) {
    row.argument = usual_argument(row.type);
  }
  const bool has_default = row.type == flag || row.type == level || !row.default_value.empty();
  if (!has_default && row.default_note.empty()) {
    row.default_note = "none";
  }
  return row;
}

consteval std::array<OptionSpec, kRowCount> all() {
  std::array<OptionSpec, kRowCount> rows{};
  std::size_t count = 0;
  const auto add = [&](OptionGroup group, std::span<const OptionSpec> group_rows) {
    for (const OptionSpec& row : group_rows) {
      rows.at(count++) = completed(row, group);
    }
  };
  add(OptionGroup::input, kInput);
  add(OptionGroup::choosing, kChoosing);
  add(OptionGroup::queries, kQueries);
  add(OptionGroup::gateway, kGateway);
  add(OptionGroup::videos, kVideos);
  add(OptionGroup::pages, kPages);
  add(OptionGroup::period, kPeriod);
  add(OptionGroup::money, kMoney);
  add(OptionGroup::output, kOutput);
  add(OptionGroup::ledger, kLedger);
  add(OptionGroup::monitoring, kMonitoring);
  add(OptionGroup::common, kCommon);
  return rows;
}

}  // namespace cmd::option_rows

namespace cmd {

/// Every row, in the order of help.
inline constexpr auto kOptionRows = option_rows::all();

}  // namespace cmd
