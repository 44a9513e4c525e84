#include "core/billing/price_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"

namespace {

using core::PriceBook;
using core::PricedTask;

const std::string kHeader = "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n";

PriceBook book(std::string text) {
  return PriceBook::read(
      [text, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
        const std::size_t count = std::min(size, text.size() - at);
        text.copy(buffer, count, at);
        at += count;
        return count;
      },
      "prices.csv");
}

std::string price_of(const PriceBook& prices, std::string_view model, std::string_view resolution,
                     const std::string& day = "2026-10-05") {
  const core::Price* row = prices
                               .find({.model = model,
                                      .lines = core::picture_lines(resolution),
                                      .generated_lines = core::picture_lines(resolution),
                                      .day = day})
                               .row;
  return row == nullptr ? "" : row->price.text() + " " + row->currency;
}

TEST(PriceBook, TheFirstMatchingRowApplies) {
  const PriceBook prices = book(kHeader +
                                "happyhorse-1.0-*,second,0,720,0.90,CNY,2026-04-28,\n"
                                "happyhorse-1.0-*,second,721,1080,1.60,CNY,2026-04-28,2026-10-05\n"
                                "happyhorse-*,second,,,2,USD,,\n"
                                "kling-v?,unit,,,0.14,USD,,\n");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "720p"), "0.9 CNY");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "1280x720"), "0.9 CNY");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "720x1280"), "0.9 CNY");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "721"), "1.6 CNY");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "1080P"), "1.6 CNY");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "4k"), "2 USD");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", ""), "2 USD");  // bounds need a resolution
  // Both ends of the validity are inclusive.
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "1080p", "2026-10-05"), "1.6 CNY");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "1080p", "2026-10-06"), "2 USD");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "720p", "2026-04-28"), "0.9 CNY");
  EXPECT_EQ(price_of(prices, "happyhorse-1.0-t2v", "720p", "2026-04-27"), "2 USD");
  EXPECT_EQ(price_of(prices, "kling-v3", "720p"), "0.14 USD");
  EXPECT_EQ(price_of(prices, "kling-v10", "720p"), "");
  EXPECT_EQ(price_of(prices, "", "720p"), "");
}

TEST(PriceBook, SuperResolutionIsAddedToAnotherPrice) {
  const PriceBook prices = book(kHeader + "*,sr_mtoken,,,3,CNY,,\n*seedance*,mtoken,,,46,CNY,,\n");
  const PricedTask task{.model = "doubao-seedance-2-0", .lines = std::nullopt, .day = "2026-10-05"};
  ASSERT_NE(prices.find(task).row, nullptr);
  EXPECT_EQ(prices.find(task).row->price.text(), "46");
  ASSERT_NE(prices.find_super_resolution(task).row, nullptr);
  EXPECT_EQ(prices.find_super_resolution(task).row->price.text(), "3");
}

TEST(PriceBook, SaysWhyNoRowMatches) {
  const PriceBook prices = book(kHeader +
                                "a,second,0,720,1,USD,2026-01-01,2026-01-31\n"
                                "only-sr,sr_mtoken,,,1,USD,,\n");
  const auto gap = [&](std::string_view model, std::string_view resolution) {
    return prices.gap({.model = model,
                       .lines = core::picture_lines(resolution),
                       .generated_lines = core::picture_lines(resolution),
                       .day = "2026-10-05"});
  };
  EXPECT_EQ(gap("", "720p"), core::PriceGap::no_model);
  EXPECT_EQ(gap("b", "720p"), core::PriceGap::no_row_for_model);
  EXPECT_EQ(gap("only-sr", "720p"), core::PriceGap::no_row_for_model);
  EXPECT_EQ(gap("a", "1080p"), core::PriceGap::no_row_for_resolution);
  EXPECT_EQ(gap("a", "720p"), core::PriceGap::no_row_for_date);
  const PriceBook tokens = book(kHeader + "a,mtoken,0,720,1,USD,,\n");
  PricedTask enhanced{.model = "a", .lines = core::picture_lines("1080p"), .day = "2026-10-05"};
  EXPECT_EQ(tokens.gap(enhanced), core::PriceGap::generation_unknown);
  enhanced.generated_lines = core::picture_lines("1080p");
  EXPECT_EQ(tokens.gap(enhanced), core::PriceGap::no_row_for_resolution);
}

TEST(PriceBook, ReadsColumnsInAnyOrder) {
  const PriceBook prices = book(
      "\xEF\xBB\xBF"
      "Currency, price ,UNIT,model\nUSD, 1.50 ,video,*\n");
  EXPECT_EQ(price_of(prices, "any", ""), "1.5 USD");
}

TEST(PriceBook, IsReadAsASpreadsheetOfAnyCountryWritesIt) {
  for (const char* text : {"sep=;\nmodel;unit;price;currency\na;second;1.5;USD\n",
                           "model;unit;price;currency\na;second;1.5;USD\n",
                           "model\tunit\tprice\tcurrency\na\tsecond\t1.5\tUSD\n"}) {
    EXPECT_EQ(price_of(book(text), "a", ""), "1.5 USD") << text;
  }
}

TEST(PriceBook, BlankCellsAfterTheLastColumnAreIgnored) {
  EXPECT_EQ(price_of(book(kHeader + "a,second,,,1,USD,,,,\n"), "a", ""), "1 USD");
}

TEST(PriceBook, RowsOfBlankCellsAreIgnored) {
  const std::string text = kHeader + ",,,,,,,\na,second,,,1,USD,,\n , ,,,,,,,,\n\n\"\",,,\n";
  EXPECT_EQ(price_of(book(text), "a", ""), "1 USD");
  EXPECT_EQ(book(text).rows().size(), 1U);
  EXPECT_EQ(book(text).rows().front().line, 3U);
}

struct Fault {
  std::string text;
  std::string said;  // what the message must name
};

// A book with conditions: whose price it is decides before the order of its rows.
const std::string kContracts =
    "model,unit,min_sr,max_sr,price,currency,account,label:Customer,action,ratio,input_seconds\n"
    "*,second,,,9,CNY,,,,,\n"              // line 2
    "happy*,second,,,8,CNY,,,,,\n"         // 3
    "happy*,second,,720,7,CNY,,,,,\n"      // 4
    "happyhorse,second,,,6,CNY,,,,,\n"     // 5
    "*,second,,,5,CNY,,ACME*,,,\n"         // 6
    "*,second,,,4,CNY,studio,ACME*,,,\n"   // 7
    "*,second,,,3,CNY,,ACME Sub,,16:9,\n"  // 8
    "wan,second,,,2,CNY,,,edit,,>0\n"      // 9
    "wan,second,,,1,CNY,studio,,,,\n"      // 10
    "wan,second,,,0.5,CNY,,,t2v,,\n";      // 11

TEST(PriceBook, WithConditionsTheMostSpecialRowCounts) {
  struct Case {
    std::string model;
    std::string resolution;
    std::string account;
    std::string customer;
    std::string action;
    std::string ratio;
    std::string input_seconds;
    std::string price;  // "10+11": these lines are tied
  };
  const std::vector<Case> cases = {
      {"other", "720p", "default", "", "", "", "", "9"},
      {"happy2", "1080p", "default", "", "", "", "", "8"},
      {"happy2", "720p", "default", "", "", "", "", "7"},
      {"happyhorse", "720p", "default", "", "", "", "", "6"},
      {"happyhorse", "720p", "default", "ACME", "", "", "", "5"},
      {"happyhorse", "720p", "default", "acme", "", "", "", "6"},
      {"happyhorse", "720p", "studio", "ACME", "", "", "", "4"},
      {"happyhorse", "720p", "default", "ACME Sub", "", "16:9", "", "3"},
      {"happyhorse", "720p", "studio", "ACME Sub", "", "16:9", "", "7+8"},
      {"wan", "720p", "default", "", "edit", "", "0.5", "2"},
      {"wan", "720p", "default", "", "edit", "", "0", "9"},
      {"wan", "720p", "default", "", "edit", "", "", "9"},
      {"wan", "720p", "studio", "", "", "", "", "1"},
      {"wan", "720p", "studio", "", "edit", "", "3", "2"},
      {"wan", "720p", "studio", "", "t2v", "", "", "10+11"},
  };
  const PriceBook prices = book(kContracts);
  EXPECT_TRUE(prices.has_conditions());
  for (const Case& one : cases) {
    core::TaskFacts facts;
    facts.action = one.action;
    facts.ratio = one.ratio;
    facts.input_seconds = one.input_seconds;
    const core::Labels labels{{"Customer", one.customer}};
    const core::PriceMatch match = prices.find({.model = one.model,
                                                .lines = core::picture_lines(one.resolution),
                                                .day = "2026-10-05",
                                                .account = one.account,
                                                .facts = &facts,
                                                .labels = &labels});
    const std::string found =
        match.row != nullptr ? match.row->price.text()
                             : std::to_string(match.tied[0]) + "+" + std::to_string(match.tied[1]);
    EXPECT_EQ(found, one.price) << one.model << ' ' << one.account << ' ' << one.customer;
  }
}

TEST(PriceBook, AConditionOnANumberIsANumberARangeOrAComparison) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"5", "05 5 5.0 "},
      {"0", "0 0.0 "},
      {"2..4", "2 2.0 3.9 4 "},
      {">4", "4.01 05 5 5.0 9 "},
      {">=4", "4 4.01 05 5 5.0 9 "},
      {"<2", "0 0.0 1.99 "},
      {" <= 2 ", "0 0.0 1.99 2 2.0 "},
  };
  for (const auto& [cell, holds] : cases) {
    const PriceBook prices =
        book("model,unit,price,currency,input_seconds\n*,task,1,USD,\"" + cell + "\"\n");
    std::string found;
    for (const std::string value :
         {"0", "0.0", "1.99", "2", "2.0", "3.9", "4", "4.01", "05", "5", "5.0", "9", "", "x"}) {
      core::TaskFacts facts;
      facts.input_seconds = value;
      const core::PricedTask task{.model = "m", .lines = {}, .day = "2026-10-05", .facts = &facts};
      found += prices.find(task).row != nullptr ? value + " " : "";
    }
    EXPECT_EQ(found, holds) << cell;
    EXPECT_EQ(prices.find({.model = "m", .lines = {}, .day = "2026-10-05"}).row, nullptr)
        << "nothing is known";
  }
}

TEST(PriceBook, SaysThatNoConditionHolds) {
  const PriceBook prices = book("model,unit,price,currency,account\nm,task,1,USD,studio\n");
  EXPECT_EQ(prices.gap({.model = "m", .lines = {}, .day = "2026-10-05", .account = "other"}),
            core::PriceGap::no_row_for_conditions);
}

TEST(PriceBook, BooksOfEightColumnsKeepTheirOrder) {
  const PriceBook prices = book(kHeader + "*,second,,,9,CNY,,\nhappyhorse,second,,,6,CNY,,\n");
  EXPECT_FALSE(prices.has_conditions());
  EXPECT_EQ(price_of(prices, "happyhorse", "720p"), "9 CNY");
  // Other new columns do not change which row counts.
  EXPECT_EQ(price_of(book("model,unit,price,currency,note\n*,second,9,CNY,\nm,second,6,CNY,x\n"),
                     "m", "720p"),
            "9 CNY");
}

TEST(PriceBook, TheQuotaOfAUnitIsStatedAtTheEnd) {
  const std::string text = kHeader + "a,quota,,,1,USD,,";
  EXPECT_EQ(PriceBook::parse(text, "x").unit_of_quota().text(), "0.000002");
  EXPECT_EQ(core::with_quota_per_unit(text, 500'000), text);
  EXPECT_EQ(
      PriceBook::parse(core::with_quota_per_unit(text, 1'000'000), "x").unit_of_quota().text(),
      "0.000001");
  EXPECT_EQ(PriceBook::parse(core::with_quota_per_unit(text, 80), "x").unit_of_quota().text(),
            "0.0125");
  EXPECT_THROW((void)core::with_quota_per_unit(text, 300'000), core::UsageError);
}

TEST(PriceBook, ErrorsNameFileLineAndColumn) {
  const std::vector<Fault> faults = {
      {"", "prices.csv is empty"},
      {"PK\x03\x04\x14", "prices.csv is an Excel workbook (.xlsx)"},
      {std::string("SQLite format 3\0", 16), "prices.csv is an SQLite database"},
      {std::string("a\0b,unit\n", 9), "'a\\x00b' is not a column"},
      {"model,unit,price\n", "column currency is missing"},
      {"model,unit,price,currency,colour\n", "'colour'"},
      {"model,model,unit,price,currency\n", "model occurs twice"},
      {kHeader + "a,second,,,1,USD,,\nb,hour,,,1,USD,,\n", "line 3, column unit: 'hour'"},
      {kHeader + ",second,,,1,USD,,\n", "line 2, column model"},
      {kHeader + "a,second,,,,USD,,\n", "line 2, column price: the price is missing"},
      {kHeader + "a,second,,,1e3,USD,,\n", "column price: '1e3'"},
      {kHeader + "a,second,,,\"1,50\",USD,,\n", "column price: '1,50'"},
      {kHeader + "a,second,,,-1,USD,,\n", "column price"},
      {kHeader + "a,second,,,1,usd,,\n", "column currency: 'usd'"},
      {kHeader + "a,second,,,1,$,,\n", "column currency"},
      {kHeader + "a,second,x,,1,USD,,\n", "column min_sr"},
      {kHeader + "a,second,720,480,1,USD,,\n", "column max_sr"},
      {kHeader + "a,second,,,1,USD,2026-13-01,\n", "column valid_from"},
      {kHeader + "a,second,,,1,USD,2026-10,\n", "column valid_from"},
      {kHeader + "a,second,,,1,USD,2026-10-05,2026-10-04\n", "column valid_to"},
      {kHeader + "a,second,,,1,USD,,,x\n", "line 2: more cells"},
      {"model,unit,currency,price\na,second,USD,0,90\n", "line 2: more cells"},
      {kHeader + "\"a,second,,,1,USD,,\n", "line 2"},
      {"model,unit,price,currency,from_amount\n", "'from_amount' is not a column"},
      {"model,unit,price,currency,fail_reason\n", "'fail_reason' is not a column"},
      {"model,unit,price,currency,label:\n", "'label:' is not a column"},
      {"model,unit,price,currency,label:a,Label: a\n", "label:a occurs twice"},
      {"model,unit,price,currency,input_seconds\na,task,1,USD,long\n",
       "column input_seconds: 'long'"},
      {"model,unit,price,currency,input_seconds\na,task,1,USD,9..2\n",
       "column input_seconds: '9..2'"},
      {"model,unit,price,currency,discount\na,task,1,USD,10\n", "column discount: '10'"},
      {"model,unit,price,currency,discount\na,task,1,USD,101%\n", "column discount: '101%'"},
      {"model,unit,price,currency,discount\na,task,1,USD,-1%\n", "column discount: '-1%'"},
      {"model,unit,price,currency,minimum\na,task,1,USD,0\n", "column minimum: it is 0"},
      {"model,unit,price,currency,round_up\na,task,1,USD,-1\n", "column round_up: '-1'"},
      {kHeader + "a,label,,,1,USD,,\n", "column unit: 'label' is not a unit"},
      {kHeader + "a,label:,,,1,USD,,\n", "column unit: 'label:' is not a unit"},
  };
  for (const Fault& fault : faults) {
    try {
      (void)book(fault.text);
      ADD_FAILURE() << fault.text;
    } catch (const core::UsageError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("price book prices.csv"), std::string::npos) << message;
      EXPECT_NE(message.find(fault.said), std::string::npos) << message;
    }
  }
}

TEST(Glob, CoversOnlyCertainMatches) {
  struct Case {
    std::string wide;
    std::string narrow;
    bool covers;
  };
  const std::vector<Case> cases = {
      {"*", "", true},        {"*", "a*b?", true}, {"a*", "a*b", true},   {"a*", "*a", false},
      {"a?", "ab", true},     {"a?", "a?", true},  {"a?", "a*", false},   {"a", "a?", false},
      {"?*", "a*", true},     {"*b", "a*b", true}, {"a*c", "ab*c", true}, {"a*c", "a*", false},
      {"*a*", "xa*y?", true}, {"ab", "a?", false},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(core::glob_covers(one.wide, one.narrow), one.covers) << one.wide << ' ' << one.narrow;
  }
}

TEST(Glob, MatchesTheWholeText) {
  struct Case {
    std::string pattern;
    std::string text;
    bool fits;
  };
  const std::vector<Case> cases = {
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
      {"a*", "a", true},
      {"*a", "ba", true},
      {"*a", "ab", false},
      {"a*b*c", "axxbyyc", true},
      {"a*b*c", "axxc", false},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"a", "A", false},
      {"*ab", "aab", true},
      {"**", "x", true},
      {"a*a", "a", false},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(core::glob_matches(one.pattern, one.text), one.fits)
        << one.pattern << ' ' << one.text;
  }
  // Hostile patterns take time proportional to the product of the lengths, not exponential time.
  std::string stars;
  for (int i = 0; i < 500; ++i) {
    stars += "*a";
  }
  EXPECT_FALSE(core::glob_matches(stars + "b", std::string(5000, 'a')));
}

}  // namespace
