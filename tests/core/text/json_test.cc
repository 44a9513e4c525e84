#include "core/text/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace core {
namespace {

const auto kCaseName = [](const auto& parameter) { return std::string(parameter.param.name); };

std::string deep(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

std::string object_of(std::size_t members, const std::string& last_key) {
  std::string text = "{";
  for (std::size_t i = 0; i + 1 < members; ++i) {
    text += "\"k" + std::to_string(i) + "\":0,";
  }
  return text + "\"" + last_key + "\":1}";
}

TEST(JsonDocument, FindsValuesByKeyAndOrder) {
  JsonDocument document;
  ASSERT_EQ(document.read(R"({"a":{"b":[1,"two",null,true,{"c":false}]},"d":"x"})"),
            JsonFailure::none);
  const JsonValue list = document.root()["a"]["b"];
  ASSERT_TRUE(list.is_array());
  std::vector<std::string> seen;
  std::vector<JsonKind> kinds;
  for (const JsonValue child : list.children()) {
    seen.emplace_back(child.scalar());
    kinds.push_back(child.kind());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"1", "two", "", "true", ""}));
  EXPECT_EQ(kinds, (std::vector<JsonKind>{JsonKind::number, JsonKind::string, JsonKind::null,
                                          JsonKind::boolean, JsonKind::object}));
  EXPECT_EQ(document.root()["d"].text(), "x");
  EXPECT_EQ(document.root()["d"].key(), "d");
  EXPECT_EQ(document.root()["a"].next_sibling().key(), "d");
  EXPECT_FALSE(document.root()["d"].next_sibling().exists());
  EXPECT_FALSE(document.root().next_sibling().exists());
}

TEST(ObjectsAsSent, OnlyAnArrayOfObjectsHasSome) {
  const std::string text = R"({"x":{"list":[{"a" : 1}, {}],"n":[1],"empty":[]},"list":[{"b":2}]})";
  EXPECT_EQ(objects_as_sent(text, "/x/list"),
            (std::vector<std::string_view>{R"({"a" : 1})", "{}"}));
  EXPECT_EQ(objects_as_sent(text, "/list"), std::vector<std::string_view>{R"({"b":2})"});
  for (const char* pointer : {"/x/n", "/x/empty", "/x", "/none", "/x/none/list", ""}) {
    EXPECT_TRUE(objects_as_sent(text, pointer).empty()) << pointer;
  }
  EXPECT_TRUE(objects_as_sent("", "/x").empty());
}

// More keys than an object has marks for, so that many share one.
TEST(JsonDocument, FindsEachOfManyKeysAndNoMissingOne) {
  std::string text = R"({"":"empty")";
  for (int i = 0; i < 300; i += 2) {
    text += ",\"key_" + std::to_string(i) + "\":" + std::to_string(i);
  }
  JsonDocument document;
  ASSERT_EQ(document.read(text + "}"), JsonFailure::none);
  const JsonValue root = document.root();
  EXPECT_EQ(root[""].text(), "empty");
  for (int i = 0; i < 300; ++i) {
    const JsonValue value = root["key_" + std::to_string(i)];
    EXPECT_EQ(value.scalar(), i % 2 == 0 ? std::to_string(i) : "") << i;
  }
  EXPECT_EQ(root[MarkedKey("key_298")].scalar(), "298");
  EXPECT_FALSE(root[MarkedKey("key_299")].exists());
}

TEST(JsonDocument, TellsQuicklyThatNoneOfSomeKeysIsThere) {
  JsonDocument document;
  ASSERT_EQ(document.read(R"({"url":"x"})"), JsonFailure::none);
  EXPECT_TRUE(document.root().may_hold(key_mark("videos") | key_mark("url")));
  EXPECT_FALSE(document.root().may_hold(key_mark("videos")));
  EXPECT_FALSE(document.root()["url"].may_hold(key_mark("url")));
  EXPECT_FALSE(JsonValue().may_hold(key_mark("url")));
}

TEST(JsonDocument, LookUpsInAnAbsentValueAreAbsent) {
  JsonDocument document;
  ASSERT_EQ(document.read(R"({"text":"x","number":5,"list":[],"nothing":null})"),
            JsonFailure::none);
  const JsonValue root = document.root();
  const JsonValue absent = root["no"]["such"]["path"];
  EXPECT_FALSE(absent.exists());
  EXPECT_TRUE(absent.is_null());
  EXPECT_EQ(absent.text(), "");
  EXPECT_EQ(absent.scalar(), "");
  EXPECT_EQ(absent.key(), "");
  EXPECT_FALSE(absent.first_child().exists());
  EXPECT_FALSE(absent.next_sibling().exists());
  for (const JsonValue child : absent.children()) {
    ADD_FAILURE() << child.key();
  }
  for (const JsonValue child : root["list"].children()) {
    ADD_FAILURE() << child.key();
  }
  for (const JsonValue child : root["text"].children()) {
    ADD_FAILURE() << child.key();
  }
  EXPECT_FALSE(root["text"]["x"].exists());
  EXPECT_EQ(root["number"].text(), "");
  EXPECT_TRUE(root["nothing"].exists());
  EXPECT_TRUE(root["nothing"].is_null());
  EXPECT_FALSE(root["number"].is_string());
  EXPECT_TRUE(root["number"].is_number());
  EXPECT_FALSE(root["number"].is_boolean());
}

TEST(JsonDocument, KeepsNumbersExactlyAsSent) {
  const std::vector<std::string> numbers{"0",
                                         "-0",
                                         "5",
                                         "-5",
                                         "5.0",
                                         "-0.0",
                                         "1e3",
                                         "1E+3",
                                         "1e-3",
                                         "0.1",
                                         "1.10",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "-9223372036854775809",
                                         "123456789012345678901234567890.123456789",
                                         "860260753860210752",
                                         "1e308"};
  JsonDocument document;
  for (const std::string& number : numbers) {
    ASSERT_EQ(document.read("[" + number + "]"), JsonFailure::none) << number;
    const JsonValue value = document.root().first_child();
    EXPECT_TRUE(value.is_number()) << number;
    EXPECT_EQ(value.scalar(), number);
  }
}

TEST(JsonDocument, DecodesStrings) {
  JsonDocument document;
  ASSERT_EQ(document.read(R"({"\u006bey":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u0000"})"),
            JsonFailure::none);
  EXPECT_EQ(document.root()["key"].text(),
            std::string_view("a\"\\/\b\f\n\r\t\u00e9\U0001F600\0", 16));
}

struct TextCase {
  const char* name;
  std::string text;
  JsonFailure failure;
};

class JsonTexts : public testing::TestWithParam<TextCase> {};

TEST_P(JsonTexts, AreAcceptedOrRefused) {
  JsonDocument document;
  ASSERT_EQ(document.read("[1]"), JsonFailure::none);
  EXPECT_EQ(document.read(GetParam().text), GetParam().failure);
  EXPECT_EQ(document.root().exists(), GetParam().failure == JsonFailure::none);
}

using namespace std::string_literals;

INSTANTIATE_TEST_SUITE_P(
    Accepted, JsonTexts,
    testing::Values(TextCase{"scalar", "5", JsonFailure::none},
                    TextCase{"text", R"("x")", JsonFailure::none},
                    TextCase{"blanks_around", " \r\n\t{} \n", JsonFailure::none},
                    TextCase{"byte_order_mark", "\xEF\xBB\xBF{}", JsonFailure::none},
                    TextCase{"empty_key", R"({"":1})", JsonFailure::none},
                    TextCase{"escaped_nul", R"(["\u0000"])", JsonFailure::none},
                    TextCase{"deepest", deep(JsonDocument::kDepthMax), JsonFailure::none},
                    TextCase{"same_key_in_two_objects", R"([{"a":1},{"a":1},{"a":{"a":1}}])",
                             JsonFailure::none},
                    TextCase{"many_keys", object_of(2000, "last"), JsonFailure::none},
                    TextCase{"keys_of_16", object_of(16, "last"), JsonFailure::none}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Refused, JsonTexts,
    testing::Values(
        TextCase{"empty", "", JsonFailure::empty}, TextCase{"blanks", " \n", JsonFailure::empty},
        TextCase{"only_byte_order_mark", "\xEF\xBB\xBF", JsonFailure::empty},
        TextCase{"too_deep", deep(JsonDocument::kDepthMax + 1), JsonFailure::too_deep},
        TextCase{"far_too_deep", deep(100'000), JsonFailure::too_deep},
        TextCase{"deep_objects",
                 [] {
                   std::string text;
                   for (int i = 0; i < 100'000; ++i) {
                     text += R"({"a":)";
                   }
                   return text + "1" + std::string(100'000, '}');
                 }(),
                 JsonFailure::too_deep},
        TextCase{"cut_far_too_deep", std::string(100'000, '['), JsonFailure::syntax},
        TextCase{"too_large", std::string(JsonDocument::kBytesMax + 1, ' '),
                 JsonFailure::too_large},
        TextCase{"too_many_values",
                 [] {
                   std::string text = "[0";
                   for (std::size_t i = 0; i < JsonDocument::kValuesMax; ++i) {
                     text += ",0";
                   }
                   return text + "]";
                 }(),
                 JsonFailure::too_large},
        TextCase{"nul_behind", "{}\0x"s, JsonFailure::not_unicode},
        TextCase{"nul_alone", "{}\0"s, JsonFailure::not_unicode},
        TextCase{"nul_in_string", "[\"a\0b\"]"s, JsonFailure::not_unicode},
        TextCase{"utf16", "\xFF\xFE{\0}\0"s, JsonFailure::not_unicode},
        TextCase{"garbage_behind", "{}x", JsonFailure::syntax},
        TextCase{"two_documents", "{}{}", JsonFailure::syntax},
        TextCase{"two_byte_order_marks", "\xEF\xBB\xBF\xEF\xBB\xBF{}", JsonFailure::syntax},
        TextCase{"cut_byte_order_mark", "\xEF\xBB{}", JsonFailure::syntax},
        TextCase{"cut_object", R"({"a":1)", JsonFailure::syntax},
        TextCase{"cut_string", R"({"a":"x)", JsonFailure::syntax},
        TextCase{"cut_literal", "tru", JsonFailure::syntax},
        TextCase{"trailing_comma", "[1,]", JsonFailure::syntax},
        TextCase{"comment", "[1/*x*/]", JsonFailure::syntax},
        TextCase{"single_quotes", "{'a':1}", JsonFailure::syntax},
        TextCase{"bare_key", "{a:1}", JsonFailure::syntax},
        TextCase{"not_a_number", "[NaN]", JsonFailure::syntax},
        TextCase{"infinity", "[Infinity]", JsonFailure::syntax},
        TextCase{"beyond_double", "[1e999]", JsonFailure::syntax},
        TextCase{"leading_zero", "[01]", JsonFailure::syntax},
        TextCase{"plus", "[+1]", JsonFailure::syntax},
        TextCase{"hexadecimal", "[0x1]", JsonFailure::syntax},
        TextCase{"bare_point", "[1.]", JsonFailure::syntax},
        TextCase{"raw_line_end", "[\"a\nb\"]", JsonFailure::syntax},
        TextCase{"bad_escape", R"(["\x"])", JsonFailure::syntax},
        TextCase{"lone_surrogate", R"(["\ud800"])", JsonFailure::syntax},
        TextCase{"not_utf8", "[\"\xFF\"]", JsonFailure::syntax},
        TextCase{"overlong", "[\"\xC0\xAF\"]", JsonFailure::syntax},
        TextCase{"utf8_surrogate", "[\"\xED\xA0\x80\"]", JsonFailure::syntax},
        TextCase{"surrogates_in_wrong_order", R"(["\ude00\ud83d"])", JsonFailure::syntax},
        TextCase{"cut_escape", R"(["\u00"])", JsonFailure::syntax},
        TextCase{"cut_utf8", "[\"\xE4\xBB\"]", JsonFailure::syntax},
        TextCase{"huge_number", "[" + std::string(400, '9') + "]", JsonFailure::syntax},
        TextCase{"no_value", R"({"a":})", JsonFailure::syntax},
        TextCase{"no_colon", R"({"a" 1})", JsonFailure::syntax},
        TextCase{"number_as_key", "{1:1}", JsonFailure::syntax},
        TextCase{"wrong_bracket", "[1}", JsonFailure::syntax},
        TextCase{"html", "<html></html>", JsonFailure::syntax}),
    kCaseName);

// simdjson checks only the first letter; the rest caused an exception once.
TEST(JsonDocument, RefusesTokensThatOnlyBeginLikeOne) {
  JsonDocument document;
  for (const std::string& token : std::vector<std::string>{
           "n",    "nan", "nil",  "nul",       "nulL", "nulll", "null5",  "none",
           "t",    "tru", "truE", "truee",     "f",    "fals",  "falsee", "-",
           "-nan", "+1",  "N",    "undefined", "\\",   "'a'",   "1n",     "1null"}) {
    for (const std::string& text :
         {token, "[" + token + "]", "[1," + token + ",2]", "{\"a\":" + token + "}",
          "{\"a\":{\"b\":[" + token + "]}}", token + " ", "[" + token}) {
      EXPECT_EQ(document.read(text), JsonFailure::syntax) << text;
      EXPECT_FALSE(document.root().exists());
    }
  }
}

// Every cut and every changed byte of a text that has every kind of value.
TEST(JsonDocument, SurvivesEveryChangeOfAByte) {
  const std::string text =
      R"({"a":[null,true,false,-1.5e3,"\u00e9\ud83d\ude00"],"b":{"a":"{\"c\":null}"},"c":"é"})";
  JsonNest nest;
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_NE(nest.read(text.substr(0, i)), JsonFailure::none);
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      EXPECT_NO_THROW({
        if (nest.read(changed) == JsonFailure::none) {
          (void)nest.unwrapped(nest.root()["b"]["a"])["c"].is_null();
        }
      }) << changed;
    }
  }
}

struct RepeatCase {
  const char* name;
  std::string text;
};
class RepeatedKeys : public testing::TestWithParam<RepeatCase> {};
TEST_P(RepeatedKeys, MatterOnlyIfTheyAreLookedUp) {
  JsonDocument document;
  ASSERT_EQ(document.read(GetParam().text), JsonFailure::none);
  const JsonValue root = document.root();
  EXPECT_EQ(root["other"].scalar(), "7");
  EXPECT_EQ(root["absent"].scalar(), "");
  EXPECT_FALSE(document.met_repeated_key());
  EXPECT_FALSE(root["k1"].exists());
  EXPECT_TRUE(document.met_repeated_key());
  ASSERT_EQ(document.read("{}"), JsonFailure::none);
  EXPECT_FALSE(document.met_repeated_key());
}
INSTANTIATE_TEST_SUITE_P(
    Cases, RepeatedKeys,
    testing::Values(RepeatCase{"twice", R"({"k1":1,"other":7,"k1":3})"},
                    RepeatCase{"the_same_value", R"({"k1":1,"other":7,"k1":1})"},
                    RepeatCase{"by_escape", R"({"k1":1,"other":7,"\u006b1":3})"},
                    RepeatCase{"three_times", R"({"k1":1,"k1":2,"other":7,"k1":3})"},
                    RepeatCase{"containers", R"({"k1":{},"other":7,"k1":[]})"},
                    RepeatCase{"of_16", R"({"other":7,)" + object_of(16, "k1").substr(1)},
                    RepeatCase{"of_many", R"({"other":7,)" + object_of(2000, "k1").substr(1)}),
    kCaseName);

TEST(JsonDocument, WalkingAnObjectLooksUpAllItsKeys) {
  JsonDocument document;
  ASSERT_EQ(document.read(R"({"a":{"x":1,"x":2},"b":[{"x":1},{"x":2}],"":1})"), JsonFailure::none);
  for (const JsonValue child : document.root()["b"].children()) {
    EXPECT_TRUE(child["x"].exists());
  }
  EXPECT_FALSE(document.met_repeated_key());
  (void)document.root()["a"].children();
  EXPECT_TRUE(document.met_repeated_key());
  ASSERT_EQ(document.read(R"({"":1,"":2})"), JsonFailure::none);
  EXPECT_FALSE(document.root()[""].exists());
  EXPECT_TRUE(document.met_repeated_key());
}

TEST(JsonDocument, ReadsOneTextAfterTheOther) {
  JsonDocument document;
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(document.read(R"({"a":[1,2,3]})"), JsonFailure::none);
    ASSERT_EQ(document.read(R"({"a":)"), JsonFailure::syntax);
    // Larger than the memory that is kept between texts.
    ASSERT_EQ(document.read("[\"" + std::string(3 * JsonDocument::kKeptBytes, 'x') + "\"]"),
              JsonFailure::none);
    ASSERT_EQ(document.read(R"({"b":"y"})"), JsonFailure::none);
    EXPECT_FALSE(document.root()["a"].exists());
    EXPECT_EQ(document.root()["b"].text(), "y");
  }
}

TEST(JsonDocument, ChecksKeysOfHugeObjectsWithoutComparingAllPairs) {
  // 300,000 keys: all pairs would take minutes.
  std::string text = "{\"k\":0";
  for (int i = 0; i < 300'000; ++i) {
    text += ",\"k" + std::to_string(i) + "\":0";
  }
  text += "}";
  const auto start = std::chrono::steady_clock::now();
  JsonDocument document;
  EXPECT_EQ(document.read(text), JsonFailure::none);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(JsonFailure, EachHasItsOwnWords) {
  std::vector<std::string_view> words;
  for (const JsonFailure failure :
       {JsonFailure::none, JsonFailure::empty, JsonFailure::too_large, JsonFailure::too_deep,
        JsonFailure::not_unicode, JsonFailure::syntax}) {
    words.push_back(describe(failure));
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(words[i], words[j]);
    }
  }
}

TEST(JsonNest, OpensObjectsWithinStrings) {
  JsonNest nest;
  ASSERT_EQ(nest.read(R"({"a":" {\"b\":\"{\\\"c\\\":5}\"}","bad":"{no","plain":"x","n":7,"e":""})"),
            JsonFailure::none);
  const JsonValue inner = nest.unwrapped(nest.root()["a"]);
  ASSERT_TRUE(inner.is_object());
  EXPECT_EQ(nest.unwrapped(inner["b"])["c"].scalar(), "5");
  EXPECT_EQ(nest.unwrapped(nest.root()["bad"]).text(), "{no");
  EXPECT_EQ(nest.unwrapped(nest.root()["plain"]).text(), "x");
  EXPECT_EQ(nest.unwrapped(nest.root()["n"]).scalar(), "7");
  EXPECT_EQ(nest.unwrapped(nest.root()["e"]).text(), "");
  EXPECT_FALSE(nest.unwrapped(JsonValue()).exists());
}

TEST(JsonNest, ReportsRepeatedKeysInEveryText) {
  JsonNest nest;
  ASSERT_EQ(nest.read(R"({"a":"{\"x\":1,\"x\":2}"})"), JsonFailure::none);
  const JsonValue inner = nest.unwrapped(nest.root()["a"]);
  EXPECT_FALSE(nest.met_repeated_key());
  EXPECT_FALSE(inner["x"].exists());
  EXPECT_TRUE(nest.met_repeated_key());
  ASSERT_EQ(nest.read(R"({"a":1})"), JsonFailure::none);
  EXPECT_FALSE(nest.met_repeated_key());
}

TEST(JsonNest, OpensALimitedNumberAndStartsAgainWithEachText) {
  JsonNest nest;
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(nest.read(R"({"a":"{}"})"), JsonFailure::none);
    for (std::size_t i = 0; i < JsonNest::kInnerDocumentsMax; ++i) {
      EXPECT_TRUE(nest.unwrapped(nest.root()["a"]).is_object());
    }
    EXPECT_TRUE(nest.unwrapped(nest.root()["a"]).is_string());
  }
}

}  // namespace
}  // namespace core
