// A part file: the hidden file of a download in progress.
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

/// The open part, locked against other runs while this object exists. Its name may lead to another
/// file in the meantime, because anyone with write permission to the folder can rename, replace or
/// remove files.
class Part {
 public:
  /// Opens or creates the part of a plan, and the folders above it. Errors as in PartFile::open.
  [[nodiscard]] static std::variant<std::unique_ptr<Part>, FetchFailure> open(
      std::shared_ptr<const OutputFolder> output, const FilePlan& plan);
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  [[nodiscard]] const OutputFolder& output() const { return *output_; }
  [[nodiscard]] int file() const { return file_.number(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string path() const { return path_of(name_); }
  /// The path of a file beside the part, such as the notes.
  [[nodiscard]] std::string path_of(const std::string& name) const;
  [[nodiscard]] PartNotesFile notes() const;
  /// The size of the file; if none, errno has the reason.
  [[nodiscard]] std::optional<std::int64_t> bytes() const;

  /// 0 or errno.
  [[nodiscard]] int truncate() const;
  /// Gives the open file another name, which must be free, and removes the part's name. Returns 0,
  /// EEXIST if the name exists, ENOENT if the part's name leads to another file, or another errno.
  [[nodiscard]] int move_to(int folder, const std::string& name);
  /// The same, but replaces an existing file. Returns 0, ENOENT as above, or another errno.
  [[nodiscard]] int move_over(int folder, const std::string& name);
  /// Removes the part, if its name still leads to it, and its notes. If that fails, they stay, and
  /// the next attempt empties them.
  void remove();
  /// Whether the part's name still leads to it.
  [[nodiscard]] bool has_its_name() const;
  /// The failure if the part's name leads to another file or to none: that file must not be
  /// touched.
  [[nodiscard]] FetchFailure vanished();
  /// Whether the part was moved, removed or lost, so that nothing is left to do.
  [[nodiscard]] bool is_gone() const { return gone_; }

 private:
  Part(std::shared_ptr<const OutputFolder> output, std::string name);
  std::optional<FetchFailure> open_in(const std::string& folder, bool is_claimed);
  /// One attempt; sets `again` if the name changed its owner meanwhile.
  std::optional<FetchFailure> open_once(bool is_claimed, bool& again);
  /// Removes the name of a part that a run without a claim holds open: without a name it cannot be
  /// published. The failure if that is not possible.
  [[nodiscard]] std::optional<FetchFailure> take_from_holder(int held) const;

  std::shared_ptr<const OutputFolder> output_;
  std::string name_;
  std::string where_;  ///< its folder, relative to the output folder; empty: the output folder
  Descriptor home_;    ///< that folder
  Descriptor file_;
  bool gone_ = false;
};

}  // namespace core
