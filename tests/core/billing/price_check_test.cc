#include "core/billing/price_check.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/billing/currencies.h"

namespace {

const std::string kOld = "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n";
const std::string kContracts = "model,unit,max_sr,price,currency,valid_to,account,label:c\n";

// "4 tie; 5 currency; ".
std::string found(const std::string& text) {
  std::string all;
  for (const core::PriceFinding& finding :
       core::check_prices(core::PriceBook::parse(text, "prices.csv"))) {
    all += std::to_string(finding.line) + " " + std::string(name(finding.fault)) + "; ";
  }
  return all;
}

TEST(PriceCheck, FindsWhatIsProbablyWrong) {
  struct Case {
    std::string name;
    std::string text;
    std::string found;
  };
  const std::vector<Case> cases = {
      {"nothing",
       kOld + "a,second,,720,1,CNY,,2026-06-30\na,second,,720,2,CNY,2026-07-01,\n"
              "a,second,721,,3,CNY,,\n*,second,,,4,USD,,\n*,sr_mtoken,,,4,USD,,\n",
       ""},
      {"an empty row", kOld + ",,,,,,,\na,second,,,1,CNY,,\n\n", ""},
      {"hidden", kOld + "*,second,,,1,CNY,,\na,second,,,2,CNY,,\n", "3 never_counts; "},
      {"720 lines twice", kOld + "a,second,,720,1,CNY,,\na,second,720,,2,CNY,,\n", "3 overlap; "},
      {"30 June twice", kOld + "a,second,,,1,CNY,,2026-06-30\na,second,,,2,CNY,2026-06-30,\n",
       "3 overlap; "},
      {"an exception", kOld + "a,second,,,1,CNY,2026-06-01,2026-06-30\na,second,,,2,CNY,,\n", ""},
      {"the same price twice", kOld + "a,second,,720,1,CNY,,\na,second,720,,1,CNY,,\n", ""},
      {"days without a price",
       kOld + "a,second,,,1,CNY,,2026-05-31\na,second,,,2,CNY,2026-07-01,\n", "3 day_gap; "},
      {"days with a general price",
       kOld + "a,second,,,1,CNY,,2026-05-31\na,second,,,2,CNY,2026-07-01,\n*,second,,,3,CNY,,\n",
       ""},
      {"days of another picture",
       kOld + "a,second,,720,1,CNY,,2026-05-31\na,second,,720,2,CNY,2026-07-01,\n"
              "a,second,721,,3,CNY,,\n",
       "3 day_gap; "},
      {"three rows, one of them long",
       kOld + "a,second,,,1,CNY,,2026-05-31\na,second,,,1,CNY,,2026-08-31\n"
              "a,second,,,1,CNY,2026-09-01,\n",
       ""},
      {"pictures without a price", kOld + "a,second,,720,1,CNY,,\na,second,1080,,2,CNY,,\n",
       "3 picture_gap; "},
      {"super resolution is apart", kOld + "a,mtoken,,720,1,CNY,,\na,sr_mtoken,1080,,2,CNY,,\n",
       ""},
      {"RMB", kOld + "a,second,,,1,RMB,,\n", "2 currency; "},
      {"equal rows", kContracts + "a,task,,1,CNY,,x,\na,task,,2,CNY,,x,\n", "3 tie; "},
      {"two contracts of one task", kContracts + "a,task,,1,CNY,,x,\na,task,,2,CNY,,,y\n",
       "3 tie; "},
      {"decided by a third row",
       kContracts + "a,task,,1,CNY,,x,\na,task,,2,CNY,,,y\na,task,,3,CNY,,x,y\n", ""},
      {"decided only for some pictures",
       kContracts + "a,task,,1,CNY,,x,\na,task,,2,CNY,,,y\na,task,720,3,CNY,,x,y\n", "3 tie; "},
      {"other customers", kContracts + "a,task,,1,CNY,,,x*\na,task,,2,CNY,,,y\n", ""},
      {"general and special", kContracts + "a,task,,1,CNY,,,\na,task,,2,CNY,,,y\n", ""},
      {"days without a price for a customer",
       "model,unit,price,currency,valid_from,valid_to,label:c\n"
       "a,task,1,CNY,,2026-05-31,x\na,task,1,CNY,2026-07-01,,x\na,task,1,CNY,,,y\n",
       "3 day_gap; "},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(found(one.text), one.found) << one.name;
  }
}

TEST(PriceCheck, SaysWhichDaysAndPicturesHaveNoPrice) {
  const auto findings = core::check_prices(
      core::PriceBook::parse(kOld + "a,second,,720,1,CNY,,2026-05-31\n"
                                    "a,second,,720,2,CNY,2026-07-01,\n"
                                    "b,second,,720,1,CNY,,\nb,second,1080,,1,CNY,,\n",
                             "prices.csv"));
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].text,
            "no row gives a price from 2026-06-01 to 2026-06-30, between line 2 and this one");
  EXPECT_EQ(findings[1].text,
            "no row gives a price for pictures of 721 to 1079 lines, between line 4 and this one");
}

TEST(Currencies, AreThoseOfTheStandard) {
  for (const char* code : {"CNY", "USD", "EUR", "JPY", "AED", "ZWG", "XOF"}) {
    EXPECT_TRUE(core::is_iso_currency(code)) << code;
  }
  for (const char* code : {"RMB", "EURO", "ED ", "", "usd", "AAA"}) {
    EXPECT_FALSE(core::is_iso_currency(code)) << code;
  }
}

}  // namespace
