#include "cmd/html_text.h"

#include <algorithm>
#include <cmath>

#include "core/printable.h"

namespace cmd {
namespace {

constexpr std::string_view kThinSpace = "\u202F";
constexpr std::size_t kGroup = 3;

// Of the chart, in its own units; the page scales it.
constexpr int kHeight = 120;
constexpr int kStep = 24;
constexpr int kBarWidth = 16;
constexpr int kNameHeight = 18;
constexpr std::size_t kNamesMax = 16;  // more would run into each other

std::string group_digits(std::string_view digits) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % kGroup == 0) {
      text += kThinSpace;
    }
    text += digits[i];
  }
  return text;
}

int scaled(double value, double largest, int height) {
  return value <= 0 || largest <= 0
             ? 0
             : std::max(1, static_cast<int>(std::lround(value / largest * height)));
}

std::string rect(int x, int y, int height, const char* part) {
  return "<rect class=\"" + std::string(part) + "\" x=\"" + std::to_string(x) + "\" y=\"" +
         std::to_string(y) + "\" width=\"" + std::to_string(kBarWidth) + "\" height=\"" +
         std::to_string(height) + "\"/>";
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char one : core::printable(text, text.size() * 4 + 4)) {
    switch (one) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += one;
    }
  }
  return out;
}

std::string grouped(std::int64_t number) {
  const std::string text = std::to_string(number);
  const bool negative = text.front() == '-';
  return (negative ? "\u2212" : "") + group_digits(std::string_view(text).substr(negative ? 1 : 0));
}

std::string grouped(const core::Decimal& amount) {
  const std::string text = (amount.is_negative() ? -amount : amount).text();
  const std::size_t point = std::min(text.find('.'), text.size());
  return (amount.is_negative() ? "\u2212" : "") +
         group_digits(std::string_view(text).substr(0, point)) + text.substr(point);
}

std::string duration_words(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 3600;
  const auto two = [](std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  if (seconds < kMinute) {
    return std::to_string(seconds) + " s";
  }
  if (seconds < kHour) {
    return std::to_string(seconds / kMinute) + " min " + two(seconds % kMinute) + " s";
  }
  return std::to_string(seconds / kHour) + " h " + two(seconds % kHour / kMinute) + " min";
}

std::string column_chart(const std::vector<Bar>& bars, std::string_view label) {
  double largest = 0;
  for (const Bar& bar : bars) {
    largest = std::max(largest, std::max(bar.first, 0.0) + std::max(bar.second, 0.0));
  }
  const int width = std::max<int>(static_cast<int>(bars.size()), 1) * kStep;
  std::string svg = "<svg class=\"columns\" role=\"img\" viewBox=\"0 0 " + std::to_string(width) +
                    " " + std::to_string(kHeight + kNameHeight) + "\" aria-label=\"" +
                    html_escape(label) + "\">";
  svg += "<line class=\"axis\" x1=\"0\" x2=\"" + std::to_string(width) + "\" y1=\"" +
         std::to_string(kHeight) + "\" y2=\"" + std::to_string(kHeight) + "\"/>";
  const std::size_t every = bars.size() / kNamesMax + 1;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const int x = static_cast<int>(i) * kStep + (kStep - kBarWidth) / 2;
    const int first = scaled(bar.first, largest, kHeight);
    const int second = std::min(scaled(bar.second, largest, kHeight), kHeight - first);
    svg += "<g><title>" + html_escape(bar.title) + "</title>";
    svg += rect(x, kHeight - first, first, "good");
    if (second > 0) {
      svg += rect(x, kHeight - first - second, second, "bad");
    }
    if (i % every == 0) {
      svg += "<text x=\"" + std::to_string(x + kBarWidth / 2) + "\" y=\"" +
             std::to_string(kHeight + kNameHeight - 4) + "\">" + html_escape(bar.name) + "</text>";
    }
    svg += "</g>";
  }
  return svg + "</svg>";
}

std::string cell_bar(double value, double largest) {
  constexpr int kWidth = 100;
  return "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
         "aria-hidden=\"true\"><rect class=\"good\" width=\"" +
         std::to_string(scaled(value, largest, kWidth)) + "\" height=\"8\" rx=\"2\"/></svg>";
}

}  // namespace cmd
