#include "cmd/cli/options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/cli/command_line.h"
#include "cmd/cli/exit_code.h"
#include "cmd/cli/help.h"
#include "cmd/cli/setting_value.h"
#include "core/error.h"

namespace {

using cmd::Command;
using cmd::CommandLine;
using cmd::OptionSpec;
using Words = std::vector<std::string>;

CommandLine parse(const Words& words) { return cmd::parse_command_line(words); }

// The message of the core::UsageError that the words cause; empty if there is none.
std::string refusal(const Words& words) {
  try {
    static_cast<void>(parse(words));
  } catch (const core::UsageError& error) {
    return error.what();
  }
  return "";
}

std::string given(const CommandLine& line) {
  std::string text;
  for (const auto& option : line.options) {
    text += std::string(option.option->name) + "=" + option.text + " ";
  }
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST(OptionTable, EveryOptionIsComplete) {
  for (const OptionSpec& option : cmd::option_table()) {
    SCOPED_TRACE(option.name);
    EXPECT_GT(option.help.size(), 5U);
    EXPECT_EQ(option.help.back(), '.');
    EXPECT_NE(cmd::title(option.group), "?");
    EXPECT_EQ(option.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
              std::string::npos);
    EXPECT_EQ(cmd::takes_value(option.type), !option.argument.empty());
    EXPECT_EQ(option.type == cmd::OptionType::choice, !option.choices.empty());
    if (cmd::takes_value(option.type)) {
      EXPECT_TRUE(!option.default_value.empty() || !option.default_note.empty());
    }
    if (!option.default_value.empty()) {
      EXPECT_EQ(cmd::parse_value(option, option.default_value).why_invalid, "");
    }
    const bool has_owner =
        std::any_of(cmd::command_table().begin(), cmd::command_table().end(),
                    [&](const auto& spec) { return option.commands.contains(spec.command); });
    EXPECT_TRUE(has_owner);
  }
}

TEST(OptionTable, NamesAndLettersAreUniqueWithinACommand) {
  for (const auto& spec : cmd::command_table()) {
    std::set<std::string_view> names;
    std::set<char> letters;
    for (const OptionSpec& option : cmd::option_table()) {
      if (!option.commands.contains(spec.command)) {
        continue;
      }
      EXPECT_TRUE(names.insert(option.name).second) << spec.name << " --" << option.name;
      if (option.letter == 0) {
        continue;
      }
      EXPECT_TRUE(letters.insert(option.letter).second) << spec.name << " -" << option.letter;
    }
  }
}

// Rows with one name are one setting: a variable or key must mean the same for all of them.
TEST(OptionTable, SettingsOfOneNameAreOneRow) {
  std::set<std::string_view> names;
  for (const OptionSpec& option : cmd::option_table()) {
    if (option.scope == cmd::OptionScope::command_line) {
      continue;
    }
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
  }
}

// Scripts use these names: no row may be deleted.
TEST(OptionTable, HoldsWhatTheContractNames) {
  const std::vector<std::pair<Command, std::string_view>> cases{
      {Command::run,
       "db config account quiet verbose log-format color json help version api-key-file base-url "
       "allow-http ca-file refresh pending concurrency rate output download-concurrency wait "
       "poll-interval deadline delimiter column dry-run limit-rate connect-timeout timeout "
       "stall-timeout retries max-video-size stale-after name allow-private-hosts no-download "
       "min-free sidecar exec lock-wait progress-interval metrics-file failed-out ping-url "
       "status-file shard no-backup part-dir s3-endpoint s3-addressing s3-create-only s3-header"},
      {Command::import_tasks,
       "from-gateway since user-token-file user-id base-url ca-file proxy allow-http timeout "
       "retries lock-wait no-backup"},
      {Command::status, "line json db"},
      {Command::runs, "last json db"},
      {Command::report,
       "period from to tz time by format output prices status require-complete bom delimiter "
       "round round-by-currency rates billing-currency resale check focus-version"},
      {Command::close,
       "tz prices force round round-by-currency rates billing-currency resale customer-label "
       "sign-with invoice-id dry-run from-gateway user-token-file user-id base-url retries"},
      {Command::audit, "output db json"},
      {Command::reconcile,
       "id-column quota-column amount-column currency-column delimiter period from to tz time "
       "currency tolerance decimal-comma prices round round-by-currency from-gateway "
       "user-token-file user-id base-url retries"},
      {Command::forecast, "tz prices quota-per-unit by account label json db"},
      {Command::prices_check, "db json"},
      {Command::verify,
       "deep requeue output s3-endpoint s3-addressing s3-create-only allow-http ca-file proxy"},
      {Command::doctor,
       "base-url api-key-file ca-file allow-http output min-free part-dir s3-endpoint"},
      {Command::db_migrate, "no-backup lock-wait"},
      {Command::db_prune, "older-than"},
  };
  for (const auto& [command, names] : cases) {
    std::istringstream words{std::string(names)};
    for (std::string name; words >> name;) {
      EXPECT_NE(cmd::find_option(command, name), nullptr)
          << cmd::spec_of(command).name << " --" << name;
    }
  }
}

TEST(OptionTable, DefaultsOfTheContract) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"concurrency", "32"},
      {"rate", "0"},
      {"download-concurrency", "8"},
      {"connect-timeout", "10s"},
      {"timeout", "60s"},
      {"stall-timeout", "60s"},
      {"retries", "5"},
      {"max-video-size", "4GiB"},
      {"stale-after", "36h"},
      {"poll-interval", "15s"},
      {"output", "videos"},
      {"name", "{task_id}.{ext}"},
      {"min-free", "1GiB"},
      {"base-url", "https://www.anyfast.ai"},
      {"account", "default"},
      {"tz", "UTC"},
      {"time", "finish"},
      {"by", "task"},
      {"status", "all"},
  };
  for (const auto& [name, value] : cases) {
    const OptionSpec* option = cmd::find_setting(name);
    ASSERT_NE(option, nullptr) << name;
    EXPECT_EQ(option->default_value, value) << name;
  }
}

TEST(OptionTable, EnvironmentNames) {
  EXPECT_EQ(cmd::environment_name("download-concurrency"), "REELTALLY_DOWNLOAD_CONCURRENCY");
  EXPECT_EQ(cmd::environment_name("db"), "REELTALLY_DB");
}

TEST(Help, EveryCommandFitsAndNamesAllItsOptions) {
  for (const auto& spec : cmd::command_table()) {
    SCOPED_TRACE(spec.name);
    const std::string help = cmd::command_help(spec.command);
    for (const std::string& line : lines_of(help)) {
      EXPECT_LE(line.size(), cmd::kHelpColumnsMax) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    }
    EXPECT_EQ(help.find("Usage: reeltally " + std::string(spec.name) + " [OPTIONS]"), 0U);
    EXPECT_NE(help.find(spec.example), std::string::npos);
    EXPECT_NE(help.find("\nExit codes:\n  0 "), std::string::npos);
    for (const OptionSpec& option : cmd::option_table()) {
      if (!cmd::is_listed(option, spec.command)) {
        continue;
      }
      const std::string row = std::string("\n  ").append(cmd::option_synopsis(option));
      EXPECT_NE(help.find(row), std::string::npos) << row;
      EXPECT_NE(help.find(std::string("\n").append(cmd::title(option.group)).append(":\n")),
                std::string::npos);
      const std::string default_text =
          std::string("[default: ").append(option.default_value).append("]");
      if (cmd::takes_value(option.type) && !option.default_value.empty()) {
        EXPECT_NE(cmd::option_description(option).find(default_text), std::string::npos) << row;
      }
    }
  }
  EXPECT_NE(cmd::command_help(Command::run).find("Queries at once. [default: 32]"),
            std::string::npos);
}

TEST(Help, ProgramHelpFitsAndNamesAllCommandsAndCodes) {
  const std::string help = cmd::program_help();
  for (const std::string& line : lines_of(help)) {
    EXPECT_LE(line.size(), 80U) << line;
  }
  for (const auto& spec : cmd::command_table()) {
    EXPECT_NE(help.find("\n  " + std::string(spec.name)), std::string::npos) << spec.name;
    EXPECT_NE(help.find(spec.summary), std::string::npos) << spec.name;
  }
  for (const auto& meaning : cmd::exit_meanings()) {
    EXPECT_NE(help.find("\n  " + std::to_string(cmd::exit_number(meaning.code)) + " "),
              std::string::npos);
  }
}

// The parser must accept every example.
TEST(Help, ExamplesParse) {
  for (const auto& spec : cmd::command_table()) {
    std::istringstream stream{std::string(spec.example)};
    Words words;
    for (std::string word; stream >> word;) {
      words.push_back(word);
    }
    ASSERT_EQ(words.front(), "reeltally");
    words.erase(words.begin());
    EXPECT_EQ(refusal(words), "") << spec.example;
    EXPECT_EQ(parse(words).command, spec.command);
  }
}

TEST(CommandLine, Forms) {
  struct Case {
    const char* name;
    Words words;
    Command command;
    const char* options;
    Words arguments;
  };
  const std::vector<Case> cases{
      {"plain", {"run", "a.csv", "b.csv"}, Command::run, "", {"a.csv", "b.csv"}},
      {"value after", {"run", "--rate", "5"}, Command::run, "rate=5 ", {}},
      {"value by equals", {"run", "--rate=5"}, Command::run, "rate=5 ", {}},
      {"value with equals", {"run", "--name=a=b"}, Command::run, "name=a=b ", {}},
      {"empty value", {"run", "--name="}, Command::run, "name= ", {}},
      {"value with comma", {"run", "--name", "a,b"}, Command::run, "name=a,b ", {}},
      {"dash is an argument", {"run", "-"}, Command::run, "", {"-"}},
      {"dash is a value", {"report", "-o", "-"}, Command::report, "output=- ", {}},
      {"end of options", {"run", "--", "--wait", "-q"}, Command::run, "", {"--wait", "-q"}},
      {"options after files", {"run", "a", "-q", "b"}, Command::run, "quiet=true ", {"a", "b"}},
      {"letters", {"run", "-qvv"}, Command::run, "quiet=true verbose=true verbose=true ", {}},
      {"letter's value", {"run", "-o", "d/e"}, Command::run, "output=d/e ", {}},
      {"letter's value attached", {"run", "-od/e"}, Command::run, "output=d/e ", {}},
      {"flag off", {"run", "--wait=false"}, Command::run, "wait=false ", {}},
      {"repeated",
       {"report", "--by", "day", "--by", "label:a,b"},
       Command::report,
       "by=day by=label:a,b ",
       {}},
      {"before the command",
       {"-vv", "--db", "x.db", "--log-format=json", "run", "f"},
       Command::run,
       "verbose=true verbose=true db=x.db log-format=json ",
       {"f"}},
      {"two words", {"db", "backup", "out.db"}, Command::db_backup, "", {"out.db"}},
      {"option between", {"db", "--db", "x", "check"}, Command::db_check, "db=x ", {}},
      {"argument like a command", {"status", "run"}, Command::status, "", {"run"}},
      {"foreign bytes", {"status", "\xff\xfe"}, Command::status, "", {"\xff\xfe"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const CommandLine line = parse(c.words);
    EXPECT_EQ(line.request, CommandLine::Request::command);
    EXPECT_EQ(line.command, c.command);
    EXPECT_EQ(given(line), c.options);
    EXPECT_EQ(line.arguments, c.arguments);
  }
}

TEST(CommandLine, HelpAndVersion) {
  using Request = CommandLine::Request;
  struct Case {
    Words words;
    Request request;
    std::optional<Command> command;
  };
  const std::vector<Case> cases{
      {{"--help"}, Request::help, std::nullopt},
      {{"-h"}, Request::help, std::nullopt},
      {{"help"}, Request::help, std::nullopt},
      {{"help", "db"}, Request::help, std::nullopt},
      {{"help", "db", "prune"}, Request::help, Command::db_prune},
      {{"db", "--help"}, Request::help, std::nullopt},
      {{"run", "--help"}, Request::help, Command::run},
      {{"-h", "run"}, Request::help, Command::run},
      {{"close", "-h"}, Request::help, Command::close},
      {{"db", "prune", "--help"}, Request::help, Command::db_prune},
      {{"--version"}, Request::version, std::nullopt},
      {{"-V"}, Request::version, std::nullopt},
      {{"run", "--version"}, Request::version, Command::run},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.words));
    const CommandLine line = parse(c.words);
    EXPECT_EQ(line.request, c.request);
    EXPECT_EQ(line.command, c.command);
  }
  // After `--` it is a file.
  EXPECT_EQ(parse({"run", "--", "--help"}).request, Request::command);
}

TEST(CommandLine, MistakesAreNamed) {
  struct Case {
    Words words;
    const char* part;  // of the message
  };
  const std::vector<Case> cases{
      {{}, "no command given"},
      {{"runn"}, "unknown command `runn` (did you mean run?)"},
      {{"staus", "x"}, "(did you mean status?)"},
      {{"db"}, "`db` needs one of: db migrate, db check, db backup, db copy, db prune"},
      {{"db", "prun"}, "unknown command `db prun` (did you mean db prune?)"},
      {{"help", "veriffy"}, "(did you mean verify?)"},
      {{"run", "--concurency", "4"},
       "unknown option --concurency of `run` (did you mean "
       "--concurrency?)"},
      {{"run", "--wiat"}, "(did you mean --wait?)"},
      {{"run", "--conc=4"}, "(did you mean --concurrency?)"},
      {{"run", "--api_key_file=f"}, "(did you mean --api-key-file?)"},
      {{"run", "--deep"}, "`run` has no option --deep; it belongs to `verify`"},
      {{"run", "-x"}, "unknown option -x of `run`"},
      {{"run", "-wait"}, "-wait (did you mean --wait?)"},
      {{"run", "-output=videos", "f"}, "-output (did you mean --output?)"},
      {{"--quite", "run"}, "before the command (did you mean --quiet?)"},
      {{"run", "--timeout"}, "option --timeout needs a value: --timeout DURATION"},
      {{"run", "-o"}, "option -o needs a value: -o DIR"},
      {{"run", "--=x"}, "cannot read the option --;"},
      {{"--wait", "run"}, "unknown option --wait before the command"},
      {{"close"}, "`close` needs PERIOD"},
      {{"close", "2026-10", "x"}, "only PERIOD: `x` is one too many"},
      {{"report", "2026-10"}, "takes no arguments: `2026-10` is one too many"},
  };
  for (const Case& c : cases) {
    const std::string message = refusal(c.words);
    EXPECT_NE(message.find(c.part), std::string::npos)
        << testing::PrintToString(c.words) << ": " << message;
  }
}

TEST(CommandLine, UnlikeWordsGetNoSuggestion) {
  EXPECT_EQ(refusal({"xyzzy"}).find("did you mean"), std::string::npos);
  EXPECT_EQ(refusal({"run", "--xyzzyplugh"}).find("did you mean"), std::string::npos);
  std::string huge(100'000, 'w');
  huge.replace(0, 2, "--");
  EXPECT_EQ(refusal({"run", huge}).find("did you mean"), std::string::npos);
}

// The value is the key: the message must not contain it either.
TEST(CommandLine, KeyAsAValueIsRefusedWithoutItsText) {
  const std::vector<Words> cases{
      {"run", "--api-key", "sk-canary"},    {"run", "--api-key=sk-canary"},
      {"doctor", "--api-key", "sk-canary"}, {"run", "-api-key", "sk-canary"},
      {"run", "--api_key=sk-canary"},       {"run", "--apikey", "sk-canary"},
      {"-apikey", "sk-canary", "run"},      {"--api-key", "sk-canary", "run"},
      {"--api-key=sk-canary", "run"}};
  for (const Words& words : cases) {
    const std::string message = refusal(words);
    EXPECT_NE(message.find("there is no --api-key"), std::string::npos) << message;
    EXPECT_NE(message.find("--api-key-file"), std::string::npos);
    EXPECT_EQ(message.find("canary"), std::string::npos);
  }
  for (const Words& words :
       {Words{"run", "--user-token", "canary"}, {"run", "--user_token=canary"}}) {
    const std::string message = refusal(words);
    EXPECT_NE(message.find("give --user-token-file FILE"), std::string::npos) << message;
    EXPECT_EQ(message.find("canary"), std::string::npos);
  }
  EXPECT_EQ(refusal({"run", "--tokken=sk-canary"}).find("canary"), std::string::npos);
}

TEST(CommandLine, HugeArgumentsAreHarmless) {
  const std::string huge(120'000, 'a');
  EXPECT_EQ(parse({"run", "--name=" + huge}).options.front().text, huge);
  EXPECT_EQ(parse({"status", huge}).arguments.front(), huge);
  std::string letters = huge;
  letters.front() = '-';
  EXPECT_NE(refusal({"run", letters}), "");
}

}  // namespace
