#include "cmd/os/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cmd/cli/command_line.h"
#include "tests/support/temp_dir.h"

namespace {

using cmd::Environment;
using cmd::Log;
using cmd::LogFormat;
using cmd::LogLevel;
using cmd::LogOptions;

// A file instead of standard error.
class LogFile {
 public:
  LogFile()
      : fd_(::open(dir_.path("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~LogFile() { ::close(fd_); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string text() const { return support::read_file(dir_.path("log")); }

 private:
  support::TempDir dir_;
  int fd_;
};

void write_one_of_each(Log& log) {
  log.error("e");
  log.warning("w");
  log.note("n");
  log.detail("d");
  log.request("r");
}

LogOptions options_of(const std::vector<std::string>& words, const Environment& environment = {}) {
  return cmd::log_options(
      cmd::Settings::load(cmd::parse_command_line(words), environment, "/nonexistent"));
}

TEST(Log, AnEventHasItsFieldsInJsonAlone) {
  const cmd::LogFields fields{.kind = "video_failed",
                              .task = "t1\n",
                              .account = "studio",
                              .video = 2,
                              .http_status = 403,
                              .count = 0};
  LogFile text;
  Log({.fd = text.fd()}).event(LogLevel::error, "t1: HTTP 403", fields);
  EXPECT_EQ(text.text(), "reeltally: error: t1: HTTP 403\n");
  LogFile lines;
  Log log({.format = LogFormat::json, .fd = lines.fd()});
  log.event(LogLevel::error, "t1: HTTP 403", fields);
  log.event(LogLevel::detail, "not shown", fields);
  auto json = nlohmann::json::parse(lines.text());
  EXPECT_EQ(json.size(), 8U) << "without what is empty or 0";
  json.erase("time");
  EXPECT_EQ(json,
            nlohmann::json::parse(R"({"level":"error","message":"t1: HTTP 403",)"
                                  R"("kind":"video_failed","task":"t1\\x0a","account":"studio",)"
                                  R"("video":2,"http_status":403})"));
}

TEST(Log, PlainLinesHaveNoPrefix) {
  LogFile file;
  Log log({.level = LogLevel::error, .fd = file.fd()});
  int lines = 0;
  log.on_line([&lines] { ++lines; });
  log.plain({"one", "two"});
  EXPECT_EQ(file.text(), "one\ntwo\n");
  EXPECT_EQ(lines, 1) << "the block leaves the terminal first";
}

TEST(Log, LevelsAsText) {
  struct Case {
    LogLevel level;
    const char* expected;
  };
  const std::vector<Case> cases{
      {LogLevel::error, "reeltally: error: e\n"},
      {LogLevel::warning, "reeltally: error: e\nreeltally: warning: w\n"},
      {LogLevel::note, "reeltally: error: e\nreeltally: warning: w\nreeltally: note: n\n"},
      {LogLevel::detail,
       "reeltally: error: e\nreeltally: warning: w\nreeltally: note: n\nreeltally: d\n"},
      {LogLevel::request,
       "reeltally: error: e\nreeltally: warning: w\nreeltally: note: n\nreeltally: d\n"
       "reeltally: r\n"},
  };
  for (const Case& c : cases) {
    const LogFile file;
    Log log({.level = c.level, .fd = file.fd()});
    write_one_of_each(log);
    EXPECT_EQ(file.text(), c.expected);
    EXPECT_EQ(log.wants(LogLevel::request), c.level == LogLevel::request);
  }
}

TEST(Log, OptionsOfTheLine) {
  struct Case {
    std::vector<std::string> words;
    LogLevel level;
  };
  const std::vector<Case> cases{
      {{"run"}, LogLevel::note},          {{"run", "-q"}, LogLevel::error},
      {{"run", "-v"}, LogLevel::detail},  {{"run", "-vv"}, LogLevel::request},
      {{"run", "-qvv"}, LogLevel::error},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(options_of(c.words).level, c.level) << testing::PrintToString(c.words);
  }
  const Environment quiet{{"REELTALLY_QUIET", "1"}};
  EXPECT_EQ(options_of({"run"}, quiet).level, LogLevel::error);
  EXPECT_EQ(options_of({"run", "-v"}, quiet).level, LogLevel::detail);
  EXPECT_EQ(options_of({"run", "--log-format", "json"}).format, LogFormat::json);
  EXPECT_TRUE(options_of({"run", "--color=always"}, {{"NO_COLOR", "1"}}).color);
  EXPECT_FALSE(options_of({"run", "--color=never"}).color);
}

TEST(Log, Color) {
  const LogFile file;
  Log log({.level = LogLevel::detail, .color = true, .fd = file.fd()});
  log.error("e");
  log.detail("d");
  EXPECT_EQ(file.text(), "reeltally: \033[1;31merror: \033[0me\nreeltally: d\n");
}

TEST(Log, Json) {
  const LogFile file;
  Log log({.level = LogLevel::request, .format = LogFormat::json, .color = true, .fd = file.fd()});
  write_one_of_each(log);
  log.note("quote \" back\\slash \xff tab\t");
  std::istringstream lines(file.text());
  std::string levels;
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    ASSERT_EQ(object.size(), 3U);
    levels += object["level"].get<std::string>() + " ";
    last = object["message"];
    const std::string time = object["time"];
    ASSERT_EQ(time.size(), 24U);
    EXPECT_EQ(time[10], 'T');
    EXPECT_EQ(time.back(), 'Z');
  }
  EXPECT_EQ(levels, "error warning info debug trace info ");
  EXPECT_EQ(last, "quote \" back\\slash \\xff tab\\x09");
}

TEST(Log, JournalPriorities) {
  const LogFile file;
  Log log({.level = LogLevel::request, .journal = true, .fd = file.fd()});
  write_one_of_each(log);
  EXPECT_EQ(file.text(), "<3>error: e\n<4>warning: w\n<6>note: n\n<7>d\n<7>r\n");
}

TEST(Log, JournalIsKnownByItsFile) {
  const LogFile file;
  struct stat status {};
  ASSERT_EQ(::fstat(file.fd(), &status), 0);
  const std::string name = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  EXPECT_TRUE(cmd::is_journal({{"JOURNAL_STREAM", name}}, file.fd()));
  EXPECT_FALSE(cmd::is_journal({{"JOURNAL_STREAM", name + "1"}}, file.fd()));
  EXPECT_FALSE(cmd::is_journal({}, file.fd()));
  EXPECT_FALSE(cmd::is_journal({{"JOURNAL_STREAM", name}}, -1));
}

// design.md f: a message is one line of printable text, whatever it contains.
TEST(Log, ForeignBytesAreHarmless) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
  }
  all += "\u202E\u0085";
  const LogFile file;
  Log log({.fd = file.fd()});
  log.error(all);
  const std::string text = file.text();
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  for (const char c : text.substr(0, text.size() - 1)) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
  }
}

TEST(Log, LongMessagesAreCut) {
  const LogFile file;
  Log log({.fd = file.fd()});
  log.error(std::string(1'000'000, 'x'));
  EXPECT_LE(file.text().size(), Log::kMessageBytesMax + 32);
  EXPECT_NE(file.text().find("…"), std::string::npos);
}

TEST(Log, HookRunsBeforeEachLine) {
  const LogFile file;
  Log log({.fd = file.fd()});
  log.on_line([&] { ASSERT_EQ(::write(file.fd(), "clear|", 6), 6); });
  log.note("a");
  log.detail("not shown");
  EXPECT_EQ(file.text(), "clear|reeltally: note: a\n");
}

TEST(Log, LinesOfThreadsDoNotMix) {
  const LogFile file;
  Log log({.fd = file.fd()});
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&log] {
      for (int line = 0; line < kLines; ++line) {
        log.note("0123456789");
      }
    });
  }
  threads.clear();
  std::istringstream lines(file.text());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(line, "reeltally: note: 0123456789");
  }
  EXPECT_EQ(count, kThreads * kLines);
}

}  // namespace
