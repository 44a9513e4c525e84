#include "core/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace {

bool is_public(const std::string& text) {
  sockaddr_storage storage{};
  if (text.find(':') == std::string::npos) {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &address->sin_addr), 1) << text;
  } else {
    auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
    address->sin6_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &address->sin6_addr), 1) << text;
  }
  return core::is_public_address(reinterpret_cast<sockaddr*>(&storage));
}

TEST(Address, PublicOnesPass) {
  for (const std::string text :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.0.1", "100.128.0.1",
        "172.15.0.1", "172.32.0.1", "192.167.1.1", "223.255.255.255", "2600::1", "2a00:1450::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(Address, AllOthersAreRefused) {
  for (const std::string text : {"0.0.0.0",
                                 "10.0.0.1",
                                 "10.255.255.255",
                                 "100.64.0.1",
                                 "127.0.0.1",
                                 "127.255.1.1",
                                 "169.254.169.254",
                                 "172.16.0.1",
                                 "172.31.255.255",
                                 "192.0.0.1",
                                 "192.0.2.1",
                                 "192.168.0.1",
                                 "198.18.0.1",
                                 "198.19.255.255",
                                 "198.51.100.1",
                                 "203.0.113.1",
                                 "224.0.0.1",
                                 "240.0.0.1",
                                 "255.255.255.255",
                                 "::",
                                 "::1",
                                 "::ffff:127.0.0.1",
                                 "::ffff:10.0.0.1",
                                 "fe80::1",
                                 "fc00::1",
                                 "fd12::1",
                                 "ff02::1",
                                 "2001:db8::1",
                                 "2001::1",
                                 "64:ff9b::7f00:1",
                                 "2002:7f00:1::1",
                                 "2002:a00:1::1",
                                 "100::1",
                                 "fec0::1",
                                 "3fff::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(Address, OtherFamiliesAreRefused) {
  sockaddr unix_address{};
  unix_address.sa_family = AF_UNIX;
  EXPECT_FALSE(core::is_public_address(&unix_address));
}

}  // namespace
