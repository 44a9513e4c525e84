#include "cmd/os/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/version.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "cmd/os/json_text.h"
#include "cmd/os/terminal.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

struct LevelStyle {
  spdlog::level::level_enum spdlog_level;
  std::string_view word;       // in text
  std::string_view json_word;  // the words that log collectors know
  std::string_view journal;    // syslog priority
  std::string_view color;
};

LevelStyle style_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return {spdlog::level::err, "error: ", "error", "<3>", "\033[1;31m"};
    case LogLevel::warning:
      return {spdlog::level::warn, "warning: ", "warning", "<4>", "\033[1;33m"};
    case LogLevel::note:
      return {spdlog::level::info, "note: ", "info", "<6>", "\033[1;36m"};
    case LogLevel::detail:
      return {spdlog::level::debug, "", "debug", "<7>", ""};
    case LogLevel::request:
      return {spdlog::level::trace, "", "trace", "<7>", ""};
  }
  return {spdlog::level::err, "", "error", "<3>", ""};
}

LogLevel level_from(spdlog::level::level_enum level) {
  for (const LogLevel candidate :
       {LogLevel::error, LogLevel::warning, LogLevel::note, LogLevel::detail, LogLevel::request}) {
    if (style_of(candidate).spdlog_level == level) {
      return candidate;
    }
  }
  return LogLevel::error;
}

// ISO 8601 in UTC with milliseconds.
std::string utc_text(std::chrono::system_clock::time_point time) {
  using std::chrono::floor;
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(floor<std::chrono::milliseconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::string text_line(const LevelStyle& style, std::string_view message,
                      const LogOptions& options) {
  std::string line;
  // The journal names the program itself.
  if (!options.journal) {
    line += "reeltally: ";
  }
  const bool colored = options.color && !style.color.empty();
  if (colored) {
    line += style.color;
  }
  line += style.word;
  if (colored) {
    line += "\033[0m";
  }
  return line.append(message);
}

std::string json_line(const LevelStyle& style, std::string_view message, const LogFields& fields,
                      std::chrono::system_clock::time_point time) {
  nlohmann::ordered_json object;
  object["time"] = utc_text(time);
  object["level"] = style.json_word;
  object["message"] = message;
  const auto add_text = [&object](const char* name, const std::string& text) {
    if (!text.empty()) {
      object[name] = core::printable(text, Log::kMessageBytesMax);
    }
  };
  const auto add_number = [&object](const char* name, std::uint64_t number) {
    if (number > 0) {
      object[name] = number;
    }
  };
  add_text("kind", fields.kind);
  add_text("task", fields.task);
  add_text("account", fields.account);
  add_number("video", static_cast<std::uint64_t>(fields.video));
  add_number("http_status", static_cast<std::uint64_t>(fields.http_status));
  add_number("count", fields.count);
  return json_text(object);
}

// A message that cannot be written is lost, because there is no other place to report it.
void write_or_lose(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

class Log::Sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Sink(const LogOptions& options) : options_(options) {}

  void on_line(std::function<void()> before_line) {
    const std::lock_guard lock(mutex_);
    before_line_ = std::move(before_line);
  }

  void between_lines(const std::function<void()>& action) {
    const std::lock_guard lock(mutex_);
    action();
  }

  void write_event(LogLevel level, std::string_view message, const LogFields& fields) {
    const std::lock_guard lock(mutex_);
    write(style_of(level), message, fields, std::chrono::system_clock::now());
  }

  void write_plain(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (before_line_) {
      before_line_();
    }
    write_or_lose(options_.fd, text);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write(style_of(level_from(message.level)), {message.payload.data(), message.payload.size()},
          LogFields(), message.time);
  }
  // Under the mutex.
  void write(const LevelStyle& style, std::string_view message, const LogFields& fields,
             std::chrono::system_clock::time_point time) {
    const std::string text = core::printable(message, kMessageBytesMax);
    std::string line(options_.journal ? style.journal : "");
    line += options_.format == LogFormat::json ? json_line(style, text, fields, time)
                                               : text_line(style, text, options_);
    line.push_back('\n');
    if (before_line_) {
      before_line_();
    }
    write_or_lose(options_.fd, line);
  }
  void flush_() override {}

  LogOptions options_;
  std::function<void()> before_line_;
};

struct Log::Logger {
  std::shared_ptr<Sink> sink;
  spdlog::logger logger;
};

Log::Log(const LogOptions& options) : level_(options.level) {
  auto sink = std::make_shared<Sink>(options);
  logger_ = std::make_unique<Logger>(Logger{sink, spdlog::logger("reeltally", sink)});
  logger_->logger.set_level(style_of(level_).spdlog_level);
}

Log::~Log() = default;

void Log::on_line(std::function<void()> before_line) {
  logger_->sink->on_line(std::move(before_line));
}

void Log::between_lines(const std::function<void()>& action) {
  logger_->sink->between_lines(action);
}

void Log::event(LogLevel level, std::string_view message, const LogFields& fields) {
  if (wants(level)) {
    logger_->sink->write_event(level, message, fields);
  }
}

void Log::plain(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\n";
  }
  logger_->sink->write_plain(text);
}

void Log::write(LogLevel level, std::string_view message) {
  if (!wants(level)) {
    return;
  }
  logger_->logger.log(style_of(level).spdlog_level,
                      spdlog::string_view_t(message.data(), message.size()));
}

LogOptions log_options(const Environment& environment) {
  LogOptions options;
  options.color = use_color("auto", options.fd, environment);
  options.journal = is_journal(environment, options.fd);
  return options;
}

LogOptions log_options(const Settings& settings) {
  LogOptions options = log_options(settings.environment());
  const std::int64_t verbose = settings.count("verbose");
  if (verbose >= 1) {
    options.level = LogLevel::detail;
  }
  if (verbose >= 2) {
    options.level = LogLevel::request;
  }
  // A -v on the command line has priority over `quiet` in the configuration file.
  const bool outranked =
      verbose > 0 && settings.origin("verbose").kind < settings.origin("quiet").kind;
  if (settings.flag("quiet") && !outranked) {
    options.level = LogLevel::error;
  }
  if (settings.text("log-format") == "json") {
    options.format = LogFormat::json;
  }
  options.color = use_color(settings.text("color"), options.fd, settings.environment());
  return options;
}

std::string spdlog_version_text() {
  return std::to_string(SPDLOG_VER_MAJOR) + "." + std::to_string(SPDLOG_VER_MINOR) + "." +
         std::to_string(SPDLOG_VER_PATCH);
}

bool is_journal(const Environment& environment, int fd) {
  const auto stream = variable(environment, "JOURNAL_STREAM");
  struct stat status {};
  if (!stream || ::fstat(fd, &status) != 0) {
    return false;
  }
  return *stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace cmd
