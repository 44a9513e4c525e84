#include "cmd/report/html_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/text/printable.h"

namespace cmd {
namespace {

constexpr std::string_view kThinSpace = "\u202F";
constexpr std::size_t kGroup = 3;

// Of the chart, in its own units; the page scales it.
constexpr int kWidth = 744;
constexpr int kHeight = 150;
constexpr int kNameHeight = 20;
constexpr int kTickWidth = 40;  // beside it, for the numbers
constexpr int kStepMax = 62;    // limits the width of the bars if there are only a few
constexpr int kStepMin = 3;
constexpr int kCharacterWidth = 12;  // of a name, on the screen of a phone

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

int scaled(double value, double largest, int length) {
  return value <= 0 || largest <= 0
             ? 0
             : std::max(1, static_cast<int>(std::lround(value / largest * length)));
}

// The height of a bar above and below the axis.
struct Reach {
  double up = 0;
  double down = 0;

  void add(double value) { (value > 0 ? up : down) += std::abs(value); }
};

Reach reach_of(const Bar& bar) {
  Reach reach;
  reach.add(bar.first);
  reach.add(bar.second);
  return reach;
}

// The geometry of a chart.
struct Columns {
  int step = 0;
  int axis = 0;     // its distance from the top
  double span = 0;  // the value of the full height
  double up = 0;    // the value of the part above the axis

  [[nodiscard]] int width() const { return std::max(1, step * 2 / 3); }
};

Columns columns_of(const std::vector<Bar>& bars) {
  Reach most;
  for (const Bar& bar : bars) {
    const Reach reach = reach_of(bar);
    most.up = std::max(most.up, reach.up);
    most.down = std::max(most.down, reach.down);
  }
  const int count = std::max<int>(static_cast<int>(bars.size()), 1);
  Columns columns{.step = std::clamp(kWidth / count, kStepMin, kStepMax),
                  .axis = kHeight,
                  .span = most.up + most.down,
                  .up = most.up};
  if (most.down > 0) {
    columns.axis = std::min(scaled(most.up, columns.span, kHeight), kHeight - 1);
  }
  return columns;
}

// The parts of a bar, from the axis outwards.
std::string bar_parts(const Bar& bar, const Columns& columns, int x) {
  std::string svg;
  int up = columns.axis;
  int down = columns.axis;
  for (const auto& [value, part] : {std::pair(bar.first, "good"), std::pair(bar.second, "bad")}) {
    int height = scaled(std::abs(value), columns.span, kHeight);
    height = value > 0 ? std::min(height, up) : std::min(height, kHeight - down);
    if (height > 0) {
      svg += "<rect class=\"" + std::string(part) + "\" x=\"" + std::to_string(x) + "\" y=\"" +
             std::to_string(value > 0 ? up - height : down) + "\" width=\"" +
             std::to_string(columns.width()) + "\" height=\"" + std::to_string(height) + "\"/>";
    }
    (value > 0 ? up : down) += value > 0 ? -height : height;
  }
  return svg;
}

// 1, 2 or 5 times a power of ten, so that two to four lines stand in the chart.
double tick_step(double largest) {
  const double power = std::pow(10, std::floor(std::log10(largest / 2)));
  const double times = largest / 2 / power;
  return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

std::string tick_text(double value, double step) {
  if (step >= 1) {
    return grouped(static_cast<std::int64_t>(std::llround(value)));
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(std::ceil(-std::log10(step))), value);
  return text;
}

struct Ticks {
  std::string lines;  // below the bars
  std::string names;  // above them
};

Ticks ticks_of(const Columns& columns, int width) {
  Ticks ticks;
  constexpr double kSmallest = 1e-6;
  if (columns.up < kSmallest) {
    return ticks;
  }
  const double step = tick_step(columns.up);
  constexpr double kTolerance = 1.0001;
  for (int i = 1; step * i <= columns.up * kTolerance; ++i) {
    const int y = std::max(0, columns.axis - scaled(step * i, columns.span, kHeight));
    ticks.lines += "<line class=\"tick\" x1=\"0\" x2=\"" + std::to_string(width) + "\" y1=\"" +
                   std::to_string(y) + "\" y2=\"" + std::to_string(y) + "\"/>";
    ticks.names += "<text class=\"tick\" x=\"-4\" y=\"" + std::to_string(y + 3) + "\">" +
                   tick_text(step * i, step) + "</text>";
  }
  return ticks;
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
  const Columns columns = columns_of(bars);
  const int width = std::max(static_cast<int>(bars.size()) * columns.step, kWidth);
  std::string svg = "<svg class=\"columns\" role=\"img\" viewBox=\"-" + std::to_string(kTickWidth) +
                    " 0 " + std::to_string(width + kTickWidth) + " " +
                    std::to_string(kHeight + kNameHeight) + "\" aria-label=\"" +
                    html_escape(label) + "\">";
  const Ticks ticks = ticks_of(columns, width);
  svg += ticks.lines;
  std::size_t longest = 0;
  for (const Bar& bar : bars) {
    longest = std::max(longest, bar.name.size());
  }
  // Leaves out names, so that none overlaps the next one.
  const std::size_t every = longest * kCharacterWidth / static_cast<std::size_t>(columns.step) + 1;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const int x = static_cast<int>(i) * columns.step + (columns.step - columns.width()) / 2;
    svg += "<g><title>" + html_escape(bar.title) + "</title>" + bar_parts(bar, columns, x);
    if (i % every == 0) {
      svg += "<text x=\"" + std::to_string(x + columns.width() / 2) + "\" y=\"" +
             std::to_string(kHeight + kNameHeight - 4) + "\">" + html_escape(bar.name) + "</text>";
    }
    svg += "</g>";
  }
  const std::string axis = std::to_string(columns.axis);
  return svg + ticks.names + "<line class=\"axis\" x1=\"0\" x2=\"" + std::to_string(width) +
         "\" y1=\"" + axis + "\" y2=\"" + axis + "\"/></svg>";
}

std::string cell_bar(double value, double largest) {
  constexpr int kFull = 100;
  return "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
         "aria-hidden=\"true\"><rect class=\"good\" width=\"" +
         std::to_string(scaled(value, largest, kFull)) + "\" height=\"8\" rx=\"2\"/></svg>";
}

}  // namespace cmd
