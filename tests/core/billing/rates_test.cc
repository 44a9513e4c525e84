#include "core/billing/rates.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "core/error.h"

namespace {

using core::Rates;
using namespace std::chrono_literals;

Rates rates(const std::string& rows) {
  return Rates::parse("date,from,to,rate,source\n" + rows, "EUR", "rates.csv");
}

std::string found(const Rates& rates, std::string_view from, std::chrono::year_month_day day) {
  const core::Rate* rate = rates.find(from, std::chrono::sys_days(day));
  return rate == nullptr ? "" : rate->rate.text() + " " + rate->date + " " + rate->source;
}

TEST(Rates, ADayCountsUntilTheNextOneAndAMonthOtherwise) {
  const Rates all = rates(
      "2026-10-02,USD,EUR,0.92,ECB\n"
      "2026-10-05,USD,EUR,0.925,ECB\n"
      "2026-10,USD,EUR,0.9,tax office\n"
      "2026-10-05,CNY,EUR,0.13,\n"
      "2026-10-05,EUR,USD,1.08,ECB\n");
  EXPECT_EQ(found(all, "USD", 2026y / 10 / 1), "0.9 2026-10 tax office");
  EXPECT_EQ(found(all, "USD", 2026y / 10 / 2), "0.92 2026-10-02 ECB");
  EXPECT_EQ(found(all, "USD", 2026y / 10 / 4), "0.92 2026-10-02 ECB") << "a Sunday";
  EXPECT_EQ(found(all, "USD", 2026y / 10 / 5), "0.925 2026-10-05 ECB");
  EXPECT_EQ(found(all, "USD", 2026y / 10 / 11), "0.925 2026-10-05 ECB") << "six days later";
  EXPECT_EQ(found(all, "USD", 2026y / 10 / 12), "0.9 2026-10 tax office");
  EXPECT_EQ(found(all, "USD", 2026y / 11 / 1), "");
  EXPECT_EQ(found(all, "CNY", 2026y / 10 / 5), "0.13 2026-10-05 ");
  EXPECT_EQ(found(all, "CNY", 2026y / 10 / 4), "") << "no earlier rate";
  EXPECT_EQ(found(all, "EUR", 2026y / 10 / 5), "") << "a rate is never turned round";
  EXPECT_EQ(found(all, "JPY", 2026y / 10 / 5), "");
}

TEST(Rates, AWrongFileIsNamedWithLineAndColumn) {
  struct Case {
    const char* text;
    const char* why;
  };
  const std::string header = "date,from,to,rate,source\n";
  for (const auto& [text, why] : {
           Case{"", "no row leads to EUR"},
           Case{"2026-10-05,USD,CNY,7\n", "no row leads to EUR"},
           Case{"05.10.2026,USD,EUR,0.9\n", "line 2, column date: '05.10.2026' is neither a day"},
           Case{"2026,USD,EUR,0.9\n", "line 2, column date"},
           Case{"2026-10-05,usd,EUR,0.9\n", "line 2, column from: 'usd'"},
           Case{"2026-10-05,USD,EURO,0.9\n", "line 2, column to: 'EURO'"},
           Case{"2026-10-05,USD,EUR,\n", "line 2, column rate"},
           Case{"2026-10-05,USD,EUR,0\n", "line 2, column rate"},
           Case{"2026-10-05,USD,EUR,-1\n", "line 2, column rate"},
           Case{"2026-10-05,USD,EUR,0,92,ECB\n", "line 2: more cells"},
           Case{"2026-10-05,USD,EUR,0.9\n2026-10-05,USD,EUR,0.9\n",
                "line 3, column date: a row above has the rate of 2026-10-05 from USD to EUR"},
       }) {
    try {
      static_cast<void>(Rates::parse(header + text, "EUR", "rates.csv"));
      ADD_FAILURE() << text;
    } catch (const core::UsageError& failure) {
      EXPECT_NE(std::string(failure.what()).find(why), std::string::npos) << failure.what();
    }
  }
  EXPECT_THROW(static_cast<void>(Rates::parse("date,from,to\n", "EUR", "r")), core::UsageError);
  EXPECT_THROW(static_cast<void>(Rates::parse("date,from,to,rate,rate\n", "EUR", "r")),
               core::UsageError);
  EXPECT_THROW(static_cast<void>(Rates::parse("date,from,to,rate,bank\n", "EUR", "r")),
               core::UsageError);
}

TEST(Rates, AreReadFromOtherTables) {
  const Rates all = Rates::parse("\xEF\xBB\xBFTo;From;Rate;Date\r\nEUR;USD;0.92;2026-10\r\n;;;\r\n",
                                 "EUR", "rates.csv");
  EXPECT_EQ(found(all, "USD", 2026y / 10 / 31), "0.92 2026-10 ");
}

}  // namespace
