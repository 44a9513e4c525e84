#include "core/video/promised_content.h"

#include <cassert>
#include <utility>

namespace core {
namespace {

FetchFailure::Kind failure_kind(ContentKind kind) {
  switch (kind) {
    case ContentKind::video:
      return FetchFailure::Kind::not_a_video;
    case ContentKind::unknown:
      return FetchFailure::Kind::error_page;
    case ContentKind::other:
      return FetchFailure::Kind::unsupported;
  }
  return FetchFailure::Kind::not_a_video;
}

FetchFailure failure(FetchFailure::Kind kind, std::string text) {
  return {.kind = kind, .text = std::move(text)};
}

}  // namespace

bool is_md5_base64(std::string_view text) {
  constexpr std::size_t kLength = 24;  // of 16 bytes: 22 characters and "=="
  return text.size() == kLength && text.ends_with("==");
}

VideoCheck::Extras hashes_of(const PromisedContent& promised) {
  return {.crc64 = promised.crc64.has_value(), .md5 = is_md5_base64(promised.md5_base64)};
}

std::optional<FetchFailure> check_length(const PromisedContent& promised, std::int64_t bytes) {
  if (!promised.length || *promised.length == bytes) {
    return std::nullopt;
  }
  return failure(FetchFailure::Kind::wrong_length,
                 "got " + std::to_string(bytes) + " bytes where " +
                     std::to_string(*promised.length) + " were promised");
}

std::variant<CheckedVideo, FetchFailure> check_content(const PromisedContent& promised,
                                                       const VideoReport& report) {
  if (auto wrong = check_length(promised, report.bytes)) {
    return *std::move(wrong);
  }
  std::string checks = promised.length ? "length " : "";
  if (promised.crc64) {
    if (*promised.crc64 != report.crc64) {
      return failure(FetchFailure::Kind::wrong_checksum,
                     "its CRC-64 is " + std::to_string(report.crc64) + ", promised was " +
                         std::to_string(*promised.crc64));
    }
    checks += "crc64 ";
  }
  if (!report.md5_base64.empty()) {
    if (promised.md5_base64 != report.md5_base64) {
      return failure(FetchFailure::Kind::wrong_checksum,
                     "its MD5 is " + report.md5_base64 + ", promised was another one");
    }
    checks += "md5 ";
  }
  if (!report.container.failure.empty()) {
    return failure(failure_kind(report.container.kind),
                   "not a complete video: " + report.container.failure);
  }
  assert(!report.container.extension.empty());
  return CheckedVideo{.bytes = report.bytes,
                      .sha256 = report.sha256,
                      .extension = report.container.extension,
                      .checks = checks + "boxes"};
}

}  // namespace core
