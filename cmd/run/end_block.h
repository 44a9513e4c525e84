// The end of a run as a person reads it on a terminal.
#pragma once

#include <string>
#include <vector>

#include "cmd/run/summary.h"

namespace cmd {

struct EndFacts {
  const Summary& summary;
  const FailureList& failures;
  std::string why;           ///< why it ended before all was done; else empty
  std::string next;          ///< the command to run next; empty: none
  bool videos_count = true;  ///< false: none were to be fetched
};

struct EndStyle {
  bool color = false;
  bool utf8 = false;
};

/// Lines without a line feed: what succeeded, what failed and why, what is left, what to do next.
[[nodiscard]] std::vector<std::string> end_block(const EndFacts& facts, const EndStyle& style);

}  // namespace cmd
