// Safe, unique file names from a template; no file is ever outside the output folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/domain/task.h"

namespace core {

/// The values of the placeholders in a name template.
struct NameFields {
  std::string task_id;
  std::string account;
  std::string model;
  std::string status;
  UtcTime finish_time{};  ///< 1970, or outside the years 1 to 9999: `{date}` is empty
  int index = 1;
  Labels labels;
};

/// `--name`: `{task_id}.{ext}` and friends. Immutable; any thread.
class NameTemplate {
 public:
  /// The template for a task's first video; with it, further videos get `-{index}`.
  static constexpr std::string_view kDefault = "{task_id}.{ext}";
  /// The maximum number of folders in a template; keeps a path well below the kernel's limit.
  static constexpr std::size_t kFoldersMax = 16;

  /// Throws core::UsageError that names the unknown placeholder or the fault.
  explicit NameTemplate(std::string_view text);

  /// A relative path with `/` between parts. Each part has at most 200 bytes including the part
  /// file's suffix, no control characters, no separator, and is never `.`, `..`, hidden or empty.
  /// `nth` above 1 adds `-2`, `-3` … before the extension: the next free name.
  ///
  /// The template decides the name: without `{ext}` there is no extension, as with yt-dlp's `-o`.
  /// An index (above 1, if the template has no `{index}`) and `nth` are placed before the
  /// extension: `.{ext}`, or a literal one such as `.mp4` at the very end.
  [[nodiscard]] std::string render(const NameFields& fields, std::string_view extension,
                                   int nth) const;

 private:
  struct Piece {
    enum class Kind { literal, task_id, account, model, date, status, index, ext, label };
    Kind kind;
    std::string text;  ///< the literal, or the label's name
  };
  using Part = std::vector<Piece>;

  static std::vector<Part> parse(std::string_view text);
  static Piece placeholder(std::string_view name, std::string_view text);
  static void check_part(const Part& part, std::string_view text);
  static std::string value(const Piece& piece, const NameFields& fields,
                           std::string_view extension);
  static std::string join(const Part& part, const NameFields& fields, std::string_view extension);
  void take_last(Part part);

  std::vector<Part> folders_;
  Part stem_;       ///< the last part up to its extension
  Part extension_;  ///< with its dot; empty: none
  bool has_index_ = false;
};

/// Makes any text a part of a path, with 1 to `bytes_max` bytes (at least 16): separators, control
/// and invisible characters, invalid UTF-8 bytes and `: \ * ? " < > |` become `_`, and so do a
/// leading `.` or `-` and a trailing `.` or blank. A text that is too long is cut between
/// characters and ends in a short hash of the whole text, so that long names stay different.
[[nodiscard]] std::string safe_part(std::string_view text, std::size_t bytes_max);

/// The hidden name of a download in progress: `.ID-INDEX-HASH.part`, the same in every run and
/// different for every video. At most 200 bytes.
[[nodiscard]] std::string part_file_name(const NameFields& fields);

}  // namespace core
