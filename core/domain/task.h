// The domain: a task, an answer about it, and its videos.
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

/// Why a text is not a task ID.
enum class IdFailure {
  empty,
  too_long,
  control_character,
  not_utf8,
  dot_segment,
  spreadsheet_number
};

/// One line for users: "the ID is empty", "the ID was ruined by a spreadsheet (8.60E+17)" …
[[nodiscard]] std::string_view describe(IdFailure failure);

/// The gateway's name for a task: an opaque text of 1 to 191 bytes of printable characters
/// (gateway.md, section 1). Only `parse` creates one.
class TaskId {
 public:
  static constexpr std::size_t kBytesMax = 191;

  /// Removes blanks, a byte order mark and zero-width characters around the text, then checks it.
  [[nodiscard]] static std::variant<TaskId, IdFailure> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  friend bool operator==(const TaskId&, const TaskId&) = default;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;

 private:
  explicit TaskId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The ledger's integer key of a task (its row). Grows in the order of import.
using TaskKey = std::int64_t;

/// The state of a task. The numbers are stored in the ledger.
enum class TaskState { unfinished = 0, succeeded = 1, failed = 2, missing = 3 };
[[nodiscard]] std::string_view name(TaskState state);

/// The state of one video of a task. The numbers are stored in the ledger.
enum class VideoState { wanted = 0, done = 1, failed = 2, expired = 3 };
[[nodiscard]] std::string_view name(VideoState state);

/// What one HTTP answer means for the queried task (gateway.md, sections 3 and 4). The numbers are
/// stored in the ledger.
enum class Verdict {
  unfinished = 0,    ///< a known status that is not final
  succeeded = 1,     ///< final: the video was made
  failed = 2,        ///< final: the gateway gave up, and refunds
  unrecognised = 3,  ///< JSON, but an unknown shape or status word: unfinished, kept raw
  not_found = 4,     ///< the gateway does not know the task (or it is another user's)
  wrong_task = 5,    ///< the answer names another task: stored, never used
  unreadable = 6,    ///< not JSON, or a `code` other than success: retried
  throttled = 7,     ///< 429
  server_error = 8,  ///< 5xx
  unauthorised = 9,  ///< 401
  forbidden = 10,    ///< 403
  invalid_url = 11,  ///< 404 "Invalid URL": wrong base URL, or an ID the gateway cannot route
  unexpected = 12,   ///< any other HTTP status (3xx, 408, 409, 425 …): retried
};
/// Lower-case words for logs, e.g. "not found".
[[nodiscard]] std::string_view name(Verdict verdict);

/// One leaf of an answer's usage block under its own dotted name, with the value exactly as sent
/// ("5.0" stays "5.0"; the quotes of a string are dropped).
struct UsageMetric {
  std::string name;
  std::string value;
  friend bool operator==(const UsageMetric&, const UsageMetric&) = default;
};

/// A URL from which a video may be downloaded. A URL that starts with `/` belongs to the gateway.
struct LinkCandidate {
  std::string url;  ///< as sent, without blanks around it; secret while valid
  std::optional<UtcTime> expires_at;
  bool expiry_assumed = false;  ///< `expires_at` is a guess: the URL does not state it
  friend bool operator==(const LinkCandidate&, const LinkCandidate&) = default;
};

/// One video of an answer: its best URL, and the ones to try if that one is refused.
struct VideoLink {
  int index = 1;    ///< from 1
  std::string url;  ///< as LinkCandidate::url; empty: the ledger could not read it again
  std::optional<UtcTime> expires_at;
  bool expiry_assumed = false;  ///< as LinkCandidate::expiry_assumed
  bool fallback =
      false;  ///< no URL was sent: the gateway's content endpoint is tried (gateway.md T14)
  std::string failure;  ///< for a fallback: why the sent link is unusable; empty: none was sent
  std::vector<LinkCandidate> others;  ///< further URLs of the same video, best first
  friend bool operator==(const VideoLink&, const VideoLink&) = default;
};

/// `url` and `others` as one sequence: number 0 is `url`.
[[nodiscard]] LinkCandidate candidate(const VideoLink& link, std::size_t number);
/// Whether `link` has a URL of the video that `before` does not have.
[[nodiscard]] bool brings_more(const VideoLink& link, const VideoLink& before);

/// The content of one HTTP answer.
struct Answer {
  Verdict verdict = Verdict::unreadable;
  bool names_task = false;  ///< it names the queried ID; known only for final verdicts
  std::string code;         ///< the envelope's or error's `code`, as sent, capped
  std::string status;       ///< the status word, as sent, capped
  std::string progress;     ///< as sent, capped
  std::string message;      ///< for users; printable, no secrets; only for errors
  TaskFacts facts;
  std::vector<UsageMetric> usage;
  /// Only for a success, or an unrecognised answer with links.
  std::vector<VideoLink> links;
  /// Only for an unrecognised answer: it has a link or a finish time beside the unknown word.
  bool looks_finished = false;
  /// Videos that the answer counts without a usable link (gateway.md T11).
  int videos_without_link = 0;
  std::string link_failure;  ///< why a link in the answer is unusable; empty: all are usable
  /// Envelope B: the query made the gateway ask the vendor (gateway.md G2).
  bool live_fetch = false;
};

/// The `code` of an answer that is stored although nothing could be read from it.
inline constexpr std::string_view kNothingTaken = "(nothing taken)";
/// Recorded instead of the facts of such an answer.
[[nodiscard]] Answer nothing_taken();

/// The `code` with which an entry of the gateway's list of tasks is recorded: an answer to no
/// query.
inline constexpr std::string_view kFromList = "(list)";

/// Masks the key in everything that is recorded of an answer except its links: a masked link would
/// be useless, and links are recorded only in the raw text.
void hide_key(Answer& answer, std::string_view key);

/// A file that was checked, synced and published under its final name.
struct SavedFile {
  std::string path;  ///< absolute
  std::int64_t bytes = 0;
  std::string sha256;  ///< 64 lower-case hex digits
  std::string checks;  ///< what was compared, e.g. "length crc64 boxes"
  friend bool operator==(const SavedFile&, const SavedFile&) = default;
};

/// The user's own columns beside the ID, in the order of the file.
using Labels = std::vector<std::pair<std::string, std::string>>;
/// Of a label's name where a fact may be named too: "label:customer".
inline constexpr std::string_view kLabelMark = "label:";

/// An accepted input row.
struct WantedTask {
  TaskId id;
  std::string model;  ///< from the column `model`; empty if there is none
  Labels labels;
  std::string account{};  ///< from the column `account`; empty: the run's own
};

}  // namespace core
