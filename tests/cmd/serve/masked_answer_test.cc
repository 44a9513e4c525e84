#include "cmd/serve/masked_answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace {

TEST(MaskedAnswer, IsLaidOutWithItsNumbersAsTheyWere) {
  EXPECT_EQ(
      cmd::masked_answer(R"({"a":1.10,"b":[ ],"c":{"d":18446744073709551616, "e":[1e400,true]}})"),
      "{\n  \"a\": 1.10,\n  \"b\": [],\n  \"c\": {\n    \"d\": 18446744073709551616,\n"
      "    \"e\": [\n      1e400,\n      true\n    ]\n  }\n}");
  EXPECT_EQ(cmd::masked_answer(R"( ["x{y}:[\"z\",\\"] )"), "[\n  \"x{y}:[\\\"z\\\",\\\\\"\n]");
}

TEST(MaskedAnswer, NoSpellingOfALinkKeepsItsSignature) {
  const std::vector<std::string> answers{
      R"({"url":"https://s.example/v.mp4?Expires=1&Signature=CANARY"})",
      R"({"url":"https:\/\/s.example\/v.mp4?Signature=CANARY"})",
      R"({"url":"https://s.example/v.mp4\u003fSignature\u003dCANARY"})",
      R"({"url":"\u0068ttps://s.example/v.mp4?x\u003dCANARY"})",
      R"({"https://s.example/v?sig=CANARY":1})",
      R"({"text":"see https://s.example/v?sig=CANARY, or this"})",
      R"({"list":["{\"url\":\"https://s.example/v?sig=CANARY\"}"]})",
      R"({"list":["{\"url\":\"https:\\/\\/s.example\\/v?sig\\u003dCANARY\"}"]})",
      R"({"authorization":"Bearer CANARY-CANARY"})",
      R"({"key":"sk-CANARYCANARYCANARY"})",
      "<a href=\"https://s.example/v?sig=CANARY\">",
      R"({"url":"https:\/\/s.example\/v\u003fsig\u003dCANARY","n":1e400})",
      R"({"cut":"https:\/\/s.example\/v\u003fsig\u003dCANARY)",
      R"(https:\u002f\u002Fs.example\/v\u003fsig\u003dCANARY)",
      "{\"cut\":\"https://s.example/v?sig=CANARY",
  };
  for (const std::string& answer : answers) {
    EXPECT_EQ(cmd::masked_answer(answer).find("CANARY"), std::string::npos)
        << cmd::masked_answer(answer);
    if (nlohmann::json::accept(answer)) {
      EXPECT_TRUE(nlohmann::json::accept(cmd::masked_answer(answer))) << cmd::masked_answer(answer);
    }
  }
}

TEST(MaskedAnswer, ALongOrDeepOneIsCut) {
  const std::string deep(8 << 20, '[');
  EXPECT_LT(cmd::masked_answer(deep).size(), std::size_t{64} << 20);
  const std::string text = cmd::masked_answer("{\"a\":\"" + std::string(1 << 20, 'x') + "\"}");
  EXPECT_LT(text.size(), std::size_t{1} << 19);
  EXPECT_NE(text.find("of 1048584 bytes"), std::string::npos);
  EXPECT_EQ(cmd::masked_answer("[]}]}"), "[]\n}\n]\n}");
  EXPECT_EQ(cmd::masked_answer(""), "");
}

TEST(MaskedAnswer, ChangesNothingElse) {
  const std::string answer =
      R"({"id":"860260753860210752","\u00e9":"a\"b\\c\u4e2d","n":null,"deep":[[[[{}]]]],"e":""})";
  EXPECT_EQ(nlohmann::ordered_json::parse(cmd::masked_answer(answer)),
            nlohmann::ordered_json::parse(answer));
}

}  // namespace
