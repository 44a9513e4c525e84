#include "cmd/run/error_words.h"

#include <algorithm>
#include <array>

namespace cmd {
namespace {

struct ErrorKind {
  std::string_view kind;
  std::string_view words;
};

constexpr std::array<ErrorKind, 33> kErrorKinds{{
    // no answer
    {"dns", "host not found"},
    {"connect", "no connection"},
    {"timeout", "timeout"},
    {"tls", "TLS failed"},
    {"connection", "connection lost"},
    {"protocol", "no valid HTTP"},
    // an answer with HTTP 200
    {"throttled", "too many requests"},
    {"server_error", "the gateway's own error"},
    {"unreadable", "unreadable answer"},
    {"wrong_task", "answer about another task"},
    {"not_found", "task not found"},
    {"unauthorised", "key not accepted"},
    {"forbidden", "not allowed"},
    {"invalid_URL", "address not known to the gateway"},
    {"unexpected", "unexpected answer"},
    // a download
    {"video_transport", "download cut"},
    {"video_denied", "video denied (HTTP 403)"},
    {"video_gone", "video gone (HTTP 404)"},
    {"video_unauthorised", "video refused for this key"},
    {"video_throttled", "too many downloads"},
    {"video_server_error", "error of a video's server"},
    {"video_other_status", "other HTTP status for a video"},
    {"video_not_a_video", "cut or damaged video"},
    {"video_error_page", "error page instead of a video"},
    {"video_unsupported", "file that is no video"},
    {"video_wrong_length", "video of another length"},
    {"video_wrong_checksum", "video of another checksum"},
    {"video_too_large", "video over --max-video-size"},
    {"video_refused_url", "address of a video not allowed"},
    {"video_blocked", "path of a video occupied"},
    {"video_disk_full", "no space for a video"},
    {"video_disk", "output folder failed"},
    {"hook", "hook failed"},
}};

}  // namespace

std::string error_words(std::string_view kind) {
  constexpr std::string_view kStatus = "http_";
  if (kind.starts_with(kStatus)) {
    return "HTTP " + std::string(kind.substr(kStatus.size()));
  }
  const auto* const found = std::find_if(kErrorKinds.begin(), kErrorKinds.end(),
                                         [kind](const ErrorKind& one) { return one.kind == kind; });
  std::string words(found == kErrorKinds.end() ? kind : found->words);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

}  // namespace cmd
