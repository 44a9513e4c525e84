// A request of a browser and its answer, free of any library.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/files/descriptor.h"

namespace cmd {

struct PageRequest {
  std::string method;
  std::string path;                          ///< percent-decoded; may hold any byte
  std::map<std::string, std::string> query;  /// of a repeated name the first value
  std::string host;                          ///< empty unless there is exactly one
  std::string authorization;
  std::string range;
};

/// A part of an open file.
struct FilePart {
  std::shared_ptr<const core::Descriptor> file;
  std::int64_t begin = 0;
  std::int64_t length = 0;
};

struct PageReply {
  int status = 200;
  std::string type = "text/html; charset=utf-8";
  std::string body;
  FilePart part{};  ///< instead of `body`, if its file is set
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// Any thread; throws nothing but std::bad_alloc.
using PageHandler = std::function<PageReply(const PageRequest&)>;

}  // namespace cmd
