// Gives a checked part its final name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/domain/fetch_failure.h"
#include "core/domain/task.h"
#include "core/files/beneath.h"
#include "core/video/local/part.h"
#include "core/video/promised_content.h"
#include "core/video/video_store.h"

namespace core {

/// The maximum number of names that are tried for one video before the template is rejected.
inline constexpr int kNamesMax = 10000;

/// Whether the path ends with the extension of another container than `extension`.
[[nodiscard]] bool has_other_extension(std::string_view path, std::string_view extension);

/// Identifies a video for OutputFolder::Reservation.
[[nodiscard]] std::uint64_t owner_of(const Part& part);

/// The failure when all names that are tried for a video are taken.
[[nodiscard]] FetchFailure names_taken(const std::string& part_path);

/// Whether a video in the ledger has this absolute path. Any thread; may throw.
using Claimed = std::function<bool(const std::string& path)>;

/// Publishes one part; one object for each attempt. Blocking; any thread. All arguments must
/// outlive it.
class PartPlacing {
 public:
  PartPlacing(Part& part, const FilePlan& plan, const CheckedVideo& video, const Claimed& claimed);

  /// The part must be synced. Returns once it is durable under its name; see PartFile::publish.
  [[nodiscard]] std::variant<SavedFile, FetchFailure> place();

 private:
  /// A name and its open folder.
  struct Target {
    std::string path;         ///< absolute
    std::string folder_path;  ///< relative to the output folder
    std::string name;
    Descriptor folder;
  };
  /// None if something else has the name.
  using Placed = std::optional<std::variant<SavedFile, FetchFailure>>;

  Placed replace_recorded();
  Placed try_name(const std::string& relative);
  Placed move_to(const Target& target);
  Placed adopt(const Target& target);
  [[nodiscard]] std::variant<Target, FetchFailure> open_target(const std::string& relative) const;
  /// Makes the new name of `file` durable.
  [[nodiscard]] std::variant<SavedFile, FetchFailure> settle(const Target& target, int file) const;

  Part& part_;
  const FilePlan& plan_;
  const CheckedVideo& video_;
  const Claimed& claimed_;
};

}  // namespace core
