#include "cmd/cli/exit_code.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <vector>

#include "core/error.h"

namespace {

TEST(ExitCode, OfExceptions) {
  struct Case {
    std::exception_ptr exception;
    cmd::ExitCode expected;
    const char* message;
  };
  const std::vector<Case> cases{
      {std::make_exception_ptr(core::UsageError("wrong")), cmd::ExitCode::wrong_usage, "wrong"},
      {std::make_exception_ptr(core::Error("broken")), cmd::ExitCode::fatal, "broken"},
      {std::make_exception_ptr(std::bad_alloc()), cmd::ExitCode::fatal, "out of memory"},
      {std::make_exception_ptr(std::out_of_range("at")), cmd::ExitCode::fatal,
       "unexpected failure: at"},
      {std::make_exception_ptr(42), cmd::ExitCode::fatal, "unexpected failure of an unknown kind"},
  };
  for (const Case& c : cases) {
    const cmd::Failure failure = cmd::failure_of(c.exception);
    EXPECT_EQ(failure.exit_code, c.expected);
    EXPECT_EQ(failure.message.find(c.message), 0U) << failure.message;
  }
}

TEST(ExitCode, MeaningsAscend) {
  int last = -1;
  for (const auto& meaning : cmd::exit_meanings()) {
    EXPECT_GT(cmd::exit_number(meaning.code), last);
    last = cmd::exit_number(meaning.code);
    EXPECT_FALSE(meaning.meaning.empty());
  }
}

}  // namespace
