// The place for videos, such as a folder or a bucket, as the engine, `verify` and sidecars use it.
// tests/core/video/video_store_contract_test.cc tests every implementation against this contract.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/clock.h"
#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"
#include "core/files/sha256.h"
#include "core/video/file_name.h"
#include "core/video/promised_content.h"

namespace core {

/// The destination of one video. Immutable; any thread.
struct FilePlan {
  std::shared_ptr<const NameTemplate> name_template;
  NameFields fields;
  /// The path of the file that the ledger recorded earlier for this video: the only file that may
  /// be replaced. Empty: none.
  std::string replaces;
  /// Whether the ledger says that no other run may download this video now, as a claim in a crew
  /// does: then a run that still holds resumable bytes open lost its claim, and they are removed.
  bool is_claimed = false;
};

/// One video on its way into a store; nobody else writes to it while this object exists. One thread
/// at a time: the engine's while bytes arrive, then a worker's for `publish`.
///
/// Resumable bytes stay in the store when the object ends; others are removed.
class VideoSink {
 public:
  VideoSink() = default;
  virtual ~VideoSink() = default;
  VideoSink(const VideoSink&) = delete;
  VideoSink& operator=(const VideoSink&) = delete;

  /// The number of resumable bytes: those of an earlier attempt, and all received since; 0 without
  /// a strong validator.
  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// The strong ETag of the object to which the bytes belong, and what was promised about it.
  [[nodiscard]] virtual const std::string& validator() const = 0;
  [[nodiscard]] virtual const PromisedContent& promised() const = 0;

  /// Drops all bytes, and records to which object the next bytes belong, so that a later run can
  /// resume them. If `validator` is not a strong ETag (core::is_strong_etag), they are never
  /// resumed.
  [[nodiscard]] virtual std::optional<FetchFailure> restart(std::string_view validator,
                                                            const PromisedContent& promised) = 0;
  /// Appends bytes: after `restart`, or after the existing bytes that `size` counts.
  [[nodiscard]] virtual std::optional<FetchFailure> append(std::string_view bytes) = 0;

  /// Checks the bytes against `promised` and as a video, chooses the name by their content, and
  /// returns once the file is durable under that name. Blocking; once for each object.
  ///  - If the content is wrong, it is removed. If the store fails, it stays.
  ///  - The name is the plan's, with the extension of the content. If another file has that name,
  ///    `-2`, `-3` … is added; no file of anybody else is ever replaced.
  ///  - If the file with that name has the same bytes and no other video claims it, it is adopted:
  ///    a run died between publishing and recording.
  ///  - `plan.replaces` is replaced if it is in this store and has the content's extension.
  /// Exceptions of the ledger, which is asked for claims, pass through.
  [[nodiscard]] virtual std::variant<SavedFile, FetchFailure> publish(
      const PromisedContent& promised) = 0;
};

/// Identifies a file: equal identities are the same file, whatever its path is.
struct FileIdentity {
  std::uint64_t volume = 0;
  std::uint64_t number = 0;
  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

/// A file in a store.
struct StoredFile {
  std::int64_t bytes = 0;
  bool is_regular = true;  ///< false: the path is a link, a folder or a device
  UtcTime changed_at{};    ///< the last change of its content or name
  FileIdentity identity;
};

enum class NotFound { missing, unreadable };

/// What a listing says of a file.
struct ListedFile {
  std::string path;
  std::int64_t bytes = 0;
};

/// The files of a store, one after the other, by the bytes of their paths. One thread.
class FileListing {
 public:
  FileListing() = default;
  virtual ~FileListing() = default;
  FileListing(const FileListing&) = delete;
  FileListing& operator=(const FileListing&) = delete;

  /// None: there are no more. Throws core::Error when the store cannot be read.
  [[nodiscard]] virtual std::optional<ListedFile> next() = 0;
};

/// A small file beside a video.
struct BesideFile {
  std::string path;
  std::string text;
  /// Whether an earlier file of this content may be replaced.
  std::function<bool(std::string_view content)> may_replace;
};

/// Stores videos under paths, which the ledger records. Any thread, except `open` and `discard`,
/// which belong to the engine's.
class VideoStore {
 public:
  VideoStore() = default;
  virtual ~VideoStore() = default;
  VideoStore(const VideoStore&) = delete;
  VideoStore& operator=(const VideoStore&) = delete;

  /// Resumes what an earlier attempt left of this video, or begins anew. Returns a FetchFailure if
  /// that is not possible: disk, disk_full, or blocked if something else occupies the place or
  /// another process writes to it and `plan.is_claimed` is false; if it is true, the other process
  /// can publish nothing that it wrote.
  [[nodiscard]] virtual std::variant<std::unique_ptr<VideoSink>, FetchFailure> open(
      FilePlan plan) = 0;
  /// Removes what earlier attempts left of a video that will not be downloaded any more. If that
  /// fails, the bytes stay; there is no other consequence.
  virtual void discard(FilePlan plan) = 0;

  /// Finds a path in this store or, if the ledger recorded it, in an earlier one.
  [[nodiscard]] virtual std::variant<StoredFile, NotFound> find(const std::string& path) const = 0;
  /// Whether this path of a video belongs to this store.
  [[nodiscard]] virtual bool holds(const std::string& path) const = 0;
  /// Reads the whole file; none if that is not possible.
  [[nodiscard]] virtual std::optional<Sha256Digest> sha256_of(const std::string& path) const = 0;
  /// Calls `visit` with the path of every file in the store, except folders and the store's own
  /// files for downloads in progress. Throws core::Error if the store cannot be read.
  virtual void list(const std::function<void(const std::string& path)>& visit) const = 0;
  /// The files of `list` in order, for a store that is far away: one listing costs less than a
  /// `find` for each. Null: `find` costs next to nothing. Not for longer than the store.
  [[nodiscard]] virtual std::unique_ptr<FileListing> in_order() const { return nullptr; }
  /// None if unknown.
  [[nodiscard]] virtual std::optional<std::int64_t> free_bytes() const = 0;

  /// Writes a file beside a video: completely or not at all; replaces only a file that
  /// `may_replace` accepts. Throws core::Error.
  virtual void write_beside(const BesideFile& file) = 0;
};

}  // namespace core
