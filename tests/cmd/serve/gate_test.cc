#include "cmd/serve/gate.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace {

cmd::PageRequest request(const std::string& authorization, const std::string& host = "localhost",
                         const std::string& method = "GET") {
  return {.method = method,
          .path = "/",
          .query = {},
          .host = host,
          .authorization = authorization,
          .range = {}};
}

int status(const cmd::Gate& gate, const cmd::PageRequest& request) {
  const auto refusal = gate.refusal(request);
  return refusal ? refusal->status : 200;
}

TEST(Gate, WithoutATokenOnlyThisMachineByItsOwnNames) {
  const cmd::Gate gate(std::nullopt);
  EXPECT_EQ(status(gate, request("")), 200);
  EXPECT_EQ(status(gate, request("", "evil.example")), 403);
  EXPECT_EQ(status(gate, request("", "")), 403);
  EXPECT_EQ(status(gate, request("", "localhost", "HEAD")), 200);
  EXPECT_EQ(status(gate, request("", "localhost", "POST")), 405);
  EXPECT_EQ(status(gate, request("", "evil.example", "POST")), 403);
}

TEST(Gate, TheTokenAsThePasswordOfAnyName) {
  const cmd::Gate gate(cmd::ApiKey("0123456789abcdef", "file"));
  for (const char* right : {"Basic bWU6MDEyMzQ1Njc4OWFiY2RlZg==",  // me:0123456789abcdef
                            "basic  OjAxMjM0NTY3ODlhYmNkZWY=",     // no name
                            "Bearer 0123456789abcdef", "BEARER 0123456789abcdef"}) {
    EXPECT_EQ(status(gate, request(right, "films.example")), 200) << right;
  }
  for (const char* wrong : {"", "Basic", "Basic ", "Basic MDEyMzQ1Njc4OWFiY2RlZg==",  // no colon
                            "Basic bWU6MDEyMzQ1Njc4OWFiY2Rl", "Basic bWU6MDEyMzQ1Njc4OWFiY2RlZmc=",
                            "Bearer", "Bearer 0123456789abcdeF", "Bearer 0123456789abcdef0",
                            "Digest 0123456789abcdef", "0123456789abcdef"}) {
    EXPECT_EQ(status(gate, request(wrong)), 401) << wrong;
  }
  EXPECT_EQ(status(gate, request("Bearer 0123456789abcdef", "", "POST")), 405);
}

}  // namespace
