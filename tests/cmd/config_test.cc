#include "cmd/config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/cli/command_line.h"
#include "tests/support/temp_dir.h"

namespace {

using cmd::Environment;

std::string config(std::vector<std::string> words, const Environment& environment) {
  words.insert(words.begin(), "config");
  const auto settings =
      cmd::Settings::load(cmd::parse_command_line(words), environment, "/nonexistent");
  cmd::Log log(cmd::LogOptions{});
  std::ostringstream out;
  EXPECT_EQ(cmd::run_config(settings, log, out), cmd::ExitCode::ok);
  return out.str();
}

// The row of `name`, its columns separated by single blanks.
std::string row(const std::string& table, const std::string& name) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string joined;
    for (std::string word; words >> word;) {
      joined += (joined.empty() ? "" : " ") + word;
    }
    if (joined.starts_with(name + " ")) {
      return joined;
    }
  }
  return "";
}

TEST(Config, EverySettingWithValueAndOrigin) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml",
                                     "concurrency = 4\n[account.team]\nbase-url = "
                                     "\"https://t\"\napi-key-env = \"TEAM\"\n");
  const std::string text = config({"--config", file, "--color", "never"},
                                  {{"HOME", "/h"}, {"REELTALLY_RATE", "9"}, {"TEAM", "sk-canary"}});
  EXPECT_EQ(row(text, "concurrency"), "concurrency 4 " + file + ":1");
  EXPECT_EQ(row(text, "rate"), "rate 9 REELTALLY_RATE");
  EXPECT_EQ(row(text, "color"), "color never --color");
  EXPECT_EQ(row(text, "timeout"), "timeout 60s default");
  EXPECT_EQ(row(text, "deadline"), "deadline (none) default");
  EXPECT_EQ(row(text, "db"), "db /h/.local/state/reeltally/reeltally.db default");
  EXPECT_EQ(row(text, "team"), "team https://t key (hidden) from TEAM");
  for (const auto& option : cmd::option_table()) {
    if (option.scope != cmd::OptionScope::setting) {
      continue;
    }
    EXPECT_NE(row(text, std::string(option.name)), "") << option.name;
  }
}

TEST(Config, SecretsAreMasked) {
  const support::TempDir dir;
  const std::string key = dir.write("key", "sk-canary");
  ASSERT_EQ(::chmod(key.c_str(), 0600), 0);
  const std::string token = dir.write("token", "canary-four");
  ASSERT_EQ(::chmod(token.c_str(), 0600), 0);
  const Environment environment{{"REELTALLY_API_KEY_FILE", key},
                                {"REELTALLY_USER_TOKEN_FILE", token},
                                {"REELTALLY_USER_ID", "2"},
                                {"ANYFAST_API_KEY", "sk-canary-two"},
                                {"REELTALLY_PING_URL", "https://hc.example/canary-three"}};
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"--json"}}) {
    const std::string text = config(words, environment);
    EXPECT_EQ(text.find("canary"), std::string::npos);
    EXPECT_NE(text.find("https://hc.example/(hidden)"), std::string::npos);
    EXPECT_NE(text.find("key (hidden) from " + key), std::string::npos);
    EXPECT_NE(text.find("user token (hidden) from " + token + ", user 2"), std::string::npos);
  }
  for (const char* name : {"REELTALLY_PING_URL", "REELTALLY_BASE_URL"}) {
    const std::string text = config({}, {{name, "https://u:canary@hc.example/x"}});
    EXPECT_NE(text.find("(hidden)"), std::string::npos);
    EXPECT_EQ(text.find("canary"), std::string::npos) << name;
  }
}

TEST(Config, JsonIsOneObjectALine) {
  std::istringstream lines(config({"--json"}, {{"REELTALLY_NAME", "a\"b\x1b[31m"}}));
  std::map<std::string, nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    objects[object.at("type").get<std::string>() + " " + object.at("name").get<std::string>()] =
        object;
  }
  EXPECT_EQ(objects["setting name"]["value"], "a\"b\\x1b[31m");
  EXPECT_EQ(objects["setting name"]["origin"], "REELTALLY_NAME");
  EXPECT_TRUE(objects["setting deadline"]["value"].is_null());
  EXPECT_EQ(objects["account default"]["base_url"], "https://www.anyfast.ai");
}

TEST(Config, WideNamesStandInTheirColumns) {
  const support::TempDir dir;
  const std::string file =
      dir.write("c.toml", "[account.\"\xe5\x8c\x97\"]\nbase-url = \"https://n\"\n");
  const std::string text = config({"--config", file}, {});
  EXPECT_NE(text.find("\n\xe5\x8c\x97       (none) "), std::string::npos) << text;
}

TEST(Config, WithoutAHome) {
  EXPECT_NE(row(config({}, {}), "db").find("give --db FILE"), std::string::npos);
}

TEST(Config, JsonHasNumbersFlagsSecondsAndBytes) {
  const support::TempDir dir;
  const std::string file = dir.write(
      "c.toml",
      "concurrency = 4\nsidecar = true\ntimeout = \"2m\"\npoll-interval = "
      "\"250ms\"\nmax-video-size = \"1KiB\"\n[budget.all]\namount = \"5000000.10 USD\"\n");
  std::istringstream lines(config({"--config", file, "--json"}, {{"HOME", "/h"}}));
  std::map<std::string, std::string> shown;
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    shown[row.at("name").get<std::string>()] = line;
  }
  for (const auto& [name, value] : std::map<std::string, std::string>{{"concurrency", "4"},
                                                                      {"sidecar", "true"},
                                                                      {"timeout", "120"},
                                                                      {"poll-interval", "0.25"},
                                                                      {"max-video-size", "1024"},
                                                                      {"deadline", "null"},
                                                                      {"output", "\"videos\""}}) {
    EXPECT_NE(shown.at(name).find("\"value\":" + value + ","), std::string::npos) << shown.at(name);
  }
  EXPECT_EQ(shown.at("all"),
            R"({"type":"budget","name":"all","amount":5000000.1,"currency":"USD","label":[]})");
}

}  // namespace
