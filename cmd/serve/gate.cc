#include "cmd/serve/gate.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "cmd/serve/listen_address.h"
#include "core/files/sha256.h"
#include "core/text/ascii.h"
#include "core/text/base64.h"

namespace cmd {
namespace {

PageReply plain(int status, std::string text) {
  return {.status = status, .type = "text/plain; charset=utf-8", .body = std::move(text)};
}

// In a time that tells nothing of where they differ.
bool same_secret(std::string_view one, std::string_view other) {
  core::Sha256 hash;
  hash.update(one);
  const core::Sha256Digest first = hash.finish();
  hash.update(other);
  const core::Sha256Digest second = hash.finish();
  unsigned difference = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    difference |= static_cast<unsigned>(first.at(i) ^ second.at(i));
  }
  return difference == 0;
}

}  // namespace

bool Gate::has_token(const PageRequest& request) const {
  const std::string_view given = request.authorization;
  const std::size_t blank = std::min(given.find(' '), given.size());
  const std::string_view scheme = given.substr(0, blank);
  const std::string_view value = core::trim_ascii(given.substr(blank), " ");
  if (core::equal_but_for_case(scheme, "Bearer")) {
    return same_secret(value, token_->reveal());
  }
  if (!core::equal_but_for_case(scheme, "Basic")) {
    return false;
  }
  const std::string name_and_password = core::from_base64(value);
  const std::size_t colon = name_and_password.find(':');
  return colon != std::string::npos &&
         same_secret(std::string_view(name_and_password).substr(colon + 1), token_->reveal());
}

std::optional<PageReply> Gate::refusal(const PageRequest& request) const {
  if (token_ && !has_token(request)) {
    PageReply reply = plain(401, "The token of --token-file is needed, as the password.\n");
    reply.headers = {{"WWW-Authenticate", "Basic realm=\"reeltally\", charset=\"UTF-8\""}};
    return reply;
  }
  if (!token_ && !names_this_machine(request.host)) {
    return plain(403,
                 "These pages are for this machine alone: open them as http://127.0.0.1 or "
                 "http://localhost with their port. Other names need --token-file.\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    PageReply reply = plain(405, "These pages can only be read.\n");
    reply.headers = {{"Allow", "GET, HEAD"}};
    return reply;
  }
  return std::nullopt;
}

}  // namespace cmd
