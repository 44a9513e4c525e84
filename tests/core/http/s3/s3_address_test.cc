#include "core/http/s3/s3_address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"

namespace {

using core::S3Addressing;
using core::S3Endpoint;

TEST(S3Address, PlacesOfVideos) {
  struct Case {
    const char* text;
    const char* root;
  };
  for (const Case& c : std::vector<Case>{{"s3://bucket", "s3://bucket/"},
                                         {"s3://bucket/", "s3://bucket/"},
                                         {"s3://my.bucket-1/a/b", "s3://my.bucket-1/a/b/"},
                                         {"s3://bucket/a/", "s3://bucket/a/"}}) {
    EXPECT_EQ(core::parse_s3_place(c.text).root(), c.root);
  }
  EXPECT_EQ(core::parse_s3_place("s3://bucket/a").object("x/y.mp4").url(), "s3://bucket/a/x/y.mp4");
  for (const char* text :
       {"s3://", "s3://b", "s3:///x", "s3://-bucket", "s3://bu cket", "bucket", "s3://bucket//",
        "s3://bucket/a//b", "s3://bucket/../b", "s3://bucket/./b", "s3://user:secret@bucket/x"}) {
    EXPECT_THROW(static_cast<void>(core::parse_s3_place(text)), core::UsageError) << text;
  }
}

TEST(S3Address, ObjectsByPathAndByHost) {
  struct Case {
    std::string endpoint;
    S3Addressing addressing;
    std::string bucket;
    std::string url;
  };
  const auto automatic = S3Addressing::automatic;
  for (const Case& c : std::vector<Case>{
           {"", automatic, "buc", "https://buc.s3.eu-west-1.amazonaws.com/a%20b/c"},
           {"", automatic, "b.c", "https://s3.eu-west-1.amazonaws.com/b.c/a%20b/c"},
           {"", S3Addressing::path, "buc", "https://s3.eu-west-1.amazonaws.com/buc/a%20b/c"},
           {"https://oss-cn-beijing.aliyuncs.com", automatic, "buc",
            "https://buc.oss-cn-beijing.aliyuncs.com/a%20b/c"},
           {"http://127.0.0.1:9000/", automatic, "buc", "http://127.0.0.1:9000/buc/a%20b/c"},
           {"HTTPS://Minio.Example:443", automatic, "buc", "https://minio.example/buc/a%20b/c"},
           {"https://minio.example:9443", S3Addressing::host, "buc",
            "https://buc.minio.example:9443/a%20b/c"}}) {
    const S3Endpoint endpoint(c.endpoint, "eu-west-1", c.addressing, "--s3-endpoint");
    EXPECT_EQ(endpoint.target({c.bucket, "a b/c"}).url, c.url);
  }
  const S3Endpoint endpoint("http://h:9", "r", automatic, "x");
  EXPECT_EQ(endpoint.target({"buc", ""}).url, "http://h:9/buc");
  EXPECT_EQ(endpoint.target({"buc", "k"}).host, "h:9");
  EXPECT_TRUE(endpoint.is_plain());
}

TEST(S3Address, WhatIsNoEndpoint) {
  for (const char* text : {"minio:9000", "ftp://h", "https://", "https://h/path", "https://u:p@h",
                           "https://h?x", "://"}) {
    try {
      const S3Endpoint endpoint(text, "r", S3Addressing::automatic, "--s3-endpoint");
      ADD_FAILURE() << text;
    } catch (const core::UsageError& error) {
      EXPECT_EQ(std::string(error.what()).rfind("--s3-endpoint ", 0), 0U) << error.what();
      EXPECT_EQ(std::string(error.what()).find("u:p"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
