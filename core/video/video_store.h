// Where videos are kept: what the engine, `verify` and the sidecars need of a folder or a bucket.
// tests/core/video/video_store_contract_test.cc holds every implementation to this.
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

/// Where one video goes. Immutable; any thread.
struct FilePlan {
  std::shared_ptr<const NameTemplate> name_template;
  NameFields fields;
  /// Path of the file that the ledger recorded for this very video earlier: it alone may be
  /// replaced. Empty: none.
  std::string replaces;
};

/// One video on its way into a store; nobody else writes to it while this object lives. One thread
/// at a time: the engine's while bytes arrive, then a worker's for `publish`.
///
/// Bytes that can be resumed stay in the store when the object ends; others are removed.
class VideoSink {
 public:
  VideoSink() = default;
  virtual ~VideoSink() = default;
  VideoSink(const VideoSink&) = delete;
  VideoSink& operator=(const VideoSink&) = delete;

  /// Bytes that may be resumed: those an earlier try left, and all that came since; 0 without a
  /// strong validator.
  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// The strong ETag the bytes belong to, and what was promised of the whole then.
  [[nodiscard]] virtual const std::string& validator() const = 0;
  [[nodiscard]] virtual const PromisedContent& promised() const = 0;

  /// Drops all bytes and remembers what the bytes to come belong to, so that a later run can resume
  /// them. If `validator` is no strong ETag (core::is_strong_etag), they are never resumed.
  [[nodiscard]] virtual std::optional<FetchFailure> restart(std::string_view validator,
                                                            const PromisedContent& promised) = 0;
  /// Adds bytes at the end: after `restart`, or to what `size` says is there.
  [[nodiscard]] virtual std::optional<FetchFailure> append(std::string_view bytes) = 0;

  /// Checks the bytes against `promised` and as a video, chooses the name by what they are, and
  /// returns once the file is durable under that name. Blocking; once for each object.
  ///  - If the content is wrong, it is removed. If the store fails, it stays.
  ///  - The name is the plan's with the extension of the content. If another file has that name,
  ///    `-2`, `-3` … follows; nothing of anybody else's is ever replaced.
  ///  - A file of the same bytes under that name which no other video claims is adopted: a run died
  ///    between publishing and recording.
  ///  - `plan.replaces` is replaced if it is in this store and has the content's extension.
  /// What the ledger throws when it is asked for claims passes through.
  [[nodiscard]] virtual std::variant<SavedFile, FetchFailure> publish(
      const PromisedContent& promised) = 0;
};

/// Tells files apart: two that are equal are one file, whatever path led there.
struct FileIdentity {
  std::uint64_t volume = 0;
  std::uint64_t number = 0;
  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

/// A file as a store has it.
struct StoredFile {
  std::int64_t bytes = 0;
  bool is_regular = true;  ///< false: a link, a folder or a device has the name
  UtcTime changed_at{};    ///< when its content or its name changed last
  FileIdentity identity;
};

enum class NotFound { missing, unreadable };

/// A small file beside a video.
struct BesideFile {
  std::string path;
  std::string text;
  /// Whether an earlier file of this content may be replaced.
  std::function<bool(std::string_view content)> may_replace;
};

/// Keeps videos under paths, which are what the ledger records. Any thread, but for `open` and
/// `discard`, which belong to the engine's.
class VideoStore {
 public:
  VideoStore() = default;
  virtual ~VideoStore() = default;
  VideoStore(const VideoStore&) = delete;
  VideoStore& operator=(const VideoStore&) = delete;

  /// Takes up what an earlier try left of this video, or begins anew. A FetchFailure (disk,
  /// disk_full, or blocked when something else is in the way or another process writes to it) when
  /// that is not possible.
  [[nodiscard]] virtual std::variant<std::unique_ptr<VideoSink>, FetchFailure> open(
      FilePlan plan) = 0;
  /// Removes what earlier tries left of a video that nobody will fetch any more. If that fails, the
  /// bytes stay, and nothing else is lost.
  virtual void discard(FilePlan plan) = 0;

  /// What has this path, in this store or, if the ledger recorded it, in an earlier one.
  [[nodiscard]] virtual std::variant<StoredFile, NotFound> find(const std::string& path) const = 0;
  /// Whether this path, as a video would have it, belongs to this store.
  [[nodiscard]] virtual bool holds(const std::string& path) const = 0;
  /// By reading all of the file; none when that is not possible.
  [[nodiscard]] virtual std::optional<Sha256Digest> sha256_of(const std::string& path) const = 0;
  /// Calls `visit` with the path of every file in the store: no folder, and none of the store's own
  /// for videos under way. Throws core::Error when the store cannot be read.
  virtual void list(const std::function<void(const std::string& path)>& visit) const = 0;
  /// None when the store does not say.
  [[nodiscard]] virtual std::optional<std::int64_t> free_bytes() const = 0;

  /// Writes a file beside a video: whole or not at all, and over nothing that `may_replace` does
  /// not accept. Throws core::Error.
  virtual void write_beside(const BesideFile& file) = 0;
};

}  // namespace core
