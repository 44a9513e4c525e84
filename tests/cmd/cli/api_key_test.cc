#include "cmd/cli/api_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/support/temp_dir.h"

namespace {

using cmd::Account;
using cmd::Environment;

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

std::string write_key(const support::TempDir& dir, const std::string& text,
                      mode_t mode = kOwnerOnly) {
  const std::string path = dir.write("key", text);
  EXPECT_EQ(::chmod(path.c_str(), mode), 0);
  return path;
}

Account with_file(const std::string& path) {
  return {.name = "default",
          .base_url = {},
          .base_url_origin = {},
          .api_key_file = path,
          .api_key_env = {},
          .api_key_origin = {}};
}

Account plain() { return with_file(""); }

std::string refusal(const Account& account, const Environment& environment) {
  try {
    return "key: " + cmd::read_api_key(account, environment).reveal();
  } catch (const core::UsageError& error) {
    return error.what();
  }
}

#define EXPECT_CONTAINS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << (text) << "\nlacks " << (part)

TEST(ApiKey, SurroundingTextIsRemoved) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"sk-1", "sk-1"},
      {"sk-1\n", "sk-1"},
      {" \t\r\nsk-1 \r\n\n", "sk-1"},
      {"\xEF\xBB\xBFsk-1", "sk-1"},
      {"Bearer sk-1", "sk-1"},
      {"bearer  sk-1\n", "sk-1"},
      {"BEARER\tsk-1", "sk-1"},
      {"bearertoken", "bearertoken"},
      {"sk-Bearer", "sk-Bearer"},
  };
  const support::TempDir dir;
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(cmd::read_api_key(plain(), {{"ANYFAST_API_KEY", text}}).reveal(), expected) << text;
    EXPECT_EQ(cmd::read_api_key(with_file(write_key(dir, text)), {}).reveal(), expected) << text;
  }
}

TEST(UserToken, IsGuardedAsAKeyIs) {
  const support::TempDir dir;
  const auto read = [&](const std::string& path) {
    Account account = plain();
    account.user_token_file = path;
    account.user_id = 2;
    try {
      const cmd::UserToken user = cmd::read_user_token(account, {});
      return "token: " + user.token.reveal() + " " + std::to_string(user.user_id);
    } catch (const core::UsageError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(read(write_key(dir, "Bearer canary\n")), "token: canary 2");
  EXPECT_CONTAINS(read(write_key(dir, "canary", 0640)), "user access token file");
  EXPECT_CONTAINS(read(write_key(dir, "canary", 0640)), "chmod 600");
  EXPECT_CONTAINS(read(write_key(dir, "canary other")), "is it the token alone?");
  EXPECT_EQ(read(write_key(dir, "canary other")).find("canary"), std::string::npos);
  EXPECT_CONTAINS(read(write_key(dir, "")), "put the token there");
  EXPECT_CONTAINS(read(""), "give --user-token-file FILE");
}

TEST(ApiKey, InvalidKeysAreRefused) {
  const std::vector<std::pair<std::string, const char*>> cases{
      {"", "is empty"},
      {" \n", "is empty"},
      {"Bearer ", "is empty"},
      {"Bearer", "is empty"},
      {"canary sk", "has a blank"},
      {"canary\nsecond", "has a blank"},
      {"canary\r\nX-Header: 1", "has a blank"},
      {"canary\x01", "has a blank"},
      {std::string("canary\0x", 8), "has a blank"},
      {"canary\xC3\xA9", "has a blank"},
      {std::string(4097, 'c'), "is over 4096 bytes"},
      {std::string(100'000, 'c'), "is over 4096 bytes"},
  };
  const support::TempDir dir;
  for (const auto& [text, message] : cases) {
    const std::string of_file = refusal(with_file(write_key(dir, text)), {});
    const std::string of_variable = refusal(plain(), {{"ANYFAST_API_KEY", text}});
    EXPECT_CONTAINS(of_file, message);
    EXPECT_CONTAINS(of_file, dir.path("key"));
    EXPECT_CONTAINS(of_variable, message);
    EXPECT_CONTAINS(of_variable, "ANYFAST_API_KEY");
    EXPECT_EQ((of_file + of_variable).find("canary"), std::string::npos);
  }
}

TEST(ApiKey, OrderOfSources) {
  const support::TempDir dir;
  const std::string file = write_key(dir, "of-file");
  dir.write("anyfast-api-key", "of-credential");
  const Environment all{{"ANYFAST_API_KEY", "of-variable"},
                        {"TEAM_KEY", "of-team"},
                        {"CREDENTIALS_DIRECTORY", dir.path()}};
  Environment credential = all;
  credential.erase("ANYFAST_API_KEY");
  Account team = plain();
  team.api_key_env = "TEAM_KEY";
  EXPECT_EQ(cmd::read_api_key(with_file(file), all).reveal(), "of-file");
  EXPECT_EQ(cmd::read_api_key(team, all).reveal(), "of-team");
  EXPECT_EQ(cmd::read_api_key(plain(), all).reveal(), "of-variable");
  EXPECT_EQ(cmd::read_api_key(plain(), credential).reveal(), "of-credential");
  EXPECT_EQ(cmd::read_api_key(plain(), credential).source(), dir.path("anyfast-api-key"));
  // If the account's own source is missing, no other one is used.
  EXPECT_CONTAINS(refusal(with_file(dir.path("none")), all), "cannot be opened");
  team.api_key_env = "NONE";
  EXPECT_CONTAINS(refusal(team, all), "the variable NONE");
  EXPECT_CONTAINS(refusal(plain(), {}), "give --api-key-file FILE or set ANYFAST_API_KEY");
  EXPECT_CONTAINS(refusal(plain(), {{"CREDENTIALS_DIRECTORY", "/nonexistent"}}), "no API key");
}

TEST(ApiKey, ModesOfTheFile) {
  const support::TempDir dir;
  for (mode_t bit = 1; bit <= 0777; bit <<= 1U) {
    const mode_t mode = kOwnerOnly | bit;
    const std::string path = write_key(dir, "sk-1", mode);
    const std::string answer = refusal(with_file(path), {});
    if ((mode & 077U) == 0) {
      EXPECT_EQ(answer, "key: sk-1") << std::oct << mode;
    } else {
      EXPECT_CONTAINS(answer, "run: chmod 600 " + path);
    }
  }
}

// systemd lets the service's user read its credentials by an ACL, which sets the group's bit.
TEST(ApiKey, CredentialsAreGuardedBySystemd) {
  const support::TempDir dir;
  const std::string path = dir.write("anyfast-api-key", "sk-1");
  ASSERT_EQ(::chmod(path.c_str(), S_IRUSR | S_IRGRP), 0);
  const Environment environment{{"CREDENTIALS_DIRECTORY", dir.path()}};
  EXPECT_EQ(refusal(plain(), environment), "key: sk-1");
  EXPECT_EQ(refusal(with_file(path), environment), "key: sk-1");
  EXPECT_CONTAINS(refusal(with_file(path), {}), "chmod 600");
  const std::string folder = std::filesystem::path(dir.path()).filename().string();
  const std::string detour = dir.path("../" + folder + "/anyfast-api-key");
  EXPECT_CONTAINS(refusal(with_file(detour), environment), "chmod 600");
}

TEST(ApiKey, OnlyRegularFilesAreRead) {
  const support::TempDir dir;
  const std::string key = write_key(dir, "sk-1");
  const std::string link = dir.path("link");
  std::filesystem::create_symlink(key, link);
  EXPECT_CONTAINS(refusal(with_file(link), {}), "is a symbolic link");
  const std::string fifo = dir.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), kOwnerOnly), 0);
  EXPECT_CONTAINS(refusal(with_file(fifo), {}), "is not a regular file");
  EXPECT_CONTAINS(refusal(with_file(dir.path()), {}), "is not a regular file");
  EXPECT_CONTAINS(refusal(with_file("/dev/null"), {}), "is not a regular file");
}

// root ignores modes (design.md F6): this part runs as nobody.
TEST(ApiKey, AFileOfAnotherUserIsRefused) {
  const support::TempDir dir;
  const std::string path = write_key(dir, "sk-1");
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root, to become somebody else";
  }
  ASSERT_EQ(::chmod(dir.path().c_str(), S_IRWXU | S_IXOTH), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) {
      ::_exit(2);
    }
    const std::string answer = refusal(with_file(path), {});
    ::_exit(answer.find("cannot be opened: Permission denied") == std::string::npos ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
