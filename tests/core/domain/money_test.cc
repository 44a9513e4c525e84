#include "core/domain/money.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/error.h"

namespace {

using core::Decimal;

Decimal decimal(const std::string& text) {
  const auto parsed = Decimal::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Decimal());
}

TEST(Money, PrintsPlainDecimalsWithoutTrailingZeros) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"0", "0"},
      {"-0", "0"},
      {"-0.000", "0"},
      {"5.0", "5"},
      {"007.50", "7.5"},
      {"+1", "1"},
      {"100", "100"},
      {"0.0000000000000001", "0.0000000000000001"},
      {"1.0416666666666667", "1.0416666666666667"},  // 25/24, as a gateway sends it as a double
      {"-0.05", "-0.05"},
      {"1.2300", "1.23"},
      {"999999999999999999", "999999999999999999"},
      {"-999999999999999999.999999999999", "-999999999999999999.999999999999"},
      {"0.1000000000000000000", "0.1"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(decimal(text).text(), expected) << text;
  }
}

TEST(Money, AcceptsOnlyPlainDecimals) {
  for (const char* text : {"",
                           "-",
                           "+",
                           ".",
                           ".5",
                           "5.",
                           "1e3",
                           "1E3",
                           " 1",
                           "1 ",
                           "1,5",
                           "--1",
                           "1.2.3",
                           "NaN",
                           "inf",
                           "0x10",
                           "1000000000000000000",
                           "1_000",
                           "0.00000000000000001",
                           "\xd9\xa1"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
}

TEST(Money, RoundsHalfToEven) {
  struct Case {
    std::string value;
    int places;
    std::string expected;
  };
  const std::vector<Case> cases = {
      {"0.125", 2, "0.12"},     {"0.135", 2, "0.14"}, {"-0.125", 2, "-0.12"},
      {"-0.135", 2, "-0.14"},   {"2.5", 0, "2"},      {"3.5", 0, "4"},
      {"-2.5", 0, "-2"},        {"0.5", 0, "0"},      {"1.5", 0, "2"},
      {"0.1250001", 2, "0.13"}, {"9.999", 2, "10"},   {"1.1", 4, "1.1"},
      {"0.004", 2, "0"},        {"-0.004", 2, "0"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(decimal(one.value).rounded(one.places).text(), one.expected) << one.value;
  }
}

TEST(Money, RoundsAmountsFarBelowTheLastPlace) {
  EXPECT_EQ(Decimal(1).divided_by_power_of_ten(60).rounded(2).text(), "0");
}

TEST(Money, ComputesExactly) {
  EXPECT_EQ((decimal("0.1") + decimal("0.2")).text(), "0.3");
  EXPECT_EQ((decimal("0.1") - decimal("0.3")).text(), "-0.2");
  EXPECT_EQ((decimal("0.000000000001") * decimal("0.000000000001")).text(),
            "0.000000000000000000000001");
  EXPECT_EQ((decimal("108900").divided_by_power_of_ten(6) * decimal("46")).text(), "5.0094");
  EXPECT_EQ((decimal("123456789012345678") * decimal("-987654321098765432")).text(),
            "-121932631137021794322511812221002896");
  EXPECT_EQ((-decimal("1.5")).text(), "-1.5");
}

TEST(Money, ComparesValuesNotSpellings) {
  EXPECT_EQ(decimal("5.0"), decimal("5"));
  EXPECT_LT(decimal("-1"), decimal("0.5"));
  EXPECT_GT(decimal("10"), decimal("9.99"));
  EXPECT_LE(decimal("720"), decimal("720.0"));
}

TEST(Money, RoundsUpToMultiples) {
  const auto up = [](const char* value, const char* step) {
    return Decimal::parse(value)->rounded_up_to(*Decimal::parse(step)).text();
  };
  EXPECT_EQ(up("5.041", "1"), "6");
  EXPECT_EQ(up("5", "1"), "5");
  EXPECT_EQ(up("5.0000000000000001", "5"), "10");
  EXPECT_EQ(up("0.1089", "0.001"), "0.109");
  EXPECT_EQ(up("7", "2.5"), "7.5");
  EXPECT_EQ(up("0", "3"), "0");
  const Decimal large = decimal("999999999999999999") * decimal("999999999999999999");
  EXPECT_THROW((void)large.rounded_up_to(decimal("0.003")), core::Error);
}

TEST(Money, HasAReciprocalOnlyIfItIsExact) {
  const auto reciprocal = [](long long value) {
    const auto exact = Decimal(value).exact_reciprocal();
    return exact ? exact->text() : "none";
  };
  EXPECT_EQ(reciprocal(500'000), "0.000002");
  EXPECT_EQ(reciprocal(1), "1");
  EXPECT_EQ(reciprocal(80), "0.0125");
  EXPECT_EQ(reciprocal(1'000'000'000'000'000'000), "0.000000000000000001");
  for (const long long value : {0LL, -5LL, 3LL, 300'000LL, 7LL}) {
    EXPECT_EQ(reciprocal(value), "none") << value;
  }
}

TEST(Money, DividesRoundingHalfToEven) {
  struct Case {
    const char* dividend;
    const char* divisor;
    int places;
    const char* quotient;
  };
  for (const Case& one :
       {Case{"1", "3", 4, "0.3333"}, Case{"2", "3", 4, "0.6667"}, Case{"-2", "3", 2, "-0.67"},
        Case{"2", "-3", 2, "-0.67"}, Case{"1", "8", 2, "0.12"}, Case{"3", "8", 2, "0.38"},
        Case{"-1", "8", 2, "-0.12"}, Case{"5.0094", "0.5", 4, "10.0188"},
        Case{"0.00000004", "4", 2, "0"}, Case{"1", "0.0004", 0, "2500"}, Case{"0", "7", 2, "0"},
        Case{"999999999999999999", "1.5", 2, "666666666666666666"}}) {
    EXPECT_EQ(
        Decimal::parse(one.dividend)->divided(*Decimal::parse(one.divisor), one.places).text(),
        one.quotient)
        << one.dividend << " / " << one.divisor;
  }
}

TEST(Money, RefusesToOverflow) {
  const Decimal large = decimal("999999999999999999") * decimal("999999999999999999");
  EXPECT_THROW((void)(large * large), core::Error);
  EXPECT_THROW((void)(large + decimal("0.001")), core::Error);
  EXPECT_THROW((void)(large + Decimal(1).divided_by_power_of_ten(50)), core::Error);
}

// A slow oracle: integers of 10^-6 in 64 bits.
TEST(Money, AgreesWithScaledIntegers) {
  std::mt19937_64 random(20261001);
  std::uniform_int_distribution<long long> value(-3'000'000'000LL, 3'000'000'000LL);
  const auto of_micros = [](long long micros) {
    return Decimal(micros).divided_by_power_of_ten(6);
  };
  for (int i = 0; i < 20000; ++i) {
    const long long a = value(random);
    const long long b = value(random);
    ASSERT_EQ(of_micros(a) + of_micros(b), of_micros(a + b));
    ASSERT_EQ(of_micros(a) - of_micros(b), of_micros(a - b));
    ASSERT_EQ(of_micros(a) * of_micros(b), Decimal(a * b).divided_by_power_of_ten(12));
    ASSERT_EQ(of_micros(a) < of_micros(b), a < b);
    ASSERT_EQ(decimal(of_micros(a).text()), of_micros(a));
    const long long down = (a - ((a % 1000 + 1000) % 1000)) / 1000;
    const long long rest = a - down * 1000;
    const long long rounded = down + (rest > 500 || (rest == 500 && down % 2 != 0) ? 1 : 0);
    ASSERT_EQ(of_micros(a).rounded(3), Decimal(rounded).divided_by_power_of_ten(3)) << a;
  }
}

}  // namespace
