// A run of the past, by its row of v_run.
#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>

#include "core/ledger/ledger_reader.h"

namespace cmd {

/// Refers to its row.
class PastRun {
 public:
  explicit PastRun(const core::ViewRow& row) : row_(row) {}

  [[nodiscard]] bool has_ended() const;
  /// None unless it has ended.
  [[nodiscard]] std::optional<std::chrono::milliseconds> took() const;
  /// What went wrong; empty: nothing did.
  [[nodiscard]] std::string trouble() const;
  /// "host, tasks.csv and 2 more": where it ran, and on what.
  [[nodiscard]] std::string origin() const;

 private:
  const core::ViewRow& row_;
};

/// One JSON object, `"type":"run"`.
void print_run_json(std::ostream& out, const core::ViewRow& row);

}  // namespace cmd
