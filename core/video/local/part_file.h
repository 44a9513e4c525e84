// A download on its way to disk: a hidden part file beside its target, checked, synced, published
// under its final name without replacing anything, and only then reported.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"
#include "core/video/file_name.h"
#include "core/video/local/output_folder.h"

namespace core {

/// What the server promised about the whole object.
struct PromisedContent {
  std::optional<std::int64_t> length;
  std::optional<std::uint64_t> crc64;  ///< CRC-64/XZ, x-oss-hash-crc64ecma or x-tos-hash-crc64ecma
  std::string md5_base64;              ///< Content-MD5 of a 200; empty or no MD5: not compared
  friend bool operator==(const PromisedContent&, const PromisedContent&) = default;
};

/// One part file, locked against other runs while this object lives. One thread at a time: the
/// engine's while bytes come in, then a worker's for `publish`.
///
/// A part that can be resumed stays when the object ends; one that cannot is removed.
class PartFile {
 public:
  /// Longer validators are not remembered: such a download starts anew.
  static constexpr std::size_t kValidatorBytesMax = 1024;
  /// Names that are tried for one video before the template is called unfit.
  static constexpr int kNamesMax = 10000;

  /// Opens or makes the part file for a plan, and the template's folders. A FetchFailure (disk,
  /// disk_full, or blocked when something else stands there or another process holds it) when
  /// that is not possible.
  [[nodiscard]] static std::variant<std::unique_ptr<PartFile>, FetchFailure> open(
      std::shared_ptr<const OutputFolder> folder, FilePlan plan);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Bytes that may be resumed: those an earlier try left, and all that came since; 0 when there is
  /// no strong validator. Bytes of an earlier boot are not resumed: unsynced as they are, a power
  /// cut may have taken any of them.
  [[nodiscard]] std::int64_t size() const;
  /// The strong ETag the bytes belong to, and what was promised of the whole then.
  [[nodiscard]] const std::string& validator() const;
  [[nodiscard]] const PromisedContent& promised() const;

  /// Empties the file and remembers what the bytes to come belong to (kept on disk beside the part,
  /// so that a later run can resume). An empty or weak validator means: never resume.
  [[nodiscard]] std::optional<FetchFailure> restart(std::string_view validator,
                                                    const PromisedContent& promised);
  /// Adds bytes at the end: after `restart`, or to what `size` says is there.
  [[nodiscard]] std::optional<FetchFailure> append(std::string_view bytes);

  /// Whether a video in the ledger has this absolute path. Never asked about `plan.replaces`, which
  /// is this video's own. Called on the worker thread; what it throws passes through `publish`.
  using Claimed = std::function<bool(const std::string& path)>;

  /// Checks the bytes against `promised` and as a container, then fsync, rename without replacing,
  /// fsync of the folder; removes the part and its notes. Blocking and thread-safe for different
  /// files; once for each object. When the content is wrong the part is removed; when the disk
  /// fails it stays, and after a failed sync it is not resumed (design.md S7).
  ///  - A failure when the output folder's path no longer leads to it: the record would be untrue.
  ///  - The name: the plan's name with the sniffed extension; taken names, and those of other
  ///    videos in the ledger, get `-2`, `-3` …
  ///  - A file of the same bytes under that name that no other video claims is adopted (a run died
  ///    between rename and record), unless it has further names (hard links).
  ///  - `plan.replaces` is replaced if it still exists under the output folder, and taken again if
  ///    it does not; not if it has another container's extension, or is no regular file.
  [[nodiscard]] std::variant<SavedFile, FetchFailure> publish(const PromisedContent& promised,
                                                              const Claimed& claimed);

 private:
  class State;
  explicit PartFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace core
