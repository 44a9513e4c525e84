#include "storage/answers/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace {

TEST(StoredJsonText, EachByteIsKeptOrEscaped) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"plain ~", "\"plain ~\""},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\n\t\x01\x7f", "\"\\n\\t\\u0001\x7f\""},
      {"ä", "\"ä\""},
      {"\x7f", "\"\x7f\""},
      {"\\", R"("\\")"},
      {"\xff|", "\"\xEF\xBF\xBD|\""},
  };
  for (const auto& [text, json] : cases) {
    std::string made;
    storage::append_json_string(made, text);
    EXPECT_EQ(made, json) << text;
  }
}

TEST(StoredJsonText, LabelsAreReadAsTextWhateverTheirType) {
  const core::Labels labels = storage::read_labels(R"({"b":"x","a":7,"c":null})");
  EXPECT_EQ(labels, (core::Labels{{"b", "x"}, {"a", "7"}, {"c", "null"}}));
  EXPECT_TRUE(storage::read_labels("").empty());
  EXPECT_THROW(static_cast<void>(storage::read_labels("[]")), core::Error);
  EXPECT_THROW(static_cast<void>(storage::read_labels("{")), core::Error);
}

TEST(StoredJsonText, AReaderOfManyLabelsForgetsAndGoesOn) {
  storage::LabelReader reader;
  constexpr int kMany = 2500;
  for (int i = 0; i < kMany; ++i) {
    const std::string value = std::to_string(i);
    const core::Labels expected{{"n", value}};
    ASSERT_EQ(reader.read(R"({"n":")" + value + "\"}"), expected);
    ASSERT_EQ(reader.read(R"({"n":")" + value + "\"}"), expected) << "known";
  }
}

}  // namespace
