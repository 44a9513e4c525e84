// A part file: the hidden file in which a video arrives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "core/domain/fetch_failure.h"
#include "core/files/beneath.h"
#include "core/video/local/output_folder.h"
#include "core/video/local/part_notes.h"
#include "core/video/video_store.h"

namespace core {

/// The open part, locked against other runs while this object lives. The name may lead elsewhere
/// meanwhile: whoever may write to the folder can rename, replace or remove files.
class Part {
 public:
  /// Opens or makes the part of a plan, and the folders above it. Errors as of PartFile::open.
  [[nodiscard]] static std::variant<std::unique_ptr<Part>, FetchFailure> open(
      std::shared_ptr<const OutputFolder> output, const FilePlan& plan);
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  [[nodiscard]] const OutputFolder& output() const { return *output_; }
  [[nodiscard]] int file() const { return file_.number(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string path() const { return path_of(name_); }
  /// Of the notes, as of a file beside the part.
  [[nodiscard]] std::string path_of(const std::string& name) const;
  [[nodiscard]] PartNotesFile notes() const;
  /// Bytes of the file; none if that cannot be known, and errno says why.
  [[nodiscard]] std::optional<std::int64_t> bytes() const;

  /// 0 or errno.
  [[nodiscard]] int truncate() const;
  /// Gives the open file another name, which must be free, and takes the part's away. 0, EEXIST
  /// when the name is taken, ENOENT when the part's name leads elsewhere, or another errno.
  [[nodiscard]] int move_to(int folder, const std::string& name);
  /// The same, in place of what has the name. 0, ENOENT as above, or another errno.
  [[nodiscard]] int move_over(int folder, const std::string& name);
  /// Removes the part, if its name still leads to it, and its notes. If that fails, they stay: the
  /// next try empties them.
  void remove();
  /// The failure when the part's name leads to another file, or to none: that is not ours to touch.
  [[nodiscard]] FetchFailure vanished();
  /// Whether the part has been moved, removed or lost: then there is nothing to do for it.
  [[nodiscard]] bool is_gone() const { return gone_; }

 private:
  Part(std::shared_ptr<const OutputFolder> output, std::string name);
  std::optional<FetchFailure> open_in(const std::string& folder);
  /// One attempt; `again` when the name changed hands meanwhile.
  std::optional<FetchFailure> open_once(bool& again);

  std::shared_ptr<const OutputFolder> output_;
  std::string name_;
  std::string where_;  ///< its folder, relative to the output folder; empty: that itself
  Descriptor home_;    ///< that folder
  Descriptor file_;
  bool gone_ = false;
};

}  // namespace core
