#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>

#include "core/gateway/link_expiry.h"
#include "core/gateway/video_links.h"
#include "core/text/ascii.h"
#include "core/text/http_headers.h"
#include "core/text/percent.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"
#include "core/text/utf8.h"
#include "core/video/promised_content.h"
#include "core/video/video_container.h"
#include "tests/support/input_failures.h"

namespace support {
namespace {

core::ContainerReport report_of(std::string_view bytes, std::size_t piece) {
  core::ContainerCheck check;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size())) {
    check.update(bytes.substr(at, piece));
  }
  return check.finish();
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t number = 0;
  for (const char one : bytes.substr(at, size)) {
    number = number * 256 + static_cast<unsigned char>(one);
  }
  return number;
}

// A second walk over boxes, of a whole file: whether they end where it ends, with an index and
// pictures.
bool are_boxes_of_a_video(std::string_view bytes) {
  bool has_index = false;
  bool has_pictures = false;
  while (!bytes.empty()) {
    if (bytes.size() < 8) {
      return false;
    }
    std::uint64_t size = number_at(bytes, 0, 4);
    std::uint64_t header = 8;
    if (size == 1) {
      header = 16;
      size = bytes.size() < header ? 0 : number_at(bytes, 8, 8);
    } else if (size == 0) {
      size = bytes.size();
    }
    if (size < header || size > bytes.size()) {
      return false;
    }
    const std::string_view type = bytes.substr(4, 4);
    has_index = has_index || type == "moov";
    has_pictures = has_pictures || (type == "mdat" && size > header);
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return has_index && has_pictures;
}

std::string container_failure(std::string_view bytes) {
  const core::ContainerReport whole = report_of(bytes, std::string_view::npos);
  if (whole.extension.empty() == whole.failure.empty()) {
    return "a file that is a video and none, or neither: " + whole.failure;
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}}) {
    const core::ContainerReport pieces = report_of(bytes, piece);
    if (pieces.kind != whole.kind || pieces.extension != whole.extension ||
        pieces.failure != whole.failure) {
      return "in pieces a file is something else: " + pieces.failure + " instead of " +
             whole.failure;
    }
  }
  if ((whole.extension == "mp4" || whole.extension == "mov") && !are_boxes_of_a_video(bytes)) {
    return "taken as a video, but its boxes are not those of one";
  }
  return {};
}

std::string header_failure(std::string_view value) {
  if (const auto range = core::parse_content_range(value)) {
    if (range->first < 0 || range->first > range->last || range->last >= range->total) {
      return "a range of bytes that is none";
    }
  }
  const std::string etag = core::strong_etag(value);
  if (!etag.empty() && !core::is_strong_etag(etag)) {
    return "an ETag that is not strong: " + etag;
  }
  (void)core::parse_unsigned(value);
  (void)core::is_md5_base64(value);
  return {};
}

std::string shown_failure(std::string_view text) {
  for (const std::size_t most : {std::size_t{3}, std::size_t{20}, std::size_t{1} << 20}) {
    const std::string shown = core::printable(text, most);
    if (shown.size() > most || core::valid_utf8(shown) != shown ||
        core::printable(shown, most) != shown) {
      return "not printable: " + shown;
    }
  }
  return {};
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    plain += core::percent_decoded(text, at);
  }
  return plain;
}

std::string link_failure(std::string_view link) {
  constexpr auto kFirst = std::chrono::sys_days(std::chrono::year(2015) / 1 / 1);
  constexpr auto kLast = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);
  const auto expiry = core::link_expiry(link);
  if (expiry && (*expiry < kFirst || *expiry >= kLast)) {
    return "an expiry that is not credible";
  }
  if (decoded(core::percent_encoded(link, false)) != link ||
      decoded(core::percent_encoded(link, true)) != link) {
    return "percent-encoding loses something";
  }
  const std::string shown = core::redacted_url(link);
  if (shown.find_first_of("?#") != std::string::npos || core::valid_utf8(shown) != shown) {
    return "a link that is shown with its query: " + shown;
  }
  for (const std::string& text :
       {core::lower_ascii(core::redact_urls(link)), core::lower_ascii(shown)}) {
    constexpr std::string_view kSignature = "signature=";
    const std::size_t behind = text.find(kSignature) + kSignature.size();
    if (behind >= kSignature.size() && behind < text.size() &&
        core::is_ascii_alphanumeric(text[behind])) {
      return "a signature is left: " + text;
    }
  }
  const bool is_clean = std::all_of(link.begin(), link.end(), [](char one) {
    const auto byte = static_cast<unsigned char>(one);
    return byte > ' ' && byte != 0x7F;
  });
  const bool fits = is_clean && link.size() <= core::kLinkBytesMax;
  return core::is_link(link) && !fits ? "taken as a link: " + shown : std::string();
}

}  // namespace

std::string video_failure(std::string_view bytes) {
  try {
    const std::string_view first = bytes.substr(0, bytes.find('\n'));
    const std::string_view rest = bytes.substr(std::min(first.size() + 1, bytes.size()));
    for (const auto& failure : {container_failure(rest), header_failure(first), link_failure(first),
                                shown_failure(first)}) {
      if (!failure.empty()) {
        return failure;
      }
    }
    return {};
  } catch (const std::exception& failure) {
    return std::string("an exception: ") + failure.what();
  }
}

}  // namespace support
