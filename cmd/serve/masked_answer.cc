#include "cmd/serve/masked_answer.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/text/hex.h"
#include "core/text/redaction.h"

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownMax = 256 << 10;  // bytes of an answer
constexpr std::size_t kDepthMax = 64;         // of what is indented

std::string masked(std::string_view text) { return core::redact_keys(core::redact_urls(text)); }

// Of a text that is no JSON: the character whose escape begins at `at`, which moves to its end;
// none: it stays as it is.
std::optional<char> escaped_character(std::string_view text, std::size_t& at) {
  constexpr std::size_t kUnicode = 6;  // \u003d
  constexpr int kDigitBits = 4;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("\\/")) {
    ++at;
    return '/';
  }
  if (!rest.starts_with("\\u00") || rest.size() < kUnicode) {
    return std::nullopt;
  }
  const int high = core::hex_digit(rest[4]);
  const int low = core::hex_digit(rest[5]);
  if (high < 0 || low < 0) {
    return std::nullopt;
  }
  at += kUnicode - 1;
  return static_cast<char>(high << kDigitBits | low);
}

// Escapes could hide a link from `masked`, also those of a JSON text within a literal.
std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char as_it_is = text[at];
    plain += escaped_character(text, at).value_or(as_it_is);
  }
  return plain;
}

// A literal that holds no secret stays as it was sent.
std::string masked_literal(std::string_view literal) {
  const Json value = Json::parse(literal, nullptr, false);
  if (!value.is_string()) {
    return masked(without_escapes(literal));
  }
  const std::string text = without_escapes(value.get_ref<const std::string&>());
  const std::string harmless = masked(text);
  return harmless == text ? std::string(literal)
                          : Json(harmless).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Of a JSON text, token by token: a number must not go through a double, and a text that is cut or
// not quite JSON is shown, too.
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
      depth_ -= depth_ > 0 ? 1 : 0;
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
  void new_line() { out_ += "\n" + std::string(std::min(depth_, kDepthMax) * 2, ' '); }
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
  const std::string_view shown = raw.substr(0, kShownMax);
  const std::size_t begin = shown.find_first_not_of(" \t\r\n");
  const bool is_json =
      begin != std::string_view::npos && (shown[begin] == '{' || shown[begin] == '[');
  std::string text = is_json ? Layout(shown).text() : masked(without_escapes(shown));
  if (shown.size() < raw.size()) {
    text += "\n\n… cut here, of " + std::to_string(raw.size()) + " bytes";
  }
  return text;
}

}  // namespace cmd
