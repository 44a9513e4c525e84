// Safe, unique file names from a template: nothing ever leaves the output folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/task.h"

namespace core {

/// What the placeholders of a name template stand for.
struct NameFields {
  std::string task_id;
  std::string account;
  std::string model;
  std::string status;
  UtcTime finish_time{};
  int index = 1;
  Labels labels;
};

/// `--name`: `{task_id}.{ext}` and friends (product.md, "Videos"). Immutable; any thread.
class NameTemplate {
 public:
  /// The template for a task's first video; further videos of the default template get `-{index}`.
  static constexpr std::string_view kDefault = "{task_id}.{ext}";

  /// Throws core::UsageError that names the unknown placeholder or the fault.
  explicit NameTemplate(std::string_view text);

  /// A relative path with `/` between parts. Each part: at most 200 bytes with the part file's
  /// suffix, no control characters, no separator, never `.` or `..`, never hidden, never empty.
  /// `nth` above 1 adds `-2`, `-3` … before the extension: the next free name.
  [[nodiscard]] std::string render(const NameFields& fields, std::string_view extension,
                                   int nth) const;

 private:
  struct Piece {
    enum class Kind { literal, task_id, account, model, date, status, index, ext, label };
    Kind kind;
    std::string text;  ///< the literal, or the label's name
  };
  std::vector<Piece> pieces_;
  bool has_index_ = false;
};

/// Where one video goes. Immutable; any thread.
struct FilePlan {
  std::shared_ptr<const NameTemplate> name_template;
  NameFields fields;
  /// Absolute path of the file that the ledger recorded for this very video earlier: it alone may
  /// be replaced. Empty: none.
  std::string replaces;
};

}  // namespace core
