#include "cmd/cli/settings.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "cmd/cli/accounts.h"
#include "cmd/cli/ledger_name.h"
#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace {

using namespace std::chrono_literals;
using cmd::Environment;
using cmd::Settings;
using Words = std::vector<std::string>;

constexpr const char* kNoFile = "/nonexistent/reeltally/config.toml";

Settings load(const Words& words, const Environment& environment = {},
              const std::string& system_config = kNoFile) {
  return Settings::load(cmd::parse_command_line(words), environment, system_config);
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const core::UsageError& error) {
    return error.what();
  }
  return "";
}

#define EXPECT_CONTAINS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << (text) << "\nlacks " << (part)

TEST(Settings, Defaults) {
  const Settings settings = load({"run"});
  EXPECT_EQ(settings.count("concurrency"), 32);
  EXPECT_EQ(settings.duration("timeout"), 60s);
  EXPECT_EQ(settings.size("max-video-size"), std::int64_t{4} << 30);
  EXPECT_EQ(settings.text("output"), "videos");
  EXPECT_FALSE(settings.flag("wait"));
  EXPECT_EQ(settings.given_duration("deadline"), std::nullopt);
  EXPECT_EQ(settings.given_text("ping-url"), std::nullopt);
  EXPECT_FALSE(settings.is_given("concurrency"));
  EXPECT_EQ(settings.origin("concurrency").text, "default");
  EXPECT_EQ(load({"report"}).list("by"), Words{"task"});
  EXPECT_EQ(load({"report"}).text("output"), "-");
  EXPECT_EQ(load({"report"}).given_count("round"), std::nullopt);
}

TEST(Settings, AFileThatOthersCanWriteNamesNoProgramAndNoKey) {
  struct Case {
    const char* name;
    const char* text;
    mode_t file;
    mode_t folder;
    const char* refused;  // part of the message; empty: accepted
  };
  const std::vector<Case> cases = {
      {"all is private", "exec = \"/bin/true\"\n", 0600, 0700, ""},
      {"all can read", "exec = \"/bin/true\"\n", 0644, 0755, ""},
      {"the group can write", "concurrency = 3\nexec = \"/bin/true\"\n", 0664, 0755,
       "names exec (line 2), and others than its owner can write"},
      {"everybody can write", "exec = \"/bin/true\"\n", 0602, 0755, "chmod go-w"},
      {"a key file", "api-key-file = \"key\"\n", 0660, 0755, "names api-key-file (line 1)"},
      {"where the key goes", "base-url = \"https://x.example\"\n", 0660, 0755, "names base-url"},
      {"an account", "[account.b]\napi-key-env = \"B\"\n", 0620, 0755, "names [account.b]"},
      {"nothing of the kind", "concurrency = 3\n", 0666, 0777, ""},
      {"the group can write the folder", "exec = \"/bin/true\"\n", 0644, 0775, "folder"},
      {"everybody can write the folder", "exec = \"/bin/true\"\n", 0644, 0757, "folder"},
      {"each may write his own there", "exec = \"/bin/true\"\n", 0644, 01777, ""},
  };
  for (const Case& one : cases) {
    const support::TempDir dir;
    const std::string folder = dir.path("folder");
    ASSERT_EQ(mkdir(folder.c_str(), 0700), 0);
    const std::string file = dir.write("folder/c.toml", one.text);
    ASSERT_EQ(chmod(file.c_str(), one.file), 0);
    ASSERT_EQ(symlink(file.c_str(), dir.path("link.toml").c_str()), 0);
    ASSERT_EQ(chmod(folder.c_str(), one.folder), 0);
    for (const std::string& path : {file, dir.path("link.toml")}) {
      const std::string said = refusal([&] { load({"run", "--config", path}); });
      EXPECT_EQ(said.empty(), *one.refused == '\0') << one.name << ": " << said;
      EXPECT_CONTAINS(said, one.refused);
    }
    EXPECT_EQ(refusal([&] { load({"run"}, {}, file); }).empty(), *one.refused == '\0') << one.name;
  }
}

TEST(Settings, AFileOfAnotherUserNamesNoProgramAndNoKey) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", "exec = \"/bin/true\"\n");
  const std::string harmless = dir.write("d.toml", "concurrency = 3\n");
  constexpr uid_t kNobody = 65534;
  for (const std::string& path : {file, harmless}) {
    if (chown(path.c_str(), kNobody, kNobody) != 0) {
      GTEST_SKIP() << "only root can give files away";
    }
  }
  EXPECT_CONTAINS(refusal([&] { load({"run", "--config", file}); }), "belongs to another user");
  EXPECT_EQ(refusal([&] { load({"run", "--config", harmless}); }), "");
}

// Each layer has precedence over the one below it, and the origin names the layer.
TEST(Settings, Layers) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", "\nconcurrency = 3\n");
  struct Case {
    const char* name;
    Words words;
    Environment environment;
    std::int64_t expected;
    std::string origin;
  };
  const Environment variable{{"REELTALLY_CONCURRENCY", "2"}};
  const std::vector<Case> cases{
      {"default", {"run"}, {}, 32, "default"},
      {"file", {"run", "--config", file}, {}, 3, file + ":2"},
      {"environment", {"run", "--config", file}, variable, 2, "REELTALLY_CONCURRENCY"},
      {"option", {"run", "--config", file, "--concurrency", "1"}, variable, 1, "--concurrency"},
      {"last option", {"run", "--concurrency=1", "--concurrency=7"}, {}, 7, "--concurrency"},
      {"empty variable", {"run"}, {{"REELTALLY_CONCURRENCY", ""}}, 32, "default"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Settings settings = load(c.words, c.environment);
    EXPECT_EQ(settings.count("concurrency"), c.expected);
    EXPECT_EQ(settings.origin("concurrency").text, c.origin);
    EXPECT_EQ(settings.is_given("concurrency"), c.origin != "default");
  }
}

TEST(Settings, PlaceOfTheFile) {
  const support::TempDir dir;
  const std::string given = dir.write("given.toml", "rate = 1");
  const std::string named = dir.write("named.toml", "rate = 2");
  dir.write("xdg/reeltally/config.toml", "rate = 3");
  dir.write("home/.config/reeltally/config.toml", "rate = 4");
  const std::string system = dir.write("etc/config.toml", "rate = 5");
  struct Case {
    const char* name;
    Words words;
    Environment environment;
    std::int64_t expected;
  };
  const std::string xdg = dir.path("xdg");
  const std::string home = dir.path("home");
  const std::vector<Case> cases{
      {"option", {"run", "--config", given}, {{"REELTALLY_CONFIG", named}}, 1},
      {"variable", {"run"}, {{"REELTALLY_CONFIG", named}, {"HOME", home}}, 2},
      {"XDG", {"run"}, {{"XDG_CONFIG_HOME", xdg}, {"HOME", home}}, 3},
      {"home", {"run"}, {{"HOME", home}}, 4},
      {"relative XDG is ignored", {"run"}, {{"XDG_CONFIG_HOME", "xdg"}, {"HOME", home}}, 4},
      {"no file there: system", {"run"}, {{"XDG_CONFIG_HOME", dir.path("x")}, {"HOME", home}}, 5},
      {"no home: system", {"run"}, {}, 5},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(load(c.words, c.environment, system).count("rate"), c.expected) << c.name;
  }
  EXPECT_EQ(load({"run"}).file().path, "");
  EXPECT_CONTAINS(refusal([&] {
                    load({"run", "--config", dir.path("none")});
                  }),
                  "there is no configuration file " + dir.path("none"));
  EXPECT_CONTAINS(refusal([&] { load({"run", "--config", dir.path()}); }), "cannot read");
}

TEST(Settings, FileTypes) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", R"(
wait = true
verbose = 2
retries = 0
timeout = "1m30s"
lock-wait = 0
limit-rate = "10M"
min-free = 4096
output = "~/v"
log-format = "json"
by = ["day", "label:a,b"]
)");
  const Environment home{{"HOME", "/home/me"}};
  const Settings run = load({"run", "--config", file}, home);
  EXPECT_TRUE(run.flag("wait"));
  EXPECT_EQ(run.count("verbose"), 2);
  EXPECT_EQ(run.count("retries"), 0);
  EXPECT_EQ(run.duration("timeout"), 90s);
  EXPECT_EQ(run.duration("lock-wait"), 0s);
  EXPECT_EQ(run.size("limit-rate"), 10 * 1024 * 1024);
  EXPECT_EQ(run.size("min-free"), 4096);
  EXPECT_EQ(run.text("output"), "/home/me/v");
  EXPECT_EQ(run.text("log-format"), "json");
  const Settings report = load({"report", "--config", file}, home);
  EXPECT_EQ(report.list("by"), (Words{"day", "label:a,b"}));
  // The folder of videos is not the file of a report.
  EXPECT_EQ(report.text("output"), "-");
  EXPECT_FALSE(load({"run", "--config", file, "--wait=false"}, home).flag("wait"));
}

TEST(Settings, FileMistakesNameFileLineKeyAndTheRightOne) {
  struct Case {
    const char* text;
    const char* message;  // after the path
  };
  const std::vector<Case> cases{
      {"rate = 1\nconcurency = 4", ":2: concurency is not a setting (did you mean concurrency?)"},
      {"download_concurrency = 4",
       ":1: download_concurrency is not a setting (did you mean "
       "download-concurrency?)"},
      {"xyzzy = 1", ":1: xyzzy is not a setting"},
      {"[run]\nrate = 1", ":1: run is not a setting"},
      {"concurrency = \"4\"", ":1: concurrency must be a whole number, not a text"},
      {"concurrency = 4.0", "not a number with a fraction"},
      {"concurrency = 0", ":1: concurrency = 0 is too small: 1 at least"},
      {"wait = \"yes\"", ":1: wait must be true or false, not a text"},
      {"timeout = 60",
       ":1: timeout must be a duration (250ms, 90s, 15m, 36h, 2d) in quotes, not "
       "a whole number"},
      {"timeout = \"60\"", ":1: timeout = 60 is not a duration"},
      {"timeout = 10:00:00", "not a date or time without quotes"},
      {"output = \"\"", ":1: output =  is empty"},
      {"output = [\"a\"]", "not a list"},
      {"color = \"allways\"", "one of auto always never (did you mean always?)"},
      {"by = [1]", ":1: by must be a text in quotes, or a list of them"},
      {"by = []", ":1: by is an empty list"},
      {"api-key = \"sk-canary\"", ":1: api-key is not read here"},
      {"help = true", ":1: help is not a setting"},
      {"config = \"x\"", ":1: config is not a setting"},
      {"rate = 1\nrate = 2", ":2: not valid TOML"},
      {"\n\nrate 1", ":3: not valid TOML"},
      {"account = 1\n", ":1: account must be a text in quotes, not a whole number"},
      {"[account.a]\nbase_url = \"x\"",
       ":2: account.a.base_url is not a setting (did you mean "
       "base-url?)"},
      {"[account.a]\nbase-url = 1", ":2: account.a.base-url must be a text"},
      {"[account]\na = 1", ":2: account.a must be a table: [account.a]"},
      {"[account.a]\napi-key-file = \"f\"\napi-key-env = \"E\"", "keep one"},
      {"[account.a]\nuser-token = \"canary\"",
       ":2: account.a.user-token is not a setting (did you mean user-token-file?)"},
      {"[account.a]\nuser-token-file = \"f\"\nuser-id = \"2\"",
       ":3: account.a.user-id must be a whole number from 1"},
      {"[account.a]\nuser-token-file = \"f\"\nuser-id = 0", "not 0"},
      {"[account.a]\nuser-id = 2", ":2: account.a has a user-id without user-token-file"},
      {"user-id = 0", ":1: user-id = 0"},
      {"[account.a]\nprovider = \"\"", "provider must be a text in quotes, not an empty one"},
      {"[account.a]\nhost-provder = \"x\"", "is not a setting (did you mean host-provider?)"},
  };
  const support::TempDir dir;
  for (const Case& c : cases) {
    const std::string file = dir.write("c.toml", c.text);
    // `status` has only a few of these options, but the whole file is checked.
    const std::string message = refusal([&] { load({"status", "--config", file}); });
    EXPECT_CONTAINS(message, c.message);
    EXPECT_EQ(message.find(file), 0U) << message;
    EXPECT_EQ(message.find("canary"), std::string::npos);
  }
}

TEST(Settings, HugeFileIsRefused) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", std::string((1U << 20U) + 1, '#'));
  EXPECT_CONTAINS(refusal([&] { load({"run", "--config", file}); }), "over 1 MiB");
}

TEST(Settings, ValueMistakesNameOptionAndValue) {
  struct Case {
    Words words;
    Environment environment;
    const char* message;
  };
  const std::vector<Case> cases{
      {{"run", "--timeout", "60"}, {}, "--timeout 60 is not a duration"},
      {{"run", "--concurrency", "x"}, {}, "--concurrency x is not a whole number"},
      {{"run", "--concurrency", "0"}, {}, "--concurrency 0 is too small: 1 at least"},
      {{"run", "--concurrency", "99999"}, {}, "is too large: 4096 at most"},
      {{"run", "--concurrency", "99999999999999999999"}, {}, "is not a whole number"},
      {{"run", "--rate", "-5"}, {}, "--rate -5 is too small"},
      {{"run", "--poll-interval", "0"}, {}, "--poll-interval 0 is too small: 1ms at least"},
      {{"run", "--limit-rate", "fast"}, {}, "--limit-rate fast is not a size"},
      {{"run", "--output="}, {}, "--output  is empty"},
      {{"run", "--wait=maybe"}, {}, "--wait maybe is not true or false"},
      {{"run", "--log-format", "jsn"}, {}, "is not one of text json (did you mean json?)"},
      {{"report", "--by="}, {}, "--by  is empty"},
      {{"run"}, {{"REELTALLY_TIMEOUT", "soon"}}, "REELTALLY_TIMEOUT=soon is not a duration"},
      {{"run"}, {{"REELTALLY_WAIT", "si"}}, "REELTALLY_WAIT=si is not true or false"},
      {{"run", "--account", "a\nb"}, {}, "the account of --account is not a valid name"},
      {{"run", "--account", std::string(65, 'a')},
       {},
       "the account of --account is not a valid name"},
  };
  for (const Case& c : cases) {
    EXPECT_CONTAINS(refusal([&] { load(c.words, c.environment); }), c.message);
  }
  // A variable for an option of another command is ignored.
  EXPECT_EQ(refusal([] { load({"status"}, {{"REELTALLY_TIMEOUT", "soon"}}); }), "");
}

TEST(Settings, Verbosity) {
  EXPECT_EQ(load({"run", "-v"}).count("verbose"), 1);
  EXPECT_EQ(load({"run", "-vv"}).count("verbose"), 2);
  EXPECT_EQ(load({"run", "-vvvv"}).count("verbose"), 2);
  EXPECT_EQ(load({"run", "--verbose=2"}).count("verbose"), 2);
  EXPECT_EQ(load({"run", "-v"}, {{"REELTALLY_VERBOSE", "2"}}).count("verbose"), 1);
  EXPECT_EQ(load({"run"}, {{"REELTALLY_VERBOSE", "true"}}).count("verbose"), 1);
}

TEST(Settings, Lists) {
  EXPECT_EQ(
      load({"report", "--by", "day", "--by", "model"}, {{"REELTALLY_BY", "month"}}).list("by"),
      (Words{"day", "model"}));
  EXPECT_EQ(load({"report"}, {{"REELTALLY_BY", "day,model"}}).list("by"), (Words{"day", "model"}));
}

TEST(Settings, UnknownVariablesAreWarnedAbout) {
  const Settings settings = load({"run"}, {{"REELTALLY_CONCURENCY", "4"},
                                           {"REELTALLY_API_KEY", "sk-canary"},
                                           {"REELTALLY_TASK_ID", "of --exec"},
                                           {"REELTALLY_MODEL", "of --exec"},
                                           {"REELTALLY_BYTES", "of --exec"},
                                           {"REELTALLY_VIDEO_INDEX", "of --exec"},
                                           {"REELTALLY_RATE", "1"},
                                           {"REELTALLYX", "other"}});
  ASSERT_EQ(cmd::unknown_variables(settings.environment()).size(), 2U);
  EXPECT_CONTAINS(cmd::unknown_variables(settings.environment())[0], "ANYFAST_API_KEY");
  EXPECT_EQ(cmd::unknown_variables(settings.environment())[0].find("canary"), std::string::npos);
  EXPECT_CONTAINS(cmd::unknown_variables(settings.environment())[1],
                  "REELTALLY_CONCURENCY is not a setting (did you mean REELTALLY_CONCURRENCY?)");
}

TEST(Settings, LedgerPath) {
  struct Case {
    Words words;
    Environment environment;
    const char* expected;
  };
  const std::vector<Case> cases{
      {{"run", "--db", "x.db"}, {{"HOME", "/h"}}, "x.db"},
      {{"run"}, {{"HOME", "/h"}, {"XDG_STATE_HOME", "/s"}}, "/s/reeltally/reeltally.db"},
      {{"run"}, {{"HOME", "/h"}}, "/h/.local/state/reeltally/reeltally.db"},
      {{"run"}, {{"HOME", "/h"}, {"REELTALLY_DB", "~/l.db"}}, "/h/l.db"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(cmd::ledger_path(load(c.words, c.environment)), c.expected);
  }
  EXPECT_CONTAINS(refusal([] { static_cast<void>(cmd::ledger_path(load({"run"}))); }), "--db");
}

constexpr const char* kAccounts = R"(
base-url = "https://top.example"
api-key-file = "/top"
[account.team]
base-url = "https://team.example"
api-key-file = "~/team.key"
[account.env]
api-key-env = "ENV_KEY"
[account.bare]
base-url = "https://bare.example"
)";

TEST(Accounts, TheChosenOne) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", kAccounts);
  struct Case {
    Words more;
    const char* base_url;
    const char* key_file;
    const char* key_env;
  };
  const std::vector<Case> cases{
      {{}, "https://top.example", "/top", ""},
      {{"--account", "team"}, "https://team.example", "/h/team.key", ""},
      {{"--account", "env"}, "https://top.example", "", "ENV_KEY"},
      {{"--account", "bare"}, "https://bare.example", "/top", ""},
      {{"--account", "team", "--base-url", "https://o"}, "https://o", "/h/team.key", ""},
      {{"--account", "team", "--api-key-file", "k"}, "https://team.example", "k", ""},
  };
  for (const Case& c : cases) {
    Words words{"run", "--config", file};
    words.insert(words.end(), c.more.begin(), c.more.end());
    const cmd::Account account = chosen_account(load(words, {{"HOME", "/h"}}));
    SCOPED_TRACE(testing::PrintToString(c.more));
    EXPECT_EQ(account.base_url, c.base_url);
    EXPECT_EQ(account.api_key_file, c.key_file);
    EXPECT_EQ(account.api_key_env, c.key_env);
  }
  const auto account = chosen_account(load({"run", "--config", file, "--account", "env"}));
  EXPECT_EQ(account.name, "env");
  EXPECT_EQ(account.api_key_origin.text, file + ":8");
  EXPECT_EQ(account.base_url_origin.text, file + ":2");
}

// The option's key belongs only to the chosen account.
TEST(Accounts, OthersKeepTheirOwnKey) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", kAccounts);
  const Settings settings =
      load({"run", "--config", file, "--api-key-file", "k", "--base-url", "https://o"});
  const auto team = account_named(settings, "team");
  ASSERT_TRUE(team);
  EXPECT_EQ(team->api_key_file, "~/team.key");
  EXPECT_EQ(team->base_url, "https://team.example");
  EXPECT_EQ(account_named(settings, "bare"), std::nullopt);
  EXPECT_EQ(account_named(settings, "nobody"), std::nullopt);
  EXPECT_EQ(account_named(settings, "default")->api_key_file, "k");
  EXPECT_EQ(account_names(settings), (Words{"bare", "env", "team"}));
}

// A token and its user's number come from one place.
TEST(Accounts, TheUserTokenOfEach) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", R"(
user-token-file = "/top.token"
user-id = 1
[account.team]
api-key-file = "/team.key"
user-token-file = "~/team.token"
user-id = 2
[account.nameless]
api-key-file = "/n.key"
user-token-file = "/n.token"
[account.bare]
api-key-file = "/b.key"
)");
  struct Case {
    Words more;
    const char* token_file;
    std::int64_t user_id;
  };
  const std::vector<Case> cases{
      {{}, "/top.token", 1},
      {{"--account", "team"}, "/h/team.token", 2},
      {{"--account", "nameless"}, "/n.token", 0},
      {{"--account", "bare"}, "/top.token", 1},
      {{"--account", "team", "--user-token-file", "t"}, "t", 1},
      {{"--account", "team", "--user-token-file", "t", "--user-id", "7"}, "t", 7},
      {{"--account", "team", "--user-id", "7"}, "/h/team.token", 7},
  };
  for (const Case& c : cases) {
    Words words{"run", "--config", file};
    words.insert(words.end(), c.more.begin(), c.more.end());
    const cmd::Account account = chosen_account(load(words, {{"HOME", "/h"}}));
    SCOPED_TRACE(testing::PrintToString(c.more));
    EXPECT_EQ(account.user_token_file, c.token_file);
    EXPECT_EQ(account.user_id, c.user_id);
  }
  const auto other = account_named(load({"run", "--config", file}), "bare");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->user_token_file, "") << "the token of the file belongs to the chosen account";
}

TEST(Accounts, AMistypedNameCreatesNoAccount) {
  const support::TempDir dir;
  const std::string file = dir.write("c.toml", kAccounts);
  EXPECT_CONTAINS(refusal([&] {
                    load({"run", "--config", file, "--account", "tema"});
                  }),
                  "there is no [account.tema] in " + file + " (did you mean team?)");
  EXPECT_EQ(chosen_account(load({"run", "--account", "anything"})).name, "anything");
}

TEST(Settings, AnOptionOfAnotherCommandIsALogicError) {
  const Settings settings = load({"status"});
  EXPECT_THROW(static_cast<void>(settings.flag("wait")), std::logic_error);
}

// A name that is not accepted does not compile: see OptionName.
TEST(OptionName, OnlyNamesOfTheGettersTypeCompile) {
  static_assert(cmd::FlagName::names_one("json"));
  static_assert(!cmd::FlagName::names_one("jsn"), "no such option");
  static_assert(!cmd::FlagName::names_one("rate"), "a count");
  static_assert(!cmd::CountName::names_one("json"), "a flag");
  static_assert(!cmd::CountName::names_one("round"), "has no default");
  static_assert(cmd::GivenCountName::names_one("round"));
  static_assert(!cmd::TextName::names_one("db"), "has no default");
  static_assert(cmd::GivenTextName::names_one("db"));
  static_assert(!cmd::GivenTextName::names_one("name"), "has a default");
  static_assert(!cmd::TextName::names_one("by"), "a list");
  static_assert(cmd::ListName::names_one("by"));
  static_assert(!cmd::DurationName::names_one("min-free"), "a size");
  static_assert(cmd::AnyName::names_one("min-free"));
  EXPECT_EQ(cmd::FlagName("wait").dashed(), "--wait");
}

}  // namespace
