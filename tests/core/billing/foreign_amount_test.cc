#include "core/billing/foreign_amount.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::DecimalSign;

std::string read(const std::string& text, DecimalSign sign = DecimalSign::by_text) {
  const core::ForeignAmount one = core::read_foreign_amount(text, sign);
  return (one.amount      ? one.amount->text()
          : one.ambiguous ? "ambiguous"
                          : "none") +
         (one.currency.empty() ? "" : " " + one.currency);
}

TEST(ForeignAmount, IsReadAsItIsWritten) {
  struct Case {
    const char* text;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"12.30", "12.3"},
      {"-5", "-5"},
      {"+5", "5"},
      {"5-", "-5"},
      {"(0.5)", "-0.5"},
      {"\xE2\x88\x92"
       "0.5",
       "-0.5"},
      {"0,5", "0.5"},
      {"0,500", "0.5"},
      {"12,5", "12.5"},
      {"12,3456", "12.3456"},
      {"1,234", "ambiguous"},
      {"1.234", "1.234"},
      {"1,234.56", "1234.56"},
      {"1.234,56", "1234.56"},
      {"1,234,567", "1234567"},
      {"1.234.567,8", "1234567.8"},
      {"1 234,50", "1234.5"},
      {"1\xC2\xA0"
       "234,50 \xE2\x82\xAC",
       "1234.5 EUR"},
      {"1'234.50", "1234.5"},
      {"$1,234.56", "1234.56 USD"},
      {"-$0.02", "-0.02 USD"},
      {"$-0.02", "-0.02 USD"},
      {"($0.02)", "-0.02 USD"},
      {"US$ 3", "3 USD"},
      {"usd 3", "3 USD"},
      {"3 eur", "3 EUR"},
      {"\xC2\xA5"
       "12.3",
       "12.3 CNY"},
      {"\xEF\xBF\xA5"
       "12.3",
       "12.3 CNY"},
      {"12.3\xE5\x85\x83", "12.3 CNY"},
      {"RMB 7", "7 CNY"},
      {"1.5E-05", "0.000015"},
      {"2.178e5", "217800"},
      {"2,178E+05", "ambiguous"},
      {"2.17800e5", "217800"},
      {"12e2", "1200"},
      {"1e19", "none"},
      {"0.000000", "0"},
      {"", "none"},
      {"-", "none"},
      {"--5", "none"},
      {"many", "none"},
      {"1,23,4", "none"},
      {"1.2.3", "none"},
      {"1,234.5,6", "none"},
      {"12 XYZ", "none"},
      {"=5", "none"},
      {"5 USD EUR", "none EUR"},
      {"1e", "none"},
      {"e5", "none"},
      {"NaN", "none"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(read(one.text), one.expected) << one.text;
  }
}

TEST(ForeignAmount, WithADecimalCommaNothingIsAmbiguous) {
  EXPECT_EQ(read("1,234", DecimalSign::comma), "1.234");
  EXPECT_EQ(read("1.234", DecimalSign::comma), "1234");
  EXPECT_EQ(read("1.234,5 CNY", DecimalSign::comma), "1234.5 CNY");
  EXPECT_EQ(read("1.23", DecimalSign::comma), "none");
  EXPECT_EQ(read("7", DecimalSign::comma), "7");
}

TEST(ForeignAmount, NamesOfCurrencies) {
  for (const char* name : {"RMB", "rmb", "\xE5\x85\x83", "\xC2\xA5", "cny", "CNH"}) {
    EXPECT_EQ(core::currency_of_word(name), "CNY") << name;
  }
  EXPECT_EQ(core::currency_of_word("usd"), "USD");
  EXPECT_EQ(core::currency_of_word("points"), "points");
}

TEST(ForeignAmount, ContradictsAnotherCurrencyThanItIsWrittenWith) {
  struct Case {
    const char* text;
    const char* code;
    bool contradicts;
  };
  const std::vector<Case> cases{
      {"12.3", "USD", false},  {"¥12.3", "USD", true},     {"¥12.3", "CNY", false},
      {"¥12.3", "JPY", false}, {"￥12", "EUR", true},      {"$1", "AUD", false},
      {"US$1", "AUD", true},   {"1 Dollar", "CAD", false}, {"EUR 3", "USD", true},
      {"3 eur", "EUR", false}, {"5元", "JPY", true},
  };
  for (const auto& [text, code, contradicts] : cases) {
    EXPECT_EQ(core::read_foreign_amount(text, DecimalSign::by_text).contradicts(code), contradicts)
        << text << ' ' << code;
  }
}

}  // namespace
