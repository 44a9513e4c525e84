// The open output folder for videos.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/files/beneath.h"

namespace core {

/// If the folder is unmounted or renamed during a run, no file is written elsewhere. Everything
/// below it is opened beneath it, without following links (design.md d4). Any thread.
class OutputFolder {
 public:
  /// What messages call the folder, and the option that names another one.
  struct Role {
    std::string name = "output folder";
    std::string option = "--output";
  };

  /// Creates the folder (and its parents, mode 0700) if necessary. Throws core::Error that names
  /// the path and the reason.
  explicit OutputFolder(const std::string& path) : OutputFolder(path, Role()) {}
  OutputFolder(const std::string& path, const Role& role);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Absolute, as the user wrote it: the user may move the videos and a link that leads to them.
  /// Only a path with `..` is resolved.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The absolute path of a relative one.
  [[nodiscard]] std::string absolute(const std::string& relative) const;
  /// The relative form of an absolute path; empty if the path is not clearly below the folder.
  [[nodiscard]] std::string relative(std::string_view absolute) const;
  [[nodiscard]] int descriptor() const { return folder_.number(); }
  /// Whether `path` still leads to this folder. If not, a file saved here is not where its record
  /// says.
  [[nodiscard]] bool in_place() const;
  /// Identifies a boot of this machine; empty if unknown.
  [[nodiscard]] const std::string& boot_id() const { return boot_id_; }

  /// Opens a folder below ("" is this folder); creates it and its parents, mode 0700, if necessary.
  /// If the result is not valid, errno has the reason.
  [[nodiscard]] Descriptor open(const std::string& relative) const;
  /// The same, but creates nothing.
  [[nodiscard]] Descriptor open_existing(const std::string& relative) const;

  /// Makes the names in a folder below durable, and the folder itself if this process created it.
  /// Returns 0 or errno.
  [[nodiscard]] int sync(int folder, const std::string& relative) const;

  /// Reserves a name for one video among the threads of this process until the ledger records it.
  /// The destructor releases it unless `keep` was called.
  class Reservation {
   public:
    Reservation(const OutputFolder& folder, const std::string& path, std::uint64_t owner);
    ~Reservation();
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;

    /// False if another video has reserved the name.
    [[nodiscard]] bool held() const { return held_; }
    void keep() {
      assert(held_);
      fresh_ = false;
    }

   private:
    const OutputFolder& folder_;
    std::uint64_t key_;
    bool held_ = false;
    bool fresh_ = false;  ///< reserved here, not earlier for the same video
  };

 private:
  struct Shared;

  std::string path_;
  Descriptor folder_;
  std::string boot_id_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace core
