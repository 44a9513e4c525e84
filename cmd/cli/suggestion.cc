#include "cmd/cli/suggestion.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/text/ascii.h"

namespace cmd {
namespace {

// Longer words are not compared, because no name is longer.
constexpr std::size_t kWordBytesMax = 40;

char folded(char c) {
  if (c == '_' || c == ' ') {
    return '-';
  }
  return core::lower_ascii(c);
}

std::string folded(std::string_view word) {
  std::string out;
  for (const char c : word) {
    out.push_back(folded(c));
  }
  return out;
}

// Optimal string alignment: Levenshtein's distance with swaps of neighbours.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[right.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kWordBytesMax) {
    return std::nullopt;
  }
  const std::string meant = folded(word);
  constexpr std::size_t kPrefixBytesMin = 3;
  std::optional<std::string_view> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t slips = distance(meant, folded(candidate));
    if (slips < best_distance) {
      best = candidate;
      best_distance = slips;
    }
  }
  if (best) {
    return best;
  }
  for (const std::string_view candidate : candidates) {
    if (meant.size() >= kPrefixBytesMin && candidate.starts_with(meant)) {
      return candidate;
    }
  }
  return std::nullopt;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates,
                         std::string_view prefix) {
  const auto meant = nearest(word, candidates);
  if (!meant) {
    return "";
  }
  return std::string(" (did you mean ").append(prefix).append(*meant).append("?)");
}

}  // namespace cmd
