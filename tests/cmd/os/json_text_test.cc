#include "cmd/os/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace {

using Json = nlohmann::ordered_json;

TEST(JsonText, KnowsWhatIsANumber) {
  for (const char* text : {"0", "-0", "7", "-12", "0.5", "10.250", "1e3", "1E-3", "2.5e+10",
                           "123456789012345678901234567890.000000000000000000000001"}) {
    EXPECT_TRUE(cmd::is_json_number(text)) << text;
    EXPECT_TRUE(Json::accept(text)) << text;
  }
  for (const char* text : {"", "-", "007", "-01", "+5", ".5", "5.", "1e", "1e+", "1.5.1", "0x10",
                           " 5", "5 ", "1,5", "NaN", "inf", "-Infinity", "true", "\"5\""}) {
    EXPECT_FALSE(cmd::is_json_number(text)) << text;
  }
}

TEST(JsonText, KeepsEveryDigitOfAnExactNumber) {
  const auto amount = core::Decimal::from_text("12345678901234.000000000000000000000001");
  Json json{{"cost", cmd::exact_number(amount)}, {"sent", cmd::exact_number("-5.0")}};
  json["all"] = Json::array({cmd::exact_number("007"), cmd::exact_number("1e3")});
  json["totals"] = cmd::exact_numbers({{"CNY", core::Decimal(3)}, {"USD", amount}});
  json["none"] = cmd::exact_numbers({});
  EXPECT_EQ(cmd::json_text(json),
            R"({"cost":12345678901234.000000000000000000000001,"sent":-5.0,"all":["007",1e3],)"
            R"("totals":{"CNY":3,"USD":12345678901234.000000000000000000000001},"none":{}})");
}

TEST(JsonText, IsOtherwiseThatOfTheLibrary) {
  Json json{{"text", "line\nfeed \" \\ \x01 \u00e9 \xff"}, {"count", 18446744073709551615U}};
  json["nested"] = {{"list", {1, 2.5, nullptr, true, Json::array(), Json::object()}}};
  json["a \"key\""] = Json::array({Json{{"x", 1}}, Json{{"x", 2}}});
  constexpr auto kReplace = Json::error_handler_t::replace;
  EXPECT_EQ(cmd::json_text(json), json.dump(-1, ' ', false, kReplace));
  EXPECT_EQ(cmd::json_text(json, true), json.dump(-1, ' ', true, kReplace));
  EXPECT_EQ(cmd::json_page(json), json.dump(2, ' ', false, kReplace) + "\n");
  EXPECT_EQ(cmd::json_page(Json::object()), "{}\n");
  std::ostringstream out;
  cmd::print_json(out, json);
  EXPECT_EQ(out.str(), cmd::json_text(json) + "\n");
}

}  // namespace
