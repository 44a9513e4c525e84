// The domain: a task, what an answer says about it, and the videos it makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/clock.h"
#include "core/domain/task_facts.h"

namespace core {

/// Why a text is no task ID.
enum class IdFailure {
  empty,
  too_long,
  control_character,
  not_utf8,
  dot_segment,
  spreadsheet_number
};

/// One line for people: "the ID is empty", "the ID was ruined by a spreadsheet (8.60E+17)" …
[[nodiscard]] std::string_view describe(IdFailure failure);

/// The gateway's name for a task: an opaque text of 1 to 191 bytes of printable characters
/// (gateway.md, section 1). The only way to make one is `parse`.
class TaskId {
 public:
  static constexpr std::size_t kBytesMax = 191;

  /// Drops blanks, a byte order mark and zero-width characters around the text, then checks it.
  [[nodiscard]] static std::variant<TaskId, IdFailure> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  friend bool operator==(const TaskId&, const TaskId&) = default;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;

 private:
  explicit TaskId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The ledger's own short name for a task: its row. Grows with the order of import.
using TaskKey = std::int64_t;

/// Where a task stands. The numbers are stored in the ledger.
enum class TaskState { unfinished = 0, succeeded = 1, failed = 2, missing = 3 };
[[nodiscard]] std::string_view name(TaskState state);

/// Where one video of a task stands. The numbers are stored in the ledger.
enum class VideoState { wanted = 0, done = 1, failed = 2, expired = 3 };
[[nodiscard]] std::string_view name(VideoState state);

/// What one HTTP answer means for the task that was asked about (gateway.md, sections 3 and 4).
/// The numbers are stored in the ledger.
enum class Verdict {
  unfinished = 0,    ///< a known status that is not final
  succeeded = 1,     ///< final: the video is made
  failed = 2,        ///< final: the gateway gave up, and refunds
  unrecognised = 3,  ///< JSON, but an unknown shape or status word: unfinished, kept raw
  not_found = 4,     ///< the gateway knows no such task (or it is another user's)
  wrong_task = 5,    ///< the answer names another task: kept, never used
  unreadable = 6,    ///< no JSON, or a `code` that is no success: retried
  throttled = 7,     ///< 429
  server_error = 8,  ///< 5xx
  unauthorised = 9,  ///< 401
  forbidden = 10,    ///< 403
  invalid_url = 11,  ///< 404 "Invalid URL": wrong base URL, or an ID the gateway cannot route
  unexpected = 12,   ///< any other HTTP status (3xx, 408, 409, 425 …): retried
};
/// Lower-case words for logs, e.g. "not found".
[[nodiscard]] std::string_view name(Verdict verdict);

/// One leaf of an answer's usage block under its own dotted name, the value exact as sent
/// ("5.0" stays "5.0"; a string's quotes are dropped).
struct UsageMetric {
  std::string name;
  std::string value;
  friend bool operator==(const UsageMetric&, const UsageMetric&) = default;
};

/// One URL under which a video may be had. One that starts with `/` belongs to the gateway itself.
struct LinkCandidate {
  std::string url;  ///< as sent, without blanks around it; a secret while it lives
  std::optional<UtcTime> expires_at;
  bool expiry_assumed = false;  ///< `expires_at` is a guess: the URL does not say when it dies
  friend bool operator==(const LinkCandidate&, const LinkCandidate&) = default;
};

/// One video that an answer offers: its best URL, and those to try when that one is refused.
struct VideoLink {
  int index = 1;    ///< from 1
  std::string url;  ///< as LinkCandidate::url; empty: it could not be read again from the ledger
  std::optional<UtcTime> expires_at;
  bool expiry_assumed = false;  ///< as LinkCandidate::expiry_assumed
  bool fallback =
      false;  ///< no URL was sent: the gateway's content endpoint is tried (gateway.md T14)
  std::string failure;  ///< of a fallback: why the link that was sent cannot be used; empty: none
  std::vector<LinkCandidate> others;  ///< further URLs of the same video, best first
  friend bool operator==(const VideoLink&, const VideoLink&) = default;
};

/// `url` and `others` as one row: number 0 is `url`.
[[nodiscard]] LinkCandidate candidate(const VideoLink& link, std::size_t number);
/// Whether a link brings a URL of the video that an earlier one had not.
[[nodiscard]] bool brings_more(const VideoLink& link, const VideoLink& before);

/// What one HTTP answer says.
struct Answer {
  Verdict verdict = Verdict::unreadable;
  bool names_task = false;  ///< by the ID that was asked for; known of final verdicts alone
  std::string code;         ///< the envelope's or error's `code`, as sent, capped
  std::string status;       ///< the status word, as sent, capped
  std::string progress;     ///< as sent, capped
  std::string message;      ///< for people; harmless to print, no secrets; errors only
  TaskFacts facts;
  std::vector<UsageMetric> usage;
  /// Of a success, and of an unrecognised answer that gives some.
  std::vector<VideoLink> links;
  /// Unrecognised only: a link, or a time of the end, stands beside the unknown word.
  bool looks_finished = false;
  /// Videos the answer counts but gives no usable link for (gateway.md T11).
  int videos_without_link = 0;
  std::string link_failure;  ///< why a link in the answer cannot be used; empty: all can
  /// Envelope B: asking made the gateway ask the vendor (gateway.md G2).
  bool live_fetch = false;
};

/// Stands in the `code` of an answer that is kept although nothing could be taken from it.
inline constexpr std::string_view kNothingTaken = "(nothing taken)";
/// What is recorded in place of such an answer's facts.
[[nodiscard]] Answer nothing_taken();

/// Masks a key in everything that is recorded of an answer but its links, which lead nowhere when
/// they are masked and are recorded in its raw text alone.
void hide_key(Answer& answer, std::string_view key);

/// A file that was checked, synced and published under its final name.
struct SavedFile {
  std::string path;  ///< absolute
  std::int64_t bytes = 0;
  std::string sha256;  ///< 64 lower-case hex digits
  std::string checks;  ///< what was compared, e.g. "length crc64 boxes"
  friend bool operator==(const SavedFile&, const SavedFile&) = default;
};

/// A user's own columns beside the ID, in the file's order.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// An input row that was accepted.
struct WantedTask {
  TaskId id;
  std::string model;  ///< from a column named `model`; empty when there is none
  Labels labels;
  std::string account{};  ///< from a column named `account`; empty: the run's own
};

}  // namespace core
