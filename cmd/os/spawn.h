// What all programs that the user chose are started with, and how they ended.
#pragma once

#include <spawn.h>

#include <string>
#include <vector>

#include "cmd/cli/environment.h"

namespace cmd {

/// Texts as exec takes them.
class ChildTexts {
 public:
  explicit ChildTexts(std::vector<std::string> texts);
  /// "NAME=VALUE" of each variable.
  explicit ChildTexts(const Environment& environment);

  /// Ends with a null. Valid as long as this.
  [[nodiscard]] char* const* pointers() const { return pointers_.data(); }

 private:
  void point();

  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

/// The process group of a child: its own, so that it can be ended with its children, or ours, so
/// that Ctrl-C reaches it.
enum class ChildGroup { own, ours };

/// The files and signals with which a child starts: signals as any program expects them, and no
/// descriptor but 0, 1, and 2.
class SpawnRules {
 public:
  explicit SpawnRules(ChildGroup group);
  ~SpawnRules();
  SpawnRules(const SpawnRules&) = delete;
  SpawnRules& operator=(const SpawnRules&) = delete;

  /// The child has our `from` as its `to`.
  void give(int from, int to);
  /// The child has /dev/null as its standard input.
  void give_no_input();

  /// Looks the program up in PATH if it has no slash. 0, or the error. To be called once.
  [[nodiscard]] int spawn(pid_t& child, const ChildTexts& arguments, const ChildTexts& environment);

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// What a status of waitpid says: "exit code 3", "signal 9"; empty: exit code 0.
[[nodiscard]] std::string describe_end(int status);

}  // namespace cmd
