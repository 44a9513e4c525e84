#include "cmd/report/html_text.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>

#include "core/text/printable.h"

namespace cmd {
namespace {

constexpr std::string_view kThinSpace = "\u202F";
constexpr std::size_t kGroup = 3;

// Of the chart, in its own units; the page scales it.
constexpr int kWidth = 744;
constexpr int kHeight = 150;
constexpr int kUnitHeight = 16;  // above it, for the unit of the numbers
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
  for (const double value : bar.parts) {
    reach.add(value);
  }
  return reach;
}

// The geometry of a chart.
struct Columns {
  int step = 0;
  int axis = 0;     // its distance from the top
  double span = 0;  // the value of the full height
  double up = 0;    // the value of the part above the axis
  double down = 0;  // of the part below it

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
                  .up = most.up,
                  .down = most.down};
  if (most.down > 0) {
    columns.axis = std::min(scaled(most.up, columns.span, kHeight), kHeight - 1);
  }
  return columns;
}

struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// A line of a path.
std::string line(int x, int y, int to_x, int to_y) {
  return "M" + std::to_string(x) + " " + std::to_string(y) + "L" + std::to_string(to_x) + " " +
         std::to_string(to_y);
}

// Own lines, because printers turn each use of an SVG pattern into a picture.
std::string texture_path(Texture texture, const Box& box) {
  constexpr int kStep = 4;
  const int right = box.x + box.width;
  const int bottom = box.y + box.height;
  std::string path;
  if (texture == Texture::upright || texture == Texture::crossed) {
    for (int x = box.x + kStep / 2; x < right; x += kStep) {
      path += line(x, box.y, x, bottom);
    }
  }
  if (texture == Texture::level || texture == Texture::crossed) {
    for (int y = box.y + kStep / 2; y < bottom; y += kStep) {
      path += line(box.x, y, right, y);
    }
  }
  if (texture == Texture::rising || texture == Texture::falling) {
    for (int i = kStep / 2; i < box.width + box.height; i += kStep) {
      // The distances of the ends of a falling line from the left and from the top.
      const int from_left = std::max(0, i - box.height);
      const int to_left = std::min(i, box.width);
      const int from_top = std::min(box.height, i);
      const int to_top = std::max(0, i - box.width);
      path += texture == Texture::rising
                  ? line(box.x + from_left, box.y + from_top, box.x + to_left, box.y + to_top)
                  : line(right - from_left, box.y + from_top, right - to_left, box.y + to_top);
    }
  }
  return path;
}

std::string part_shape(const PartStyle& style, const Box& box) {
  const auto number = [](const char* name, int value) {
    return std::string(" ") + name + "=\"" + std::to_string(value) + "\"";
  };
  const std::string path = texture_path(style.texture, box);
  return "<rect class=\"" + style.name + "\"" + number("x", box.x) + number("y", box.y) +
         number("width", box.width) + number("height", box.height) + "/>" +
         (path.empty() ? "" : "<path class=\"texture\" d=\"" + path + "\"/>");
}

// The parts of a bar, from the axis outwards.
std::string bar_parts(const Bar& bar, const Columns& columns, int x,
                      const std::vector<PartStyle>& styles) {
  assert(bar.parts.size() <= styles.size());
  std::string svg;
  int up = columns.axis;
  int down = columns.axis;
  for (std::size_t i = 0; i < bar.parts.size(); ++i) {
    const double value = bar.parts[i];
    int height = scaled(std::abs(value), columns.span, kHeight);
    height = value > 0 ? std::min(height, up) : std::min(height, kHeight - down);
    if (height > 0) {
      svg += part_shape(styles[i], {.x = x,
                                    .y = value > 0 ? up - height : down,
                                    .width = columns.width(),
                                    .height = height});
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
  if (step >= 1 || value == 0) {
    return grouped(static_cast<std::int64_t>(std::llround(value)));
  }
  if (value < 0) {
    return "\u2212" + tick_text(-value, step);
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", static_cast<int>(std::ceil(-std::log10(step))), value);
  return text;
}

struct Ticks {
  std::string lines;  // below the bars
  std::string names;  // above them, from 0 outwards
};

Ticks ticks_of(const Columns& columns, int width) {
  Ticks ticks;
  constexpr double kSmallest = 1e-6;
  if (columns.span < kSmallest) {
    return ticks;
  }
  const double step = tick_step(std::max(columns.up, columns.down));
  const auto add = [&](int i) {
    const int distance = scaled(step * std::abs(i), columns.span, kHeight);
    const int y = std::clamp(columns.axis + (i < 0 ? distance : -distance), 0, kHeight);
    ticks.lines += "<line class=\"tick\" x1=\"0\" x2=\"" + std::to_string(width) + "\" y1=\"" +
                   std::to_string(y) + "\" y2=\"" + std::to_string(y) + "\"/>";
    ticks.names += "<text class=\"tick\" x=\"-4\" y=\"" + std::to_string(y + 3) + "\">" +
                   tick_text(step * i, step) + "</text>";
  };
  constexpr double kTolerance = 1.0001;
  add(0);
  for (int i = 1; step * i <= columns.up * kTolerance; ++i) {
    add(i);
  }
  for (int i = 1; step * i <= columns.down * kTolerance; ++i) {
    add(-i);
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

std::string column_chart(const std::vector<Bar>& bars, const Chart& chart) {
  const Columns columns = columns_of(bars);
  const int width = std::max(static_cast<int>(bars.size()) * columns.step, kWidth);
  std::string svg = "<svg class=\"columns\" role=\"img\" viewBox=\"-" + std::to_string(kTickWidth) +
                    " -" + std::to_string(kUnitHeight) + " " + std::to_string(width + kTickWidth) +
                    " " + std::to_string(kUnitHeight + kHeight + kNameHeight) + "\" aria-label=\"" +
                    html_escape(chart.label) + "\">";
  const Ticks ticks = ticks_of(columns, width);
  svg += "<text class=\"unit\" x=\"-" + std::to_string(kTickWidth) + "\" y=\"-6\">" +
         html_escape(chart.unit) + "</text>" + ticks.lines;
  std::size_t longest = 0;
  for (const Bar& bar : bars) {
    longest = std::max(longest, bar.name.size());
  }
  // Leaves out names, so that none overlaps the next one.
  const std::size_t every = longest * kCharacterWidth / static_cast<std::size_t>(columns.step) + 1;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const int x = static_cast<int>(i) * columns.step + (columns.step - columns.width()) / 2;
    svg += "<g><title>" + html_escape(bar.title) + "</title>" +
           bar_parts(bar, columns, x, chart.styles);
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

std::string key_entry(const PartStyle& part, const std::string& name, const std::string& value) {
  constexpr int kSize = 8;
  return "<li><svg viewBox=\"0 0 8 8\" aria-hidden=\"true\">" +
         part_shape(part, {.width = kSize, .height = kSize}) + "</svg>" + name + " <b>" + value +
         "</b></li>";
}

std::string table_begin(const std::string& label, const std::string& id) {
  return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" + label +
         "\"><table id=\"" + id + "\">";
}

}  // namespace cmd
