// Properties of every answer, whatever its bytes are: for the fuzz target and its corpus.
#pragma once

#include <string>
#include <string_view>

namespace support {

/// Reads `body` as the gateway's answer and returns the property that does not hold; empty if all
/// do.
[[nodiscard]] std::string answer_failure(std::string_view body);

}  // namespace support
