#include "cmd/report/html_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

const cmd::Chart kChart{.label = "x", .unit = "CNY"};

// "class y height" of each part of a chart, from left to right.
std::vector<std::string> parts(const std::string& svg) {
  const auto attribute = [](const std::string& text, const std::string& name) {
    const std::size_t begin = text.find(" " + name + "=\"") + name.size() + 3;
    return text.substr(begin, text.find('"', begin) - begin);
  };
  std::vector<std::string> parts;
  for (std::size_t at = svg.find("<rect"); at != std::string::npos;
       at = svg.find("<rect", at + 1)) {
    const std::string rect = svg.substr(at, svg.find('>', at) - at);
    parts.push_back(attribute(rect, "class") + " " + attribute(rect, "y") + " " +
                    attribute(rect, "height"));
  }
  return parts;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++found;
  }
  return found;
}

TEST(ColumnChart, StacksPartsFromTheAxis) {
  EXPECT_EQ(parts(cmd::column_chart({{"01", "", {4, 1}}, {"02", "", {2.5, 0}}}, kChart)),
            (std::vector<std::string>{"good 30 120", "bad 0 30", "good 75 75"}));
  EXPECT_TRUE(parts(cmd::column_chart({{"01", "", {0, 0}}}, kChart)).empty());
  EXPECT_TRUE(parts(cmd::column_chart({}, kChart)).empty());
  EXPECT_EQ(parts(cmd::column_chart({{"01", "", {1, 2, 3}}},
                                    {.label = "x", .unit = "y", .styles = {{"a"}, {"b"}, {"c"}}})),
            (std::vector<std::string>{"a 125 25", "b 75 50", "c 0 75"}));
}

TEST(ColumnChart, DrawsCorrectionsBelowTheAxis) {
  EXPECT_EQ(parts(cmd::column_chart({{"01", "", {-2, 0}}, {"02", "", {1, 0}}}, kChart)),
            (std::vector<std::string>{"good 50 100", "good 0 50"}));
  EXPECT_EQ(parts(cmd::column_chart({{"01", "", {-3, 3}}}, kChart)),
            (std::vector<std::string>{"good 75 75", "bad 0 75"}));
  EXPECT_EQ(parts(cmd::column_chart({{"01", "", {-3, 0}}}, kChart)).size(), 1U);
}

// "name at y" of each line across the chart.
std::vector<std::string> ticks(double largest, double smallest = 0) {
  const std::string svg =
      cmd::column_chart({{"01", "", {largest, 0}}, {"02", "", {smallest, 0}}}, kChart);
  std::vector<std::string> ticks;
  constexpr std::string_view kTick = "<text class=\"tick\" x=\"-4\" y=\"";
  for (std::size_t at = svg.find(kTick); at != std::string::npos; at = svg.find(kTick, at + 1)) {
    const std::size_t y = at + kTick.size();
    const std::size_t name = svg.find('>', y) + 1;
    ticks.push_back(svg.substr(name, svg.find('<', name) - name) + " at " +
                    svg.substr(y, svg.find('"', y) - y));
  }
  EXPECT_EQ(count(svg, "<line class=\"tick\""), ticks.size());
  return ticks;
}

TEST(ColumnChart, HasLinesAtRoundValues) {
  EXPECT_EQ(ticks(5), (std::vector<std::string>{"0 at 153", "2 at 93", "4 at 33"}));
  EXPECT_EQ(ticks(10), (std::vector<std::string>{"0 at 153", "5 at 78", "10 at 3"}));
  EXPECT_EQ(ticks(1999), (std::vector<std::string>{"0 at 153", "500 at 115", "1\u202F000 at 78",
                                                   "1\u202F500 at 40"}));
  EXPECT_EQ(ticks(0.3),
            (std::vector<std::string>{"0 at 153", "0.1 at 103", "0.2 at 53", "0.3 at 3"}));
  EXPECT_EQ(ticks(2, -2), (std::vector<std::string>{"0 at 78", "1 at 40", "2 at 3",
                                                    "\u22121 at 116", "\u22122 at 153"}));
  EXPECT_TRUE(ticks(0).empty());
  EXPECT_EQ(ticks(-0.1, -0.2),
            (std::vector<std::string>{"0 at 3", "\u22120.1 at 78", "\u22120.2 at 153"}));
  EXPECT_NE(cmd::column_chart({}, kChart).find(">CNY</text>"), std::string::npos);
}

TEST(ColumnChart, NamesDoNotOverlap) {
  const auto names = [](std::size_t bars, const std::string& name) {
    return count(cmd::column_chart(std::vector<cmd::Bar>(bars, {name, "", {1, 0}}), kChart),
                 "<text x");
  };
  EXPECT_EQ(names(7, "01"), 7U);
  EXPECT_EQ(names(31, "01"), 16U);
  EXPECT_EQ(names(92, "01"), 23U);
  EXPECT_EQ(names(12, "2026-10"), 6U);
}

TEST(ColumnChart, TexturesStayWithinTheirPart) {
  const auto path = [](cmd::Texture texture) {
    const std::string entry = cmd::key_entry({"a", texture}, "n", "v");
    const std::size_t begin = entry.find(" d=\"");
    return begin == std::string::npos
               ? std::string()
               : entry.substr(begin + 4, entry.find('"', begin + 4) - begin - 4);
  };
  EXPECT_EQ(path(cmd::Texture::none), "");
  EXPECT_EQ(path(cmd::Texture::upright), "M2 0L2 8M6 0L6 8");
  EXPECT_EQ(path(cmd::Texture::level), "M0 2L8 2M0 6L8 6");
  EXPECT_EQ(path(cmd::Texture::crossed), "M2 0L2 8M6 0L6 8M0 2L8 2M0 6L8 6");
  EXPECT_EQ(path(cmd::Texture::rising), "M0 2L2 0M0 6L6 0M2 8L8 2M6 8L8 6");
  EXPECT_EQ(path(cmd::Texture::falling), "M8 2L6 0M8 6L2 0M6 8L0 2M2 8L0 6");
}

TEST(HtmlText, IsReadable) {
  EXPECT_EQ(cmd::grouped(-1234567), "\u22121\u202F234\u202F567");
  EXPECT_EQ(cmd::grouped(*core::Decimal::parse("-1234.5625")), "\u22121\u202F234.5625");
  EXPECT_EQ(cmd::duration_words(59), "59 s");
  EXPECT_EQ(cmd::duration_words(200), "3 min 20 s");
  EXPECT_EQ(cmd::duration_words(7505), "2 h 05 min");
  EXPECT_EQ(cmd::html_escape("<a href='x'>\"&\n\u202E"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;\\x0a\\u202e");
}

}  // namespace
