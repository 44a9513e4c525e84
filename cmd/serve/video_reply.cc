#include "cmd/serve/video_reply.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include "cmd/serve/page_text.h"
#include "core/text/ascii.h"
#include "core/text/printable.h"

namespace cmd {
namespace {

// By the ending that the program itself chose when it looked into the file.
std::string type_of(std::string_view path) {
  struct Type {
    std::string_view ending;
    std::string_view type;
  };
  constexpr std::array<Type, 4> kTypes{{{".mp4", "video/mp4"},
                                        {".webm", "video/webm"},
                                        {".mov", "video/quicktime"},
                                        {".mkv", "video/x-matroska"}}};
  for (const Type& one : kTypes) {
    if (path.ends_with(one.ending)) {
      return std::string(one.type);
    }
  }
  return "application/octet-stream";
}

constexpr std::size_t kPathShownMax = 200;

struct Part {
  std::int64_t begin = 0;
  std::int64_t length = 0;  // 0: nothing of the file
};

std::optional<std::int64_t> number_of(std::string_view digits) {
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number >= 0 ? std::optional(number)
                                                                      : std::nullopt;
}

// "bytes=5-9", "bytes=5-", "bytes=-5". None: to be ignored.
std::optional<Part> part_of(std::string_view range, std::int64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!core::equal_but_for_case(range.substr(0, kUnit.size()), kUnit)) {
    return std::nullopt;
  }
  range.remove_prefix(kUnit.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto first = number_of(range.substr(0, dash));
  const auto last = number_of(range.substr(dash + 1));
  if (dash == 0) {
    return last
               ? std::optional(Part{std::max<std::int64_t>(size - *last, 0), std::min(*last, size)})
               : std::nullopt;
  }
  const bool is_open = dash + 1 == range.size();
  if (!first || (!last && !is_open) || (last && *last < *first)) {
    return std::nullopt;
  }
  const std::int64_t end = last ? std::min(*last, size - 1) : size - 1;
  return *first < size ? Part{*first, end - *first + 1} : Part{};
}

PageReply range_refusal(std::int64_t size) {
  PageReply reply{.status = 416,
                  .type = "text/plain; charset=utf-8",
                  .body = "The video has only " + std::to_string(size) + " bytes.\n"};
  reply.headers = {{"Content-Range", "bytes */" + std::to_string(size)}};
  return reply;
}

}  // namespace

PageReply video_reply(const RecordedVideo& video, const std::string& range) {
  if (!video.path.starts_with('/')) {
    return trouble_reply(404, "The video is not on this machine's disk: " +
                                  core::printable(video.path, kPathShownMax));
  }
  auto file = std::make_shared<core::Descriptor>(
      ::open(video.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file->valid() || ::fstat(file->number(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size != video.bytes || video.bytes == 0) {
    return trouble_reply(404,
                         "The video is not on disk as it was recorded; `reeltally verify` says "
                         "more.");
  }
  const auto part = part_of(range, video.bytes);
  if (part && part->length == 0) {
    return range_refusal(video.bytes);
  }
  PageReply reply{.status = part ? 206 : 200, .type = type_of(video.path)};
  const Part sent = part.value_or(Part{0, video.bytes});
  reply.part = {.file = std::move(file), .begin = sent.begin, .length = sent.length};
  reply.headers = {{"Accept-Ranges", "bytes"}, {"Cache-Control", "private, no-cache"}};
  if (part) {
    reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(sent.begin) + "-" +
                                                    std::to_string(sent.begin + sent.length - 1) +
                                                    "/" + std::to_string(video.bytes));
  }
  return reply;
}

}  // namespace cmd
