#include "core/files/text_sorter.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "core/error.h"

namespace {

using core::TextSorter;

std::vector<std::string> taken(TextSorter& sorter) {
  std::vector<std::string> texts;
  sorter.each([&](std::string_view text) { texts.emplace_back(text); });
  return texts;
}

// Of all lengths, with bytes of all kinds; some come twice.
std::vector<std::string> random_texts(std::mt19937& random, std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 10 == 9) {
      texts.push_back(texts[random() % texts.size()]);
      continue;
    }
    std::string text(random() % (i % 50 == 0 ? 200'000 : 40), 'x');
    for (char& byte : text) {
      byte = static_cast<char>(random());
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

TEST(TextSorter, GivesAllTextsInOrderWhateverFitsIntoMemory) {
  std::mt19937 random(7);
  for (const std::size_t in_memory :
       {std::size_t{1}, std::size_t{300}, std::size_t{100'000}, TextSorter::kInMemoryMax}) {
    TextSorter sorter("texts", in_memory);
    for (const std::size_t count : {0U, 1U, 200U, 201U}) {
      std::vector<std::string> texts = random_texts(random, count);
      for (const std::string& text : texts) {
        sorter.add(text);
      }
      std::sort(texts.begin(), texts.end());
      EXPECT_EQ(taken(sorter), texts) << count << " texts, " << in_memory << " bytes";
    }
  }
}

TEST(TextSorter, SaysWhyItCannotWrite) {
  const char* before = getenv("TMPDIR");
  const std::string restored = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere", 1);
  TextSorter sorter("the lines", 1);
  sorter.add("one");
  try {
    sorter.add("two");
    ADD_FAILURE() << "it wrote somewhere";
  } catch (const core::Error& failure) {
    const std::string text = failure.what();
    EXPECT_NE(text.find("the temporary file that sorts the lines: No such file"), std::string::npos)
        << text;
  }
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", restored.c_str(), 1);
}

}  // namespace
