#include "cmd/os/spawn.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace cmd {

ChildTexts::ChildTexts(std::vector<std::string> texts) : texts_(std::move(texts)) { point(); }

ChildTexts::ChildTexts(const Environment& environment) {
  for (const auto& [name, value] : environment) {
    texts_.push_back(name);
    texts_.back().append("=").append(value);
  }
  point();
}

void ChildTexts::point() {
  pointers_.reserve(texts_.size() + 1);
  for (std::string& text : texts_) {
    pointers_.push_back(text.data());
  }
  pointers_.push_back(nullptr);
}

SpawnRules::SpawnRules(ChildGroup group) {
  posix_spawn_file_actions_init(&files_);
  posix_spawnattr_init(&attributes_);
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes_, &all);
  posix_spawnattr_setsigmask(&attributes_, &none);
  posix_spawnattr_setpgroup(&attributes_, 0);
  const int own_group = group == ChildGroup::own ? POSIX_SPAWN_SETPGROUP : 0;
  posix_spawnattr_setflags(
      &attributes_, static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | own_group));
}

SpawnRules::~SpawnRules() {
  posix_spawn_file_actions_destroy(&files_);
  posix_spawnattr_destroy(&attributes_);
}

void SpawnRules::give(int from, int to) { posix_spawn_file_actions_adddup2(&files_, from, to); }

void SpawnRules::give_no_input() {
  posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
}

int SpawnRules::spawn(pid_t& child, const ChildTexts& arguments, const ChildTexts& environment) {
  posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
  return posix_spawnp(&child, arguments.pointers()[0], &files_, &attributes_, arguments.pointers(),
                      environment.pointers());
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return "signal " + std::to_string(WTERMSIG(status));
  }
  return WEXITSTATUS(status) == 0 ? "" : "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace cmd
