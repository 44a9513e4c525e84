// The most likely correct word for a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cmd {

/// The candidate that was probably meant: one that `word` begins, or the one with the fewest
/// typing slips (insert, drop, change, swap) between them, a third of the word's letters at most.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

/// " (did you mean --wait?)" with `prefix` "--"; empty if no candidate is similar.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates,
                                       std::string_view prefix);

}  // namespace cmd
