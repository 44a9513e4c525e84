// Messages mention options. Each one must be an option of the table; otherwise the advice is wrong.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/options.h"

namespace {

namespace fs = std::filesystem;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The contents of the string literals of a line.
std::vector<std::string> literals_of(std::string_view line) {
  std::vector<std::string> literals;
  for (std::size_t at = line.find('"'); at < line.size(); at = line.find('"', at + 1)) {
    std::string text;
    for (++at; at < line.size() && line[at] != '"'; ++at) {
      text += line[at];
      if (line[at] == '\\' && at + 1 < line.size()) {
        text += line[++at];
      }
    }
    literals.push_back(text);
  }
  return literals;
}

// Words such as "--wait", unless they are part of a longer word.
std::vector<std::string> options_in(std::string_view text) {
  std::vector<std::string> options;
  for (std::size_t at = text.find("--"); at < text.size(); at = text.find("--", at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    std::size_t end = at + 2;
    while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]) || text[end] == '-')) {
      ++end;
    }
    while (end > at && text[end - 1] == '-') {
      --end;
    }
    const bool inside = is_letter(before) || before == '-' || before == '.' || before == '_' ||
                        is_digit(before) || (before >= 'A' && before <= 'Z');
    if (!inside && end > at + 2 && is_letter(text[at + 2])) {
      options.emplace_back(text.substr(at, end - at));
    }
  }
  return options;
}

TEST(Messages, NameOnlyOptionsOfTheTable) {
  std::set<std::string> known = {"--api-key", "--user-token"};  // refused by name
  for (const cmd::OptionSpec& option : cmd::option_table()) {
    known.insert("--" + std::string(option.name));
  }
  std::size_t mentions = 0;
  for (const char* folder : {"core", "storage", "cmd"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(SOURCE_DIR) / folder)) {
      if (entry.path().extension() != ".cc" && entry.path().extension() != ".h") {
        continue;
      }
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        for (const std::string& text : literals_of(line)) {
          for (const std::string& option : options_in(text)) {
            ++mentions;
            EXPECT_TRUE(known.contains(option)) << entry.path() << ": " << line;
          }
        }
      }
    }
  }
  EXPECT_GT(mentions, 100U);
}

}  // namespace
