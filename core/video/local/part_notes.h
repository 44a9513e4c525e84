// The notes beside a part file: to which object its bytes belong.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/video/promised_content.h"

namespace core {

/// The mode of a part and of its notes, less the umask.
inline constexpr mode_t kPartMode = 0640;

struct PartNotes {
  std::string validator;  ///< a strong ETag; empty: the bytes must not be resumed
  PromisedContent promised;
};

/// One line for each value; an empty line means that nothing was promised.
[[nodiscard]] std::string notes_text(const PartNotes& notes, const std::string& boot_id);
/// Empty if the text was written in another boot, or is cut or damaged.
[[nodiscard]] PartNotes parse_notes(std::string_view text, const std::string& boot_id);

/// The file of the notes. One thread at a time.
class PartNotesFile {
 public:
  /// `part` is the part's name in `folder`, an open folder that outlives this object. If `boot_id`
  /// is empty (unknown), no notes are ever read.
  PartNotesFile(int folder, const std::string& part, const std::string& boot_id);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Empty if there are no notes for a part of this size.
  [[nodiscard]] PartNotes read(std::int64_t part_bytes) const;
  /// The file must not exist. Returns 0 or errno.
  [[nodiscard]] int write(const PartNotes& notes) const;
  /// Returns 0, also if there is no file, or errno.
  [[nodiscard]] int remove() const;

 private:
  int folder_;
  std::string name_;
  std::string boot_id_;
};

}  // namespace core
