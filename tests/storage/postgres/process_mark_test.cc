#include "storage/postgres/process_mark.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace {

// The mark of a process without its process ID and start.
std::string place_of(const std::string& mark) {
  return mark.substr(0, mark.rfind(' ', mark.rfind(' ') - 1) + 1);
}

TEST(ProcessMark, OnlyOneOfThisMachineIsKnownToBeGone) {
  const std::string own = storage::process_mark();
  ASSERT_NE(own, "");
  EXPECT_FALSE(storage::is_gone(own));
  const std::string place = place_of(own);
  const std::string process = std::to_string(getpid());
  EXPECT_TRUE(storage::is_gone(place + process + " 1"))
      << "the number was given to another process";
  EXPECT_FALSE(storage::is_gone("x" + own)) << "another boot or machine";
  EXPECT_FALSE(storage::is_gone("")) << "a machine where nothing is to be known";
  EXPECT_FALSE(storage::is_gone(place + process)) << "no start";
}

TEST(ProcessMark, AProcessThatHasEndedIsGone) {
  const std::string place = place_of(storage::process_mark());
  const pid_t child = fork();
  if (child == 0) {
    _exit(0);
  }
  ASSERT_GT(child, 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(storage::is_gone(place + std::to_string(child) + " 12345"));
}

}  // namespace
