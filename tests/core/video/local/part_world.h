// The fixture of the part tests: an output folder, plans, and the files in the folder afterwards.
#pragma once

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include "core/video/local/part_file.h"
#include "core/video/video_check.h"
#include "tests/support/tiny_video.h"

namespace part_world {

namespace fs = std::filesystem;
using core::FetchFailure;
using FailureKind = core::FetchFailure::Kind;
using core::FilePlan;
using core::NameTemplate;
using core::OutputFolder;
using core::PartFile;
using core::PromisedContent;
using core::SavedFile;
using Outcome = std::variant<SavedFile, FetchFailure>;

inline const std::string kEtag = "\"6B29FC40\"";

inline std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::uint64_t crc64(const std::string& bytes) {
  core::VideoCheck check({.crc64 = true});
  check.update(bytes);
  return check.finish().crc64;
}

class PartFileTest : public testing::Test {
 protected:
  PartFileTest() {
    std::string pattern = testing::TempDir() + "part_file_XXXXXX";
    base_ = mkdtemp(pattern.data());
    output_ = base_ / "videos";
    folder_ = std::make_shared<OutputFolder>(output_.string());
  }
  ~PartFileTest() override { fs::remove_all(base_); }

  FilePlan plan(const std::string& task_id, const std::string& text = "{task_id}.{ext}") const {
    FilePlan result;
    result.name_template = std::make_shared<NameTemplate>(text);
    result.fields.task_id = task_id;
    result.fields.account = "default";
    return result;
  }

  std::unique_ptr<PartFile> open(FilePlan what) const {
    auto opened = PartFile::open(folder_, std::move(what), ask_claimed_);
    if (const auto* failed = std::get_if<FetchFailure>(&opened)) {
      ADD_FAILURE() << failed->text;
      return nullptr;
    }
    return std::get<0>(std::move(opened));
  }

  FetchFailure refused(FilePlan what) const {
    auto opened = PartFile::open(folder_, std::move(what), ask_claimed_);
    const auto* failed = std::get_if<FetchFailure>(&opened);
    return failed == nullptr ? FetchFailure{} : *failed;
  }

  /// A part that holds `bytes`.
  std::unique_ptr<PartFile> download(FilePlan what, const std::string& bytes) const {
    auto part = open(std::move(what));
    EXPECT_FALSE(part->restart(kEtag, {.length = static_cast<std::int64_t>(bytes.size())}));
    EXPECT_FALSE(part->append(bytes));
    return part;
  }

  Outcome publish(FilePlan what, const std::string& bytes, const core::Claimed& claimed = {},
                  const PromisedContent& promised = {}) {
    claimed_ = claimed;
    return download(std::move(what), bytes)->publish(promised);
  }

  /// The path of the video, relative to the output folder; else the failure's text.
  std::string place(const Outcome& outcome) const {
    if (const auto* failed = std::get_if<FetchFailure>(&outcome)) {
      return failed->text;
    }
    const std::string& path = std::get<SavedFile>(outcome).path;
    EXPECT_TRUE(fs::path(path).is_absolute());
    return fs::path(path).lexically_relative(output_);
  }

  /// All files below the output folder.
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(output_)) {
      if (!entry.is_directory() || entry.is_symlink()) {
        names.insert(entry.path().lexically_relative(output_));
      }
    }
    return names;
  }

  fs::path part_path(const std::string& task_id) const {
    return output_ / core::part_file_name(plan(task_id).fields);
  }
  fs::path notes_path(const std::string& task_id) const {
    return part_path(task_id).string() + ".notes";
  }

  fs::path base_;
  fs::path output_;
  std::shared_ptr<const OutputFolder> folder_;
  core::Claimed claimed_;  // may be changed until a part is published
  core::Claimed ask_claimed_ = [this](const std::string& path) {
    return claimed_ && claimed_(path);
  };
};

/// Runs `body` in a child and returns its exit code. Its changes (user, limits, mounts) end with
/// it.
inline int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    _exit(body());
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

inline bool become_nobody() {
  constexpr id_t kNobody = 65534;
  return geteuid() != 0 ||
         (setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
          setresuid(kNobody, kNobody, kNobody) == 0);
}

inline FailureKind kind(const Outcome& outcome) {
  const auto* failed = std::get_if<FetchFailure>(&outcome);
  return failed == nullptr ? FailureKind::transport : failed->kind;
}

}  // namespace part_world
