#include "cmd/serve/masked_answer.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "core/text/redaction.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

std::string masked(std::string_view text) { return core::redact_keys(core::redact_urls(text)); }

// Escapes could hide a link from `masked`, so the text of a literal decides.
std::string masked_literal(std::string_view literal) {
  const Json value = Json::parse(literal, nullptr, false);
  if (!value.is_string()) {
    return masked(literal);
  }
  const auto& text = value.get_ref<const std::string&>();
  const std::string harmless = masked(text);
  return harmless == text ? std::string(literal)
                          : Json(harmless).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Of a valid JSON text, token by token: a number must not go through a double.
class Layout {
 public:
  explicit Layout(std::string_view json) : json_(json) {}

  std::string text() {
    while (at_ < json_.size()) {
      const char one = json_[at_];
      if (one == '"') {
        out_ += masked_literal(literal());
      } else if (one == '{' || one == '[') {
        open(one);
      } else {
        other(one);
      }
    }
    return std::move(out_);
  }

 private:
  // From its first quote to its last; behind it on return.
  std::string_view literal() {
    std::size_t end = at_ + 1;
    while (end < json_.size() && json_[end] != '"') {
      end += json_[end] == '\\' ? 2 : 1;
    }
    const std::string_view found = json_.substr(at_, end + 1 - at_);
    at_ = end + 1;
    return found;
  }
  void open(char bracket) {
    out_ += bracket;
    ++at_;
    skip_blanks();
    if (at_ < json_.size() && (json_[at_] == '}' || json_[at_] == ']')) {
      out_ += json_[at_++];
      return;
    }
    ++depth_;
    new_line();
  }
  void other(char one) {
    ++at_;
    if (one == '}' || one == ']') {
      --depth_;
      new_line();
      out_ += one;
    } else if (one == ',') {
      out_ += one;
      new_line();
    } else if (one == ':') {
      out_ += ": ";
    } else if (!is_blank(one)) {
      out_ += one;
    }
  }
  void new_line() { out_ += "\n" + std::string(depth_ * 2, ' '); }
  void skip_blanks() {
    while (at_ < json_.size() && is_blank(json_[at_])) {
      ++at_;
    }
  }
  static bool is_blank(char one) { return one == ' ' || one == '\t' || one == '\n' || one == '\r'; }

  std::string_view json_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string masked_answer(std::string_view raw) {
  return Json::accept(raw) ? Layout(raw).text() : masked(raw);
}

}  // namespace cmd
