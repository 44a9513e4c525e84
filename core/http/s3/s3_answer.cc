#include "core/http/s3/s3_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/text/http_headers.h"
#include "core/text/percent.h"
#include "core/text/printable.h"
#include "core/text/xml.h"

namespace core {
namespace {

using Kind = S3Failure::Kind;

struct KnownCode {
  std::string_view code;
  Kind kind;
};
// What the code says, where the status alone does not.
constexpr std::array<KnownCode, 21> kCodes{{
    {"NoSuchKey", Kind::absent},
    {"NoSuchUpload", Kind::absent},
    {"PreconditionFailed", Kind::taken},
    {"FileAlreadyExists", Kind::taken},
    {"ObjectAlreadyExists", Kind::taken},
    {"ConditionalRequestConflict", Kind::passing},
    {"OperationAborted", Kind::passing},
    {"RequestTimeout", Kind::passing},
    {"IncompleteBody", Kind::passing},
    {"XAmzContentSHA256Mismatch", Kind::passing},
    {"BadDigest", Kind::passing},
    {"ExpiredToken", Kind::expired},
    {"ExpiredTokenException", Kind::expired},
    {"TokenRefreshRequired", Kind::expired},
    {"InvalidToken", Kind::expired},
    {"SecurityTokenExpired", Kind::expired},
    {"QuotaExceeded", Kind::full},
    {"XMinioStorageFull", Kind::full},
    {"KeyTooLongError", Kind::name},
    {"InvalidObjectName", Kind::name},
    {"NoSuchBucket", Kind::refused},
}};

Kind kind_of_status(long status, bool is_head) {
  constexpr std::array<long, 7> kPassing{408, 425, 429, 500, 502, 503, 504};
  switch (status) {
    case 400:
    case 403:
      // HEAD has no body that would name what expired.
      return is_head ? Kind::expired : Kind::refused;
    case 404:
      return Kind::absent;
    case 409:
    case 412:
      return Kind::taken;
    case 507:
      return Kind::full;
    default:
      return std::find(kPassing.begin(), kPassing.end(), status) == kPassing.end() ? Kind::refused
                                                                                   : Kind::passing;
  }
}

std::optional<std::chrono::milliseconds> retry_after(const HttpAnswer& answer) {
  constexpr std::uint64_t kSecondsMax = 60;
  const auto seconds = parse_unsigned(answer.header("retry-after"));
  return seconds ? std::optional<std::chrono::milliseconds>(
                       std::chrono::seconds(std::min(*seconds, kSecondsMax)))
                 : std::nullopt;
}

std::int64_t number(std::string_view text) {
  const auto value = parse_unsigned(text);
  return value && *value <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}
             ? static_cast<std::int64_t>(*value)
             : -1;
}

// As `encoding-type=url` writes keys.
std::string url_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out.push_back(text[i] == '+' ? ' ' : percent_decoded(text, i));
  }
  return out;
}

std::string key_of(const XmlElement& list, const XmlElement& entry) {
  const std::string_view key = entry.text_of("Key");
  return list.text_of("EncodingType") == "url" ? url_decoded(key) : std::string(key);
}

std::optional<XmlElement> read_as(std::string_view body, std::string_view name) {
  auto root = parse_xml(body);
  return root && root->name == name ? std::move(root) : std::nullopt;
}

std::string next_of(const XmlElement& list, std::string_view name) {
  return list.text_of("IsTruncated") == "true" ? std::string(list.text_of(name)) : std::string();
}

}  // namespace

std::optional<S3Failure> s3_failure(const HttpAnswer& answer, bool is_head, bool judge_body) {
  constexpr std::size_t kMessageMax = 200;
  if (answer.status == 0) {
    const Kind kind = answer.body_errno != 0 ? Kind::local
                      : answer.stopped       ? Kind::stopped
                                             : Kind::passing;
    return S3Failure{.kind = kind,
                     .text = kind == Kind::stopped ? "the program ends" : answer.failure,
                     .body_errno = answer.body_errno};
  }
  const bool is_success = answer.status >= 200 && answer.status < 300;
  if (is_success && !judge_body) {
    return std::nullopt;
  }
  const auto root = read_as(answer.body, "Error");
  if (is_success && !root) {
    return std::nullopt;
  }
  S3Failure failure;
  failure.code = root ? printable(root->text_of("Code"), kMessageMax) : "";
  const auto known = std::find_if(kCodes.begin(), kCodes.end(),
                                  [&](const KnownCode& one) { return one.code == failure.code; });
  failure.kind = known != kCodes.end() ? known->kind
                 : is_success          ? Kind::passing
                                       : kind_of_status(answer.status, is_head);
  failure.text = "HTTP " + std::to_string(answer.status);
  if (root) {
    const std::string message = printable(root->text_of("Message"), kMessageMax);
    failure.text += " " + failure.code + (message.empty() ? "" : " (" + message + ")");
  }
  if (failure.code == "RequestTimeTooSkewed") {
    failure.text += "; check this machine's clock";
  }
  failure.retry_after = retry_after(answer);
  return failure;
}

std::optional<ObjectPage> read_object_page(std::string_view body) {
  const auto root = read_as(body, "ListBucketResult");
  if (!root) {
    return std::nullopt;
  }
  ObjectPage page;
  for (const XmlElement& entry : root->children) {
    if (entry.name == "Contents") {
      page.objects.push_back({key_of(*root, entry), number(entry.text_of("Size"))});
    }
  }
  page.next = next_of(*root, "NextContinuationToken");
  return page;
}

std::optional<PartPage> read_part_page(std::string_view body) {
  const auto root = read_as(body, "ListPartsResult");
  if (!root) {
    return std::nullopt;
  }
  PartPage page;
  for (const XmlElement& entry : root->children) {
    if (entry.name == "Part") {
      page.parts.push_back({static_cast<int>(number(entry.text_of("PartNumber"))),
                            number(entry.text_of("Size")), std::string(entry.text_of("ETag"))});
    }
  }
  page.next = next_of(*root, "NextPartNumberMarker");
  return page;
}

std::optional<std::vector<std::string>> read_uploads(std::string_view body, std::string_view key) {
  const auto root = read_as(body, "ListMultipartUploadsResult");
  if (!root) {
    return std::nullopt;
  }
  std::vector<std::string> uploads;
  for (const XmlElement& entry : root->children) {
    if (entry.name == "Upload" && key_of(*root, entry) == key) {
      uploads.emplace_back(entry.text_of("UploadId"));
    }
  }
  return uploads;
}

std::string read_upload_id(std::string_view body) {
  const auto root = read_as(body, "InitiateMultipartUploadResult");
  return root ? std::string(root->text_of("UploadId")) : std::string();
}

std::string completion_text(const std::vector<UploadedPart>& parts) {
  std::string text = "<CompleteMultipartUpload>";
  for (const UploadedPart& part : parts) {
    text.append("<Part><PartNumber>").append(std::to_string(part.number));
    text.append("</PartNumber><ETag>").append(xml_escaped(part.etag)).append("</ETag></Part>");
  }
  return text + "</CompleteMultipartUpload>";
}

}  // namespace core
