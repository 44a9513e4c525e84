// The folder for videos, kept open.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/files/beneath.h"

namespace core {

/// If the folder is unmounted or renamed while a run goes on, no file lands elsewhere. Everything
/// below it is opened beneath it, following no link (design.md d4). Any thread.
class OutputFolder {
 public:
  /// Makes the folder (and its parents, mode 0700) if need be. Throws core::Error that names the
  /// path and why.
  explicit OutputFolder(const std::string& path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Absolute, as the user spelled it: a link that leads there may be moved with the videos. Only a
  /// path with `..` in it is resolved.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The absolute path of a relative one.
  [[nodiscard]] std::string absolute(const std::string& relative) const;
  /// The relative form of an absolute path; empty when that is not plainly below.
  [[nodiscard]] std::string relative(std::string_view absolute) const;
  [[nodiscard]] int descriptor() const { return folder_.number(); }
  /// Whether `path` still leads to it. If not, what is saved here is not where the record says.
  [[nodiscard]] bool in_place() const;
  /// Tells boots of this machine apart; empty when it is not known.
  [[nodiscard]] const std::string& boot_id() const { return boot_id_; }

  /// Opens a folder below ("" for this one); makes it and its parents, mode 0700, if need be. Not
  /// valid: errno.
  [[nodiscard]] Descriptor open(const std::string& relative) const;
  /// The same, but makes nothing.
  [[nodiscard]] Descriptor open_existing(const std::string& relative) const;

  /// Makes the names in a folder below durable, and the folder itself if this process made it.
  /// 0 or errno.
  [[nodiscard]] int sync(int folder, const std::string& relative) const;

  /// Reserves a name for one video among the threads of this process until the ledger records it.
  /// Released at the end unless `keep` was called.
  class Reservation {
   public:
    Reservation(const OutputFolder& folder, const std::string& path, std::uint64_t owner);
    ~Reservation();
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;

    /// False: another video has reserved the name.
    [[nodiscard]] bool held() const { return held_; }
    void keep() {
      assert(held_);
      fresh_ = false;
    }

   private:
    const OutputFolder& folder_;
    std::uint64_t key_;
    bool held_ = false;
    bool fresh_ = false;  ///< taken by this reservation, not by an earlier one of the same video
  };

 private:
  struct Shared;

  std::string path_;
  Descriptor folder_;
  std::string boot_id_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace core
