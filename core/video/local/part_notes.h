// What is remembered beside a part file: which object its bytes belong to.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/video/promised_content.h"

namespace core {

/// Of a part and of its notes, less the umask.
inline constexpr mode_t kPartMode = 0640;

struct PartNotes {
  std::string validator;  ///< a strong ETag; empty: the bytes must not be resumed
  PromisedContent promised;
};

/// One line for each fact; an empty line promises nothing.
[[nodiscard]] std::string notes_text(const PartNotes& notes, const std::string& boot_id);
/// Empty if the text was written in another boot, or is cut or damaged.
[[nodiscard]] PartNotes parse_notes(std::string_view text, const std::string& boot_id);

/// The file of the notes. One thread at a time.
class PartNotesFile {
 public:
  /// `part` is the part's name in `folder`, which is open and outlives this object. With an empty
  /// `boot_id`, when it is not known, no notes are ever read.
  PartNotesFile(int folder, const std::string& part, const std::string& boot_id);

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Empty if there are none for a part of so many bytes.
  [[nodiscard]] PartNotes read(std::int64_t part_bytes) const;
  /// There must be no file. 0 or errno.
  [[nodiscard]] int write(const PartNotes& notes) const;
  /// 0, also when there is none, or errno.
  [[nodiscard]] int remove() const;

 private:
  int folder_;
  std::string name_;
  std::string boot_id_;
};

}  // namespace core
