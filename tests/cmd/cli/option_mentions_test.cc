// Messages name options as words. Each must be an option of the table, or the advice is wrong.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "cmd/cli/options.h"

namespace {

namespace fs = std::filesystem;

TEST(Messages, NameOnlyOptionsOfTheTable) {
  std::set<std::string> known = {"--api-key"};  // is refused by its name
  for (const cmd::OptionSpec& option : cmd::option_table()) {
    known.insert("--" + std::string(option.name));
  }
  const std::regex literal(R"("(?:[^"\\]|\\.)*")");
  const std::regex option(R"((?:^|[^-\w.])(--[a-z][a-z-]*[a-z]))");
  std::size_t mentions = 0;
  for (const char* folder : {"core", "storage", "cmd"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") {
        continue;
      }
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        if (line.find("--") == std::string::npos) {
          continue;  // most lines: the expressions below are slow
        }
        for (std::sregex_iterator text(line.begin(), line.end(), literal), end; text != end;
             ++text) {
          const std::string words = text->str();
          for (std::sregex_iterator word(words.begin(), words.end(), option); word != end; ++word) {
            ++mentions;
            EXPECT_TRUE(known.contains((*word)[1])) << entry.path() << ": " << line;
          }
        }
      }
    }
  }
  EXPECT_GT(mentions, 100U);
}

}  // namespace
