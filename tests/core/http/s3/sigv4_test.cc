#include "core/http/s3/sigv4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/files/sha256.h"

namespace {

using core::HttpHeaders;

const core::S3Keys kKeys{.id = "AKIAIOSFODNN7EXAMPLE",
                         .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                         .token = ""};
const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr core::UtcTime kThen{std::chrono::seconds(1'369'353'600)};  // 2013-05-24

std::string value(const HttpHeaders& headers, const std::string& name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? "(none)" : found->second;
}

std::string signature(const HttpHeaders& headers) {
  const std::string text = value(headers, "authorization");
  return text.substr(text.rfind('=') + 1);
}

TEST(SigV4, AwsPublishedExamples) {
  core::Sha256 hash;
  hash.update("Welcome to Amazon S3.");
  const std::string welcome = core::hex(hash.finish());
  struct Case {
    const char* name;
    core::RequestToSign request;
    const char* signature;
  };
  const char* host = "examplebucket.s3.amazonaws.com";
  const std::vector<Case> cases = {
      {"GET of a range",
       {"GET", host, "/test.txt", {}, {{"Range", "bytes=0-9"}}, kEmpty},
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"PUT",
       {"PUT",
        host,
        "/test$file.text",
        {},
        {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
        welcome},
       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
      {"GET ?lifecycle",
       {"GET", host, "/", {{"lifecycle", ""}}, {}, kEmpty},
       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"GET ?max-keys&prefix",
       {"GET", host, "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, kEmpty},
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  for (const Case& c : cases) {
    const HttpHeaders headers = core::sign(c.request, kKeys, "us-east-1", kThen);
    EXPECT_EQ(signature(headers), c.signature) << c.name;
    EXPECT_EQ(value(headers, "x-amz-date"), "20130524T000000Z");
    EXPECT_EQ(value(headers, "x-amz-security-token"), "(none)");
    EXPECT_EQ(value(headers, "host"), "(none)") << "libcurl sends it";
  }
}

TEST(SigV4, ATokenIsSentAndSigned) {
  core::S3Keys keys = kKeys;
  keys.token = "token/+=";
  const HttpHeaders headers = core::sign({.method = "GET",
                                          .host = "h",
                                          .path = "/",
                                          .query = {},
                                          .headers = {},
                                          .payload_sha256 = kEmpty},
                                         keys, "eu-central-1", kThen);
  EXPECT_EQ(value(headers, "x-amz-security-token"), "token/+=");
  EXPECT_NE(value(headers, "authorization")
                .find("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"),
            std::string::npos);
  EXPECT_NE(value(headers, "authorization")
                .find("AKIAIOSFODNN7EXAMPLE/20130524/eu-central-1/s3/aws4_request,"),
            std::string::npos);
}

TEST(SigV4, HeadersAreSignedWithoutNeedlessBlanks) {
  const auto signed_with = [](const HttpHeaders& headers) {
    return core::sign({.method = "PUT",
                       .host = "h",
                       .path = "/k",
                       .query = {},
                       .headers = headers,
                       .payload_sha256 = kEmpty},
                      kKeys, "us-east-1", kThen);
  };
  const HttpHeaders plain = signed_with({{"x-amz-meta-b", "a b"}, {"x-amz-meta-a", "1"}});
  EXPECT_EQ(plain, signed_with({{"X-Amz-Meta-A", " 1\t"}, {"X-AMZ-meta-b", "  a   b "}}));
  EXPECT_EQ(value(plain, "x-amz-meta-b"), "a b");
}

TEST(SigV4, GooglesVariantHasNoHeaderOfAmazons) {
  const HttpHeaders headers = core::sign({.method = "GET",
                                          .host = "storage.googleapis.com",
                                          .path = "/b/k",
                                          .query = {},
                                          .headers = {{"x-goog-if-generation-match", "0"}},
                                          .payload_sha256 = kEmpty},
                                         kKeys, "auto", kThen, core::kGoogleSignature);
  for (const auto& [name, text] : headers) {
    EXPECT_FALSE(name.starts_with("x-amz-")) << name;
  }
  EXPECT_EQ(value(headers, "x-goog-date"), "20130524T000000Z");
  EXPECT_TRUE(value(headers, "authorization")
                  .starts_with("GOOG4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/auto/"
                               "storage/goog4_request,SignedHeaders=host;x-goog-content-sha256;"
                               "x-goog-date;x-goog-if-generation-match,Signature="));
}

TEST(SigV4, AQueryIsEncodedAndSorted) {
  EXPECT_EQ(core::canonical_query({{"b", "1"}, {"a", "x/y z"}, {"uploads", ""}, {"A", "2"}}),
            "A=2&a=x%2Fy%20z&b=1&uploads=");
}

}  // namespace
