#include "core/http/s3/s3_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/files/sha256.h"
#include "core/text/http_headers.h"

namespace core {
namespace {

using Kind = S3Failure::Kind;

S3Failure no_answer(const char* what) {
  return {.kind = Kind::passing,
          .text = std::string("the answer is no ") + what + ": is it an S3 service?"};
}

// The failure, or what `read` makes of the answer.
template <typename Read>
auto read_answer(S3Client::Result<HttpAnswer> sent, Read read)
    -> S3Client::Result<decltype(read(std::declval<const HttpAnswer&>()))> {
  if (auto* failure = std::get_if<S3Failure>(&sent)) {
    return std::move(*failure);
  }
  return read(std::get<HttpAnswer>(sent));
}

S3Client::Done done(const HttpAnswer& /*answer*/) { return {}; }

template <typename Value>
S3Client::Result<Value> checked(std::optional<Value> value, const char* what) {
  if (!value) {
    return no_answer(what);
  }
  return *std::move(value);
}

UtcTime http_time(std::string_view text) {
  const time_t time = text.empty() ? -1 : curl_getdate(std::string(text).c_str(), nullptr);
  return time < 0 ? UtcTime{} : UtcTime(std::chrono::seconds(time));
}

std::string meta_name(const S3Settings& settings) {
  return std::string(signature_of(settings).header_prefix) + "meta-sha256";
}

HttpHeaders object_headers(const S3Settings& settings, const std::string& sha256) {
  HttpHeaders headers = settings.upload_headers;
  if (!sha256.empty()) {
    headers.emplace_back(meta_name(settings), sha256);
  }
  return headers;
}

void add_condition(HttpHeaders& headers, const WriteCondition& condition, CreateOnly way) {
  if (!condition.if_match.empty()) {
    headers.emplace_back("if-match", condition.if_match);
  }
  if (!condition.create_only) {
    return;
  }
  switch (way) {
    case CreateOnly::if_none_match:
      headers.emplace_back("if-none-match", "*");
      return;
    case CreateOnly::oss:
      headers.emplace_back("x-oss-forbid-overwrite", "true");
      return;
    case CreateOnly::cos:
      headers.emplace_back("x-cos-forbid-overwrite", "true");
      return;
    case CreateOnly::gcs:
      headers.emplace_back("x-goog-if-generation-match", "0");
      return;
    case CreateOnly::none:
      return;
  }
}

}  // namespace

S3Client::S3Client(HttpCaller& caller, S3Keychain& keychain, S3Settings settings,
                   const Clock& clock)
    : keychain_(keychain),
      settings_(std::move(settings)),
      sender_(caller, keychain, settings_, clock) {}

S3Client::Result<S3Client::Done> S3Client::put(const S3Object& object, const S3Content& content,
                                               const std::string& object_sha256,
                                               const WriteCondition& condition) {
  S3Request request{.method = "PUT",
                    .object = object,
                    .headers = object_headers(settings_, object_sha256),
                    .content = content};
  add_condition(request.headers, condition, settings_.create_only);
  return read_answer(sender_.send(request), done);
}

S3Client::Result<ObjectFacts> S3Client::head(const S3Object& object) {
  return read_answer(
      sender_.send({.method = "HEAD", .object = object}), [this](const HttpAnswer& answer) {
        const auto bytes = parse_unsigned(answer.header("content-length"));
        return ObjectFacts{.bytes = bytes ? static_cast<std::int64_t>(*bytes) : -1,
                           .sha256 = std::string(answer.header(meta_name(settings_))),
                           .etag = std::string(answer.header("etag")),
                           .changed_at = http_time(answer.header("last-modified"))};
      });
}

S3Client::Result<S3Client::Done> S3Client::get(const S3Object& object,
                                               const std::function<void()>& begin,
                                               const std::function<bool(std::string_view)>& take) {
  S3Request request{.method = "GET", .object = object};
  request.begin = begin;
  request.take = take;
  return read_answer(sender_.send(request), done);
}

S3Client::Result<ObjectPage> S3Client::list(const S3Place& place, const std::string& after) {
  HttpHeaders query{{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", place.prefix}};
  if (!after.empty()) {
    query.emplace_back("continuation-token", after);
  }
  auto sent =
      sender_.send({.method = "GET", .object = {place.bucket, ""}, .query = std::move(query)});
  if (auto* failure = std::get_if<S3Failure>(&sent)) {
    return std::move(*failure);
  }
  return checked(read_object_page(std::get<HttpAnswer>(sent).body), "list of objects");
}

S3Client::Result<std::string> S3Client::begin_upload(const S3Object& object,
                                                     const std::string& object_sha256) {
  auto sent = sender_.send({.method = "POST",
                            .object = object,
                            .query = {{"uploads", ""}},
                            .headers = object_headers(settings_, object_sha256)});
  if (auto* failure = std::get_if<S3Failure>(&sent)) {
    return std::move(*failure);
  }
  std::string id = read_upload_id(std::get<HttpAnswer>(sent).body);
  return checked(id.empty() ? std::nullopt : std::optional(std::move(id)), "upload in parts");
}

S3Client::Result<UploadedPart> S3Client::upload_part(const S3Object& object,
                                                     const std::string& upload, int number,
                                                     const S3Content& content) {
  return read_answer(
      sender_.send({.method = "PUT",
                    .object = object,
                    .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                    .content = content}),
      [&](const HttpAnswer& answer) {
        return UploadedPart{.number = number,
                            .bytes = content.body.bytes,
                            .etag = std::string(answer.header("etag"))};
      });
}

S3Client::Result<S3Client::Done> S3Client::complete(const S3Object& object,
                                                    const std::string& upload,
                                                    const std::vector<UploadedPart>& parts,
                                                    const WriteCondition& condition) {
  const std::string text = completion_text(parts);
  S3Request request{.method = "POST",
                    .object = object,
                    .query = {{"uploadId", upload}},
                    .headers = {{"content-type", "application/xml"}},
                    .content = {.body = {.text = text}, .sha256 = sha256_hex(text)},
                    .judge_body = true};
  add_condition(request.headers, condition, settings_.create_only);
  return read_answer(sender_.send(request), done);
}

S3Client::Result<std::vector<UploadedPart>> S3Client::parts(const S3Object& object,
                                                            const std::string& upload) {
  std::vector<UploadedPart> all;
  for (std::string after;;) {
    HttpHeaders query{{"uploadId", upload}};
    if (!after.empty()) {
      query.emplace_back("part-number-marker", after);
    }
    auto sent = sender_.send({.method = "GET", .object = object, .query = std::move(query)});
    if (auto* failure = std::get_if<S3Failure>(&sent)) {
      return std::move(*failure);
    }
    auto page = read_part_page(std::get<HttpAnswer>(sent).body);
    if (!page) {
      return no_answer("list of parts");
    }
    std::move(page->parts.begin(), page->parts.end(), std::back_inserter(all));
    if (page->next.empty() || page->next == after) {
      return all;
    }
    after = page->next;
  }
}

S3Client::Result<std::vector<std::string>> S3Client::uploads(const S3Object& object) {
  // Uploads of a key are as many as tries that were killed: the first thousand are enough.
  auto sent =
      sender_.send({.method = "GET",
                    .object = {object.bucket, ""},
                    .query = {{"uploads", ""}, {"prefix", object.key}, {"encoding-type", "url"}}});
  if (auto* failure = std::get_if<S3Failure>(&sent)) {
    return std::move(*failure);
  }
  return checked(read_uploads(std::get<HttpAnswer>(sent).body, object.key), "list of uploads");
}

S3Client::Result<S3Client::Done> S3Client::abort(const S3Object& object,
                                                 const std::string& upload) {
  auto sent = sender_.send({.method = "DELETE", .object = object, .query = {{"uploadId", upload}}});
  if (auto* failure = std::get_if<S3Failure>(&sent)) {
    if (failure->kind != Kind::absent) {
      return std::move(*failure);
    }
  }
  return Done{};
}

}  // namespace core
