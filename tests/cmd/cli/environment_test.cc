#include "cmd/cli/environment.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

// design.md, P8: `env -i` of a minimal cron has no HOME.
TEST(Environment, HomeIsKnownWithoutItsVariable) {
  const char* const home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  ::unsetenv("HOME");
  EXPECT_EQ(cmd::process_environment()["HOME"], ::getpwuid(::geteuid())->pw_dir);
  ::setenv("HOME", "/else", 1);
  EXPECT_EQ(cmd::process_environment()["HOME"], "/else");
  ::setenv("HOME", before.c_str(), 1);
}

}  // namespace
