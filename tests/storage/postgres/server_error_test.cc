#include "storage/postgres/server_error.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

struct Meaning {
  std::string state;
  bool is_conflict = false;
  bool is_of_a_value = false;
  std::string advice;  ///< a part of it; empty: none
};

TEST(ServerError, EachStateHasItsMeaning) {
  const std::vector<Meaning> cases{
      {.state = "40001", .is_conflict = true},
      {.state = "40P01", .is_conflict = true},
      {.state = "55P03", .is_conflict = true},
      {.state = "40003"},
      {.state = "22003", .is_of_a_value = true},
      {.state = "22P05", .is_of_a_value = true},
      {.state = "23514", .is_of_a_value = true},
      {.state = "23502", .is_of_a_value = true},
      {.state = "54000", .is_of_a_value = true},
      {.state = "23505"},  // unique_violation: another writer
      {.state = "42501", .advice = "docs/roles.sql"},
      {.state = "25006", .advice = "name the primary"},
      {.state = "3F000", .advice = "`reeltally db migrate`"},
      {.state = "42P01", .advice = "make or upgrade"},
      {.state = "53100", .advice = "free space"},
      {.state = "53300", .advice = "run out of a resource"},
      {.state = "57014", .advice = "took too long"},
      {.state = "XX001", .advice = "restore a backup"},
      {.state = ""},
  };
  for (const Meaning& one : cases) {
    const storage::ServerError error("text", one.state, "reason");
    EXPECT_EQ(storage::is_conflict(error), one.is_conflict) << one.state;
    EXPECT_EQ(storage::is_trouble_of_a_value(error), one.is_of_a_value) << one.state;
    const std::string advice = storage::advice_for(one.state);
    EXPECT_EQ(advice.empty(), one.advice.empty()) << one.state;
    EXPECT_NE(advice.find(one.advice), std::string::npos) << one.state << ": " << advice;
  }
}

TEST(ServerError, AConnectionThatFailsHasARemedy) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"fe_sendauth: no password supplied", "PGPASSWORD"},
      {"SSL error: certificate verify failed", "sslrootcert"},
      {"database \"x\" does not exist", "correct the URL"},
      {"server does not support SSL, but SSL was required", "turn on TLS"},
      {"sorry, too many clients already", "max_connections"},
      {"no pg_hba.conf entry for host", "allow the role"},
      {"Verbindungsaufbau abgelehnt", "check that the server runs"},
  };
  for (const auto& [why, advice] : cases) {
    EXPECT_NE(storage::advice_for_connecting(why).find(advice), std::string::npos) << why;
  }
}

}  // namespace
