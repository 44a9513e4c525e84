#include "core/billing/rounding.h"

#include <gtest/gtest.h>

#include <string>

#include "core/billing/currencies.h"

namespace {

using core::Decimal;
using core::Rounding;

TEST(Rounding, IsToPlacesOrToTheDecimalsOfTheCurrency) {
  struct Case {
    const char* amount;
    const char* currency;
    Rounding rounding;
    const char* rounded;
  };
  for (const Case& one : {
           Case{"0.125", "USD", {2}, "0.12"},
           Case{"0.135", "USD", {2}, "0.14"},
           Case{"1.5", "JPY", {}, "2"},
           Case{"2.5", "JPY", {}, "2"},
           Case{"-2.5", "JPY", {}, "-2"},
           Case{"1.23456", "KWD", {}, "1.235"},
           Case{"1.23456", "EUR", {}, "1.23"},
           Case{"1.23456", "JPY", {3}, "1.235"},
           Case{"1.23456", "RMB", {}, "1.23456"},
           Case{"1.23456", "", {}, "1.23456"},
           Case{"1.23456", "RMB", {1}, "1.2"},
           Case{"0", "KRW", {}, "0"},
       }) {
    EXPECT_EQ(one.rounding.rounded(*Decimal::parse(one.amount), one.currency).text(), one.rounded)
        << one.amount << " " << one.currency;
  }
}

TEST(Rounding, IsReadAsItIsWritten) {
  for (const Rounding& one : {Rounding{}, Rounding{0}, Rounding{18}}) {
    EXPECT_EQ(Rounding::parse(one.text()), one);
  }
  for (const char* text : {"", "19", "-1", "2x", "Currency", " 2"}) {
    EXPECT_FALSE(Rounding::parse(text)) << text;
  }
}

TEST(Currencies, HaveTheDecimalsOfTheStandard) {
  for (const char* code : {"JPY", "KRW", "VND", "XAF", "XPF", "ISK", "CLP", "BIF"}) {
    EXPECT_EQ(core::currency_decimals(code), 0) << code;
  }
  for (const char* code : {"KWD", "BHD", "OMR", "TND", "JOD"}) {
    EXPECT_EQ(core::currency_decimals(code), 3) << code;
  }
  for (const char* code : {"USD", "CNY", "EUR", "HUF", "IDR", "AED", "ZWG"}) {
    EXPECT_EQ(core::currency_decimals(code), 2) << code;
  }
  for (const char* code : {"RMB", "", "US", "USDT", "usd"}) {
    EXPECT_EQ(core::currency_decimals(code), std::nullopt) << code;
  }
}

}  // namespace
