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

#include "core/file_name.h"
#include "core/task.h"
#include "core/transport.h"

namespace core {

/// The folder that videos go to, held open: if it is unmounted or renamed while a run goes on, no
/// file lands elsewhere. Everything below it is opened beneath it, following no link
/// (reliability.md d4). Immutable; any thread.
class OutputFolder {
 public:
  /// Makes the folder (and its parents) if need be. Throws core::Error that names the path and why.
  explicit OutputFolder(const std::string& path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Absolute.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// What the server promised about the whole object.
struct PromisedContent {
  std::optional<std::int64_t> length;
  std::optional<std::uint64_t> crc64;  ///< CRC-64/XZ, x-oss-hash-crc64ecma or x-tos-hash-crc64ecma
  std::string md5_base64;              ///< Content-MD5 of a 200; empty: none
};

/// One part file, locked against other runs while this object lives. One thread at a time: the
/// engine's while bytes come in, then a worker's for `publish`.
class PartFile {
 public:
  /// Opens or makes the part file for a plan. A FetchFailure (disk, disk_full, or `disk` when
  /// another process holds the part) when that is not possible.
  [[nodiscard]] static std::variant<std::unique_ptr<PartFile>, FetchFailure> open(
      std::shared_ptr<const OutputFolder> folder, FilePlan plan);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Bytes that an earlier try left and that may be resumed; 0 when there is no strong validator.
  [[nodiscard]] std::int64_t size() const;
  /// The strong ETag the bytes belong to, and the total length promised then (0: unknown).
  [[nodiscard]] const std::string& validator() const;
  [[nodiscard]] std::int64_t total() const;

  /// Empties the file and remembers what the bytes to come belong to (kept on disk beside the part,
  /// so that a later run can resume). An empty or weak validator means: never resume.
  [[nodiscard]] std::optional<FetchFailure> restart(std::string_view validator, std::int64_t total);
  /// Adds bytes at the end.
  [[nodiscard]] std::optional<FetchFailure> append(std::string_view bytes);

  /// Whether another video in the ledger has this absolute path. Called on the worker thread.
  using Claimed = std::function<bool(const std::string& path)>;

  /// Checks the bytes against `promised` and as a container, then fsync, rename without replacing,
  /// fsync of the folder; removes the part and its notes. Blocking and thread-safe for different
  /// files. When the content is wrong the part is removed; when the disk fails it stays.
  ///  - The name: the plan's name with the sniffed extension; taken names get `-2`, `-3` …
  ///  - A file of the same bytes under that name that no other video claims is adopted (a run died
  ///    between rename and record).
  ///  - `plan.replaces` is replaced if it still exists under the output folder.
  [[nodiscard]] std::variant<SavedFile, FetchFailure> publish(const PromisedContent& promised,
                                                              const Claimed& claimed);

 private:
  PartFile();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace core
