#include "core/billing/terms.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/billing/price_book.h"
#include "core/error.h"

namespace {

using core::PriceBook;
using core::Terms;

Terms with_rates(const std::string& text) {
  const std::string resale = "model,unit,price,currency\r\n*,task,2,EUR";
  return {.rounding = core::Rounding{2},
          .rates = core::Rates::parse(text, "EUR", "rates.csv"),
          .resale = core::PriceFile{resale, PriceBook::parse(resale, "resale.csv")}};
}

const std::vector<std::string> kBooks = {"model,unit,price,currency\nm,second,1,USD\n",
                                         "model,unit,price,currency\r\nm,second,1,USD",
                                         "model,unit,price,currency\n# quota-per-unit: 1000\n"};
const std::vector<std::string> kRates = {"date,from,to,rate\n2026-10,USD,EUR,0.92\n",
                                         "date,from,to,rate\r\n2026-10,USD,EUR,0.92",
                                         "date,from,to,rate\n\n\n2026-10,USD,EUR,0.92\n\n"};

TEST(Terms, StandBehindTheBookAndAreReadAgain) {
  for (const std::string& book : kBooks) {
    for (const std::string& text : kRates) {
      const std::string frozen = core::with_terms(book, with_rates(text));
      EXPECT_EQ(PriceBook::without_terms(frozen), book);
      const Terms read = core::terms_of(frozen);
      EXPECT_EQ(read.rounding, core::Rounding{2});
      ASSERT_TRUE(read.rates);
      EXPECT_EQ(read.rates->text(), text);
      EXPECT_EQ(read.rates->billing_currency(), "EUR");
      ASSERT_TRUE(read.resale);
      EXPECT_EQ(read.resale->text, with_rates(text).resale->text);
      EXPECT_EQ(read.resale->book.rows().size(), 1U);
      EXPECT_EQ(PriceBook::parse(frozen, "p").unit_of_quota(),
                PriceBook::parse(book, "p").unit_of_quota());
      EXPECT_EQ(PriceBook::parse(frozen, "p").rows().size(),
                PriceBook::parse(book, "p").rows().size());
    }
  }
}

TEST(Terms, ABookWithoutTermsKeepsItsBytes) {
  const std::string book = "model,unit,price,currency\n# round: 2\n";
  EXPECT_EQ(core::with_terms(book, {}), book);
  EXPECT_TRUE(core::terms_of(book).are_none());
  EXPECT_TRUE(core::terms_of("").are_none());
}

TEST(Terms, DamagedOnesAreNotGuessed) {
  const std::string mark(PriceBook::kTermsMark);
  for (const char* line :
       {"# round: x\n", "# rounding: 2\n", "# rates: date,from\n", "round", "# resale: model\n",
        "# rates: date,from,to,rate\n# rates: 2026-10,USD,EUR,1\n"}) {
    EXPECT_THROW(static_cast<void>(core::terms_of("model\n" + mark + line)), core::Error) << line;
  }
}

}  // namespace
