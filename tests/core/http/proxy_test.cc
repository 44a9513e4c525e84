#include "core/http/proxy.h"

#include <gtest/gtest.h>

#include <map>

#include "core/error.h"

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

core::Proxies proxies(const Variables& variables, const std::string& given = {}) {
  return {core::Proxy{given, "--proxy"},
          [&variables](std::string_view name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
          }};
}

struct Choice {
  const char* name;
  Variables variables;
  std::string given;
  std::string url;
  std::string proxy;
  std::string source;
};

TEST(Proxies, AreChosenAsInCurl) {
  const std::string https = "https://gw.example/v1";
  const std::string http = "http://gw.example/v1";
  const std::vector<Choice> cases{
      {"nothing is set", {}, "", https, "", ""},
      {"https, upper case",
       {{"HTTPS_PROXY", "http://p:1"}},
       "",
       https,
       "http://p:1",
       "HTTPS_PROXY"},
      {"https is not for http", {{"HTTPS_PROXY", "http://p:1"}}, "", http, "", ""},
      {"lower case first",
       {{"HTTPS_PROXY", "http://p:1"}, {"https_proxy", "http://q:2"}},
       "",
       https,
       "http://q:2",
       "https_proxy"},
      {"http, lower case", {{"http_proxy", "p:1"}}, "", http, "p:1", "http_proxy"},
      {"HTTP_PROXY is a header of CGI", {{"HTTP_PROXY", "p:1"}}, "", http, "", ""},
      {"all, for either", {{"ALL_PROXY", "socks5h://p:1"}}, "", http, "socks5h://p:1", "ALL_PROXY"},
      {"its own before all",
       {{"ALL_PROXY", "http://p:1"}, {"HTTPS_PROXY", "http://q:2"}},
       "",
       https,
       "http://q:2",
       "HTTPS_PROXY"},
      {"the option first",
       {{"HTTPS_PROXY", "http://p:1"}},
       "http://o:3",
       https,
       "http://o:3",
       "--proxy"},
      {"not for a host of NO_PROXY",
       {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "gw.example"}},
       "",
       https,
       "",
       ""},
      {"nor the option", {{"NO_PROXY", "example"}}, "http://o:3", https, "", ""},
      {"no_proxy first",
       {{"HTTPS_PROXY", "http://p:1"}, {"NO_PROXY", "gw.example"}, {"no_proxy", "other"}},
       "",
       https,
       "http://p:1",
       "HTTPS_PROXY"},
  };
  for (const Choice& one : cases) {
    const core::Proxy proxy = proxies(one.variables, one.given).of(one.url);
    EXPECT_EQ(proxy.url, one.proxy) << one.name;
    EXPECT_EQ(proxy.source, one.source) << one.name;
  }
}

TEST(Proxies, InvalidOnesAreRefusedWithoutShowingThem) {
  for (const std::string url : {"ftp://user:secret@p:1", "http://", "://user:secret@p", "p:port"}) {
    try {
      static_cast<void>(proxies({{"ALL_PROXY", url}}));
      ADD_FAILURE() << url;
    } catch (const core::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("ALL_PROXY"), std::string::npos);
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
    }
  }
}

TEST(Proxies, AreShownWithoutTheirPassword) {
  EXPECT_EQ(core::shown_proxy("http://user:secret@p.example:3128/"), "http://p.example:3128");
  EXPECT_EQ(core::shown_proxy("user:secret@p.example:3128"), "http://p.example:3128");
  EXPECT_EQ(core::shown_proxy("socks5h://[::1]:9050"), "socks5h://[::1]:9050");
}

TEST(Proxies, OnThisMachine) {
  for (const char* url :
       {"http://127.0.0.1:1", "127.9.9.9:1", "http://localhost", "http://[::1]:1"}) {
    EXPECT_TRUE(core::is_loopback_proxy(url)) << url;
  }
  for (const char* url : {"http://10.0.0.1:1", "http://localhost.example", "http://128.0.0.1"}) {
    EXPECT_FALSE(core::is_loopback_proxy(url)) << url;
  }
}

struct Exclusion {
  const char* host;
  const char* list;
  bool excluded;
};

TEST(Proxies, HostsThatAreContactedDirectly) {
  const std::vector<Exclusion> cases{
      {"a.example", "*", true},
      {"a.example", "x,*", false},
      {"a.example", "", false},
      {"a.example", "a.example", true},
      {"A.Example", "a.eXample", true},
      {"a.example", "b.example, a.example", true},
      {"a.example", "b.example a.example", true},
      {"a.example", "example", true},
      {"a.example", ".example", true},
      {"a.example", "example.", true},
      {"a.example.", "example", true},
      {"aexample", "example", false},
      {"a.example", "ple", false},
      {"a.example", ".", false},
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.1", "0.0.1", false},
      {"10.1.2.3", "10.0.0.0/8", true},
      {"11.1.2.3", "10.0.0.0/8", false},
      {"10.1.2.3", "10.1.2.0/30", true},
      {"10.1.2.4", "10.1.2.0/30", false},
      {"10.1.2.4", "10.1.2.0/33", false},
      {"10.1.2.4", "10.1.2.0/x", false},
      {"10.1.2.4", "0.0.0.0/0", true},
      {"[::1]", "::1", true},
      {"[fd00::5]", "fd00::/8", true},
      {"[fd00::5]", "10.0.0.0/8", false},
  };
  for (const Exclusion& one : cases) {
    EXPECT_EQ(core::is_excluded(one.host, one.list), one.excluded) << one.host << " " << one.list;
  }
}

}  // namespace
