// Messages for people and monitors, on standard error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/environment.h"
#include "cmd/cli/settings.h"

namespace cmd {

/// From the most to the least important.
enum class LogLevel {
  error,    ///< also with -q
  warning,  ///< something is wrong, but the run continues
  note,     ///< information for every user
  detail,   ///< -v
  request,  ///< -vv: every request
};

enum class LogFormat { text, json };

struct LogOptions {
  LogLevel level = LogLevel::note;
  LogFormat format = LogFormat::text;
  bool color = false;
  /// Standard error is the systemd journal: each line begins with `<3>` and so on (sd-daemon(3)).
  bool journal = false;
  int fd = 2;
};

/// What a message is about, for programs that read JSON lines. Empty and 0 are left out.
struct LogFields {
  std::string kind;  ///< one word: "not_answered", "video_expired" …
  std::string task;
  std::string account;
  int video = 0;  ///< its index
  int http_status = 0;
  std::uint64_t count = 0;  ///< how many tasks or videos it is about
};

/// Writes each message as one line with one write(2), so that lines of several processes do not
/// mix. core::printable makes the message printable, and it is cut at kMessageBytesMax. The caller
/// must remove secrets (core::redact_urls). Any thread.
class Log {
 public:
  static constexpr std::size_t kMessageBytesMax = 4096;

  explicit Log(const LogOptions& options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Whether a message of this level would be shown. Cheap: check it before building a message.
  [[nodiscard]] bool wants(LogLevel level) const { return level <= level_; }

  void error(std::string_view message) { write(LogLevel::error, message); }
  void warning(std::string_view message) { write(LogLevel::warning, message); }
  void note(std::string_view message) { write(LogLevel::note, message); }
  void detail(std::string_view message) { write(LogLevel::detail, message); }
  void request(std::string_view message) { write(LogLevel::request, message); }

  /// With what it is about, which only JSON lines have.
  void event(LogLevel level, std::string_view message, const LogFields& fields);

  /// Writes lines for a person on a terminal as they are, without a prefix, whatever the level is.
  /// The caller makes them printable.
  void plain(const std::vector<std::string>& lines);

  /// Called before each line, under the lock that orders lines: the progress block leaves the
  /// terminal. It must not log. Set it while no other thread logs.
  void on_line(std::function<void()> before_line);
  /// Runs `action` under the lock that orders lines, so that no line comes into a half drawn
  /// block. It must not log.
  void between_lines(const std::function<void()>& action);

 private:
  void write(LogLevel level, std::string_view message);

  class Sink;
  struct Logger;
  LogLevel level_;
  std::unique_ptr<Logger> logger_;
};

/// The log options from settings and environment.
[[nodiscard]] LogOptions log_options(const Settings& settings);
/// For messages before the settings are loaded: from environment and terminal only.
[[nodiscard]] LogOptions log_options(const Environment& environment);
/// Version of the library that writes messages, for --version.
[[nodiscard]] std::string spdlog_version_text();
/// Whether $JOURNAL_STREAM names the file behind `fd` (systemd.exec(5)).
[[nodiscard]] bool is_journal(const Environment& environment, int fd);

}  // namespace cmd
