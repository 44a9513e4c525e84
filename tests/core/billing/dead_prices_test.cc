#include "core/billing/dead_prices.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using core::PriceBook;

PriceBook book(const std::string& rows) {
  return PriceBook::parse("model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n" + rows,
                          "prices.csv");
}

TEST(DeadPrices, AreRowsThatCanNeverApply) {
  struct Case {
    const char* name;
    const char* rows;
    const char* dead;  // "ROW<EARLIER ROW", the header is line 1
  };
  const std::vector<Case> cases{
      {"one row", "a,second,,,1,USD,,\n", ""},
      {"the same again", "a,second,,,1,USD,,\na,second,,,2,USD,,\n", "3<2"},
      {"the same in another unit", "a,second,,,1,USD,,\na,video,,,2,USD,,\n", "3<2"},
      {"beside it", "a,second,,,1,USD,,\na,sr_mtoken,,,2,USD,,\n", ""},
      {"twice beside it", "a,sr_mtoken,,,1,USD,,\na,second,,,1,USD,,\n*,sr_mtoken,,,2,USD,,\n", ""},
      {"behind all", "*,second,,,1,USD,,\na,second,,,2,USD,,\nb*,second,,,2,USD,,\n", "3<2 4<2"},
      {"the first of several", "a*,video,,,1,USD,,\na?,video,,,1,USD,,\nab,video,,,1,USD,,\n",
       "3<2 4<2"},
      {"a wider row behind", "a,second,,,2,USD,,\n*,second,,,1,USD,,\n", ""},
      {"tiers side by side", "a,second,,720,1,USD,,\na,second,721,,2,USD,,\n", ""},
      {"a tier within another", "a,second,,1080,1,USD,,\na,second,480,720,2,USD,,\n", "3<2"},
      {"a tier that reaches out", "a,second,,1080,1,USD,,\na,second,480,,2,USD,,\n", ""},
      {"unknown resolutions are left", "a,second,0,,1,USD,,\na,second,,,2,USD,,\n", ""},
      {"days within others",
       "a,second,,,1,USD,2026-01-01,\na,second,,,2,USD,2026-02-01,2026-03-01\n", "3<2"},
      {"days before", "a,second,,,1,USD,2026-01-01,\na,second,,,2,USD,,2026-03-01\n", ""},
      {"days that go on", "a,second,,,1,USD,,2026-06-30\na,second,,,2,USD,,\n", ""},
      {"two times in a row",
       "a,second,,,1,USD,,2026-06-30\na,second,,,2,USD,2026-07-01,\na,second,,,3,USD,,\n", "4<2,3"},
      {"two times with a day between",
       "a,second,,,1,USD,,2026-06-30\na,second,,,2,USD,2026-07-02,\na,second,,,3,USD,,\n", ""},
      {"two times that overlap",
       "a*,second,,,1,USD,,2026-08-31\na,second,,,2,USD,2026-07-01,\na,video,,,3,USD,2026-01-01,\n",
       "4<2,3"},
      {"tiers that touch",
       "a,second,,720,1,USD,,\na,second,720,,2,USD,,\na,second,480,1080,3,USD,,\n", "4<2,3"},
      {"tiers with room between",
       "a,second,,720,1,USD,,\na,second,721,,2,USD,,\na,second,480,1080,3,USD,,\n", ""},
      {"tiers that leave unknown resolutions",
       "a,second,,720,1,USD,,\na,second,720,,2,USD,,\na,second,,,3,USD,,\n", ""},
      {"tiers in one part of the time alone",
       "a,second,,720,1,USD,,\na,second,720,,2,USD,,2026-06-30\na,second,480,1080,3,USD,,\n", ""},
      {"tiers and times",
       "a,second,,720,1,USD,,\na,second,720,,2,USD,,2026-06-30\na,second,720,,2,USD,2026-07-01,\n"
       "a,second,480,1080,3,USD,,\n",
       "5<2,3,4"},
      {"what was generated is not what was delivered",
       "a,second,0,1080,1,USD,,\na,mtoken,0,720,1,USD,,\na,mtoken,0,360,1,USD,,\n", "4<3"},
      {"case counts", "A,second,,,1,USD,,\na,second,,,2,USD,,\n", ""},
  };
  for (const Case& one : cases) {
    std::string dead;
    const PriceBook prices = book(one.rows);
    for (const core::DeadPrice& row : core::dead_prices(prices)) {
      dead += (dead.empty() ? "" : " ") + std::to_string(row.line) + "<";
      for (const std::uint64_t line : row.earlier_lines) {
        dead += (dead.back() == '<' ? "" : ",") + std::to_string(line);
      }
    }
    EXPECT_EQ(dead, one.dead) << one.name;
  }
}

// Each row against each earlier one would be 5,000,000,000 comparisons.
TEST(DeadPrices, ManyRowsAreCheckedQuickly) {
  std::string rows;
  for (std::size_t i = 0; i < core::PriceBook::kRowsMax - 1; ++i) {
    rows += "m" + std::to_string(i) + ",second,,,1,USD,,\n";
  }
  EXPECT_EQ(core::dead_prices(book(rows + "m7,second,,,1,USD,,\n")).size(), 1U);
}

}  // namespace
