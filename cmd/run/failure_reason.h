// Reasons of failures that differ only in a measured time, a count of bytes or an ID.
#pragma once

#include <string>
#include <string_view>

namespace cmd {

/// The text with "*" for each number and each ID; only HTTP statuses stay. Failures with the same
/// shape have one cause.
[[nodiscard]] std::string reason_shape(std::string_view text);

/// What two texts of the same shape share, with "*" where they differ. The result has that shape.
[[nodiscard]] std::string common_reason(std::string_view one, std::string_view other);

}  // namespace cmd
