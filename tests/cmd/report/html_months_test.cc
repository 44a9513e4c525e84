// The months of the HTML report: the title, the month before, the estimate, what a video costs.
#include <gtest/gtest.h>

#include <string>

#include "tests/cmd/report/close_fixture.h"

namespace {

using close_fixture::kDayMs;
using close_fixture::kNovember;
using close_fixture::kOctober;
using support::utc;

class HtmlMonthsTest : public close_fixture::CloseFixture {
 protected:
  void finish(const std::string& id, std::int64_t at, const std::string& model,
              const std::string& seconds, std::int64_t observed_at) {
    answers_.record({.id = id,
                     .facts = {.submit_time = utc(at),
                               .finish_time = utc(at),
                               .model = model,
                               .duration_seconds = seconds},
                     .observed_at = observed_at});
  }
  std::string page(const std::string& period, const std::string& zone = "") {
    std::ostringstream out;
    cmd::Log log{{.level = cmd::LogLevel::error}};
    const cmd::ReportOptions options{.ledger = ledger_,
                                     .period = period,
                                     .zone = zone,
                                     .format = "html",
                                     .prices = book("m,second,,,0.90,CNY,,\n"
                                                    "n,second,,,3,CNY,,\n"
                                                    "u,task,,,0.5,USD,,\n"
                                                    "u2,second,,,0.1,USD,,\n")};
    EXPECT_EQ(cmd::write_report(options, log, out), cmd::ExitCode::ok);
    return out.str();
  }
  // The texts of the rows of a table, "a b c\n" each.
  static std::string rows(const std::string& page, const std::string& id) {
    const std::size_t begin = page.find("<table id=\"" + id + "\">");
    if (begin == std::string::npos) {
      return {};
    }
    std::string text;
    bool inside = false;
    const std::string table = page.substr(begin, page.find("</table>", begin) - begin);
    for (std::size_t at = table.find("</tr>"); at < table.size(); ++at) {
      if (table[at] == '<') {
        text += table.compare(at, 5, "</td>") == 0 ? "|" : "";
        text += table.compare(at, 5, "</tr>") == 0 && !text.empty() ? "\n" : "";
      }
      inside = table[at] == '<' || (inside && table[at] != '>');
      if (!inside && table[at] != '>' && table[at] != '\n') {
        text += table[at];
      }
    }
    return text;
  }
  static std::string text_of(const std::string& page, const std::string& id) {
    const std::size_t at = page.find("id=\"" + id + "\">") + id.size() + 6;
    return page.substr(at, page.find('<', at) - at);
  }
};

TEST_F(HtmlMonthsTest, ComparesWithAnOpenMonthAClosedOneAndAnEmptyOne) {
  finish("a", kOctober + 1000, "m", "10", kOctober);
  finish("b", kOctober + 2000, "n", "1", kOctober);
  finish("c", kNovember + 1000, "m", "5", kOctober);
  finish("d", kNovember + 2000, "u2", "20", kOctober);
  std::string page = this->page("2026-11");
  EXPECT_NE(page.find("<h1>November 2026, still open</h1>"), std::string::npos);
  EXPECT_EQ(text_of(page, "before"),
            "October 2026, still open, so its figures may still change: videos: 2, failed: 0.");
  const std::string changes =
      "all|CNY|12.00|4.50|\u22127.50|\u221262.5 %|\n"
      "m|CNY|9.00|4.50|\u22124.50|\u221250 %|\n"
      "n|CNY|3.00|\u2013|\u22123.00|\u2013|\n"
      "all|USD|\u2013|2.00|+2.00|\u2013|\n"
      "u2|USD|\u2013|2.00|+2.00|\u2013|\n";
  EXPECT_EQ(rows(page, "change"), changes);
  EXPECT_NE(page.find("<th class=\"n\">October 2026</th><th class=\"n\">November 2026</th>"),
            std::string::npos);

  // A closing freezes the month before, with its prices.
  ASSERT_EQ(close("2026-10", true), cmd::ExitCode::ok) << told_;
  page = this->page("2026-11");
  EXPECT_EQ(text_of(page, "before"),
            "October 2026, closed on 21 November: videos: 2, failed: 0, lines without a price, in "
            "no sum: 1.");
  EXPECT_TRUE(rows(page, "change").starts_with("all|CNY|9.00|4.50|\u22124.50|\u221250 %|"));
  page = this->page("2026-10");
  EXPECT_NE(page.find("<h1>October 2026, closed on 21 November</h1>"), std::string::npos);
  EXPECT_EQ(text_of(page, "before"),
            "September 2026, still open, so its figures may still change: no task was finished in "
            "it.");
  EXPECT_EQ(rows(page, "change"),
            "all|CNY|\u2013|9.00|+9.00|\u2013|\nm|CNY|\u2013|9.00|+9.00|\u2013|\n");
  EXPECT_EQ(this->page("2026-11-01").find("id=\"before\""), std::string::npos) << "no month";
}

TEST_F(HtmlMonthsTest, TheMonthBeforeMayHaveAnotherYear) {
  finish("a", kOctober - 270 * kDayMs, "m", "10", kOctober);  // 4 January
  const std::string page = this->page("2026-01");
  EXPECT_EQ(text_of(page, "before").substr(0, 13), "December 2025");
}

TEST_F(HtmlMonthsTest, EstimatesAnOpenMonthFromItsWholeDays) {
  const std::int64_t now = kOctober + 4 * kDayMs + 3600'000;
  finish("a", kOctober + 1000, "m", "10", now);
  finish("b", kOctober + 3 * kDayMs, "m", "3", now);
  finish("u", kOctober + 3 * kDayMs, "u", "3", now);
  finish("today", kOctober + 4 * kDayMs + 1000, "m", "10", now);
  std::string page = this->page("2026-10");
  EXPECT_NE(page.find("The newest answer is of 2026-10-05T01:00:00+00:00. The cost of the days "
                      "before it, \u00F7 4 \u00D7 31; never less than what is there already."),
            std::string::npos);
  EXPECT_EQ(rows(page, "estimate"),
            "CNY|11.70|90.68|\nUSD|0.50|3.88|\nvideos|3|23|\n");  // 11.7 / 4 * 31 = 90.675
  EXPECT_NE(this->page("2026-10", "America/New_York").find("\u00F7 3 \u00D7 31"), std::string::npos)
      << "there it is still the 4th";
  EXPECT_EQ(rows(this->page("2026-09"), "estimate"), "") << "past";
  EXPECT_EQ(rows(this->page("2026-10-05"), "estimate"), "") << "no month";

  // No day of November has passed, then one has; the month before is a past one.
  finish("november", kNovember + 1000, "m", "1", kNovember + kDayMs - 1);
  EXPECT_EQ(rows(this->page("2026-11"), "estimate"), "");
  EXPECT_EQ(rows(this->page("2026-10"), "estimate"), "");
  finish("second", kNovember + kDayMs, "m", "1", kNovember + kDayMs);
  EXPECT_EQ(rows(this->page("2026-11"), "estimate"), "CNY|0.90|27.00|\nvideos|1|30|\n");
  // Adjustments count once.
  ASSERT_EQ(close("2026-10", true), cmd::ExitCode::ok) << told_;
  answers_.record({.id = "today",
                   .facts = {.duration_seconds = "20"},
                   .observed_at = kNovember + kDayMs,
                   .body = "longer"});
  page = this->page("2026-11");
  EXPECT_EQ(rows(page, "estimate"), "CNY|0.90|36.00|\nvideos|1|30|\n");
  EXPECT_NE(page.find(", and the adjustments once;"), std::string::npos);
  EXPECT_EQ(rows(this->page("2026-10"), "estimate"), "") << "closed";
}

TEST_F(HtmlMonthsTest, SaysWhatAVideoAndASecondCost) {
  finish("a", kOctober + 1000, "m", "10", kOctober);
  finish("b", kOctober + 2000, "m", "5.0", kOctober);
  finish("c", kOctober + 3000, "n", "1", kOctober);
  finish("d", kOctober + 4000, "u", "", kOctober);
  finish("e", kOctober + 5000, "u2", "4", kOctober);
  finish("f", kOctober + 6000, "no price", "4", kOctober);
  add("failed", kOctober + 7000, "9", static_cast<int>(core::TaskState::failed));
  EXPECT_EQ(rows(page("2026-10"), "video-costs"),
            "all|CNY|3|5.50|16|1.0312|\n"
            "m|CNY|2|6.75|15|0.90|\n"
            "n|CNY|1|3.00|1|3.00|\n"
            "all|USD|2|0.45|4|0.10|\n"
            "u|USD|1|0.50|0|\u2013|\n"
            "u2|USD|1|0.40|4|0.10|\n");
}

}  // namespace
