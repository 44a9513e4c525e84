#include "storage/postgres/ledger_url.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.h"

namespace {

using storage::LedgerUrl;

std::string keyword(const LedgerUrl& url, const std::string& name) {
  std::string value;
  for (const LedgerUrl::Keyword& one : url.keywords()) {
    value = one.name == name ? one.value : value;
  }
  return value;
}

std::string refusal(const std::string& url, LedgerUrl::Tls tls = LedgerUrl::Tls::verified) {
  try {
    const LedgerUrl accepted(url, tls);
    return {};
  } catch (const core::UsageError& error) {
    return error.what();
  }
}

class LedgerUrlTest : public testing::Test {
 protected:
  LedgerUrlTest() {
    for (const char* name : {"PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE", "PGPASSWORD"}) {
      unsetenv(name);
    }
  }
  ~LedgerUrlTest() override { unsetenv("PGHOST"); }
};

TEST_F(LedgerUrlTest, IsDistinguishedFromAFile) {
  EXPECT_TRUE(storage::is_postgres_url("postgresql://db/ledger"));
  EXPECT_TRUE(storage::is_postgres_url("postgres://db/ledger"));
  EXPECT_FALSE(storage::is_postgres_url("/var/lib/postgresql/ledger.db"));
  EXPECT_FALSE(storage::is_postgres_url("postgresql:ledger.db"));
}

TEST_F(LedgerUrlTest, NoPasswordIsTakenFromIt) {
  for (const char* url :
       {"postgresql://me:hunter2@localhost/l", "postgresql://localhost/l?password=hunter2",
        "postgresql://me@localhost/l?sslpassword=hunter2",
        "postgresql://me:hunter%2@localhost/l"}) {
    const std::string text = refusal(url);
    EXPECT_FALSE(text.empty()) << url;
    EXPECT_EQ(text.find("hunter"), std::string::npos) << text;
  }
}

TEST_F(LedgerUrlTest, AnotherHostMustProveItsIdentity) {
  struct Case {
    const char* url;
    const char* sslmode;  // null: refused
  };
  for (const Case& one : std::vector<Case>{
           {"postgresql://db.example/l", "verify-full"},
           {"postgresql://db.example/l?sslmode=verify-full", "verify-full"},
           {"postgresql://db.example/l?sslmode=verify-ca", nullptr},
           {"postgresql://db.example/l?sslmode=require", nullptr},
           {"postgresql://db.example/l?sslmode=disable", nullptr},
           {"postgresql://localhost,db.example/l?sslmode=prefer", nullptr},
           {"postgresql://localhost/l?hostaddr=10.0.0.7&sslmode=prefer", nullptr},
           {"postgresql:///l?service=far&sslmode=allow", nullptr},
           {"postgresql://127.0.0.1.evil.example/l?sslmode=verify-full", "verify-full"},
           {"postgresql:///l", ""},
           {"postgresql://localhost/l", ""},
           {"postgresql://127.0.0.1:5433/l", ""},
           {"postgresql://[::1]/l?sslmode=disable", "disable"},
           {"postgresql:///l?host=/run/postgresql&sslmode=prefer", "prefer"},
       }) {
    if (one.sslmode == nullptr) {
      EXPECT_NE(refusal(one.url).find("verify-full"), std::string::npos) << one.url;
      EXPECT_EQ(refusal(one.url, LedgerUrl::Tls::as_given), "") << one.url;
    } else {
      EXPECT_EQ(keyword(LedgerUrl(one.url), "sslmode"), one.sslmode) << one.url;
    }
  }
}

TEST_F(LedgerUrlTest, AHostFromTheEnvironmentCountsToo) {
  setenv("PGHOST", "db.example", 1);
  EXPECT_EQ(keyword(LedgerUrl("postgresql:///l"), "sslmode"), "verify-full");
  EXPECT_NE(refusal("postgresql:///l?sslmode=require"), "");
}

TEST_F(LedgerUrlTest, ANameThatOnlyBeginsLikeALoopbackAddressIsAnotherHost) {
  EXPECT_NE(refusal("postgresql://127.0.0.1.evil.example/l?sslmode=disable"), "");
}

}  // namespace
