#include "core/http/s3/s3_sender.h"

#include <algorithm>
#include <utility>

#include "core/engine/retry.h"
#include "core/files/sha256.h"

namespace core {
namespace {

using Kind = S3Failure::Kind;

}  // namespace

HttpAnswer S3Sender::send_once(const S3Request& request, const S3Keys& keys) {
  const S3Endpoint::Target target = settings_.endpoint.target(request.object);
  const std::string query = canonical_query(request.query);
  const std::string& payload =
      request.content.sha256.empty() ? sha256_hex("") : request.content.sha256;
  return caller_.call(
      {.method = request.method,
       .url = target.url + (query.empty() ? "" : "?" + query),
       .headers = sign({.method = request.method,
                        .host = target.host,
                        .path = target.path,
                        .query = request.query,
                        .headers = request.headers,
                        .payload_sha256 = payload},
                       keys, settings_.region, clock_.utc(), signature_of(settings_)),
       .body = request.content.body,
       .take = request.take});
}

std::variant<HttpAnswer, S3Failure> S3Sender::send(const S3Request& request) {
  const bool is_head = request.method == "HEAD";
  const std::string what =
      (request.object.key.empty() ? "s3://" + request.object.bucket : request.object.url()) + ": ";
  bool renewed = false;
  for (int retry = 1;; ++retry) {
    auto found = keychain_.keys();
    if (auto* why = std::get_if<std::string>(&found)) {
      return S3Failure{.kind = Kind::refused, .text = what + *why};
    }
    const auto& keys = std::get<S3Keys>(found);
    if (request.begin) {
      request.begin();
    }
    HttpAnswer answer = send_once(request, keys);
    auto failure = s3_failure(answer, is_head, request.judge_body);
    if (!failure) {
      return answer;
    }
    failure->text = what + failure->text;
    if (failure->kind == Kind::expired && !std::exchange(renewed, true) && keychain_.renew(keys)) {
      --retry;
      continue;
    }
    if (failure->kind == Kind::expired) {
      failure->kind = Kind::refused;
    }
    if (failure->kind != Kind::passing || retry > settings_.retry.retries) {
      return *std::move(failure);
    }
    const auto delay = retry_delay(settings_.retry, retry, random_unit());
    if (!caller_.pause(std::max(delay, failure->retry_after.value_or(delay)))) {
      failure->kind = Kind::stopped;
      return *std::move(failure);
    }
  }
}

}  // namespace core
