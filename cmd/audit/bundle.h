// The files that prove a closed period, as one folder or one tar archive.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/files/draft_folder.h"

namespace cmd {

/// Appears complete or not at all. Every method throws core::Error.
class Bundle {
 public:
  /// `output`: a folder, which must not exist or be empty, or a file FILE.tar, which is replaced.
  /// Throws core::UsageError for a folder that is not empty.
  explicit Bundle(const std::string& output);

  /// Where to write the file `name`.
  [[nodiscard]] std::string path(std::string_view name) const;
  void add(std::string_view name, std::string_view text);
  /// Makes NAME.zst of the file `name`.
  void compress(std::string_view name);
  /// Writes SHA256SUMS of all files, and returns its own SHA-256, which stands for all of them.
  [[nodiscard]] std::string seal();
  /// `root`: the folder within an archive.
  void publish(const std::string& root);

 private:
  [[nodiscard]] std::vector<std::string> names() const;
  void write_archive(const std::string& root) const;

  std::string output_;
  bool is_archive_;
  core::DraftFolder draft_;
};

}  // namespace cmd
