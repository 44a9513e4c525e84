// --on-end: a program that is told how a run ended.
#pragma once

#include <string>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/run/summary.h"

namespace cmd {

/// A failure of the program is a warning, and changes nothing about the run. One thread.
class EndProgram {
 public:
  /// Throws core::UsageError if there is no such program. Without --on-end nothing is ever called.
  EndProgram(const Settings& settings, Log& log);

  /// Runs the program to its end, with the exit code and the path of the summary in its
  /// environment. `keyless`: the environment without keys; empty: keys are not known yet, so that
  /// only a few variables are passed on. `stop`: once readable, the program is ended; -1: none.
  /// `hurry`: a signal has ended the run, so the program gets less time.
  void call(const Summary& summary, const Environment& keyless, int stop, bool hurry) const;

 private:
  const Settings& settings_;
  Log& log_;
  std::string program_;  // empty: none
};

}  // namespace cmd
