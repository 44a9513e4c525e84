#include "core/text/xml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "core/text/ascii.h"

namespace core {
namespace {

constexpr int kDepthMax = 16;
constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
    {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}}};

void add_utf8(std::string& text, std::uint32_t code) {
  const auto add = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80U) {
    add(code);
  } else if (code < 0x800U) {
    add(0xC0U | code >> 6U);
    add(0x80U | (code & 0x3FU));
  } else if (code < 0x10000U) {
    add(0xE0U | code >> 12U);
    add(0x80U | (code >> 6U & 0x3FU));
    add(0x80U | (code & 0x3FU));
  } else {
    add(0xF0U | code >> 18U);
    add(0x80U | (code >> 12U & 0x3FU));
    add(0x80U | (code >> 6U & 0x3FU));
    add(0x80U | (code & 0x3FU));
  }
}

// What `&name;` stands for. False: for nothing.
bool add_entity(std::string& text, std::string_view name) {
  for (const auto& [known, character] : kEntities) {
    if (name == known) {
      text.push_back(character);
      return true;
    }
  }
  if (!name.starts_with('#')) {
    return false;
  }
  name.remove_prefix(1);
  const bool is_hex = name.starts_with('x');
  name.remove_prefix(is_hex ? 1 : 0);
  std::uint32_t code = 0;
  constexpr std::uint32_t kLast = 0x10FFFF;
  const auto read = std::from_chars(name.begin(), name.end(), code, is_hex ? 16 : 10);
  if (read.ec != std::errc() || read.ptr != name.end() || code == 0 || code > kLast) {
    return false;
  }
  add_utf8(text, code);
  return true;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<XmlElement> document() {
    XmlElement root;
    if (!skip_misc() || !element(root, 1) || !skip_misc() || !rest_.empty()) {
      return std::nullopt;
    }
    return root;
  }

 private:
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) {
      return false;
    }
    rest_.remove_prefix(what.size());
    return true;
  }

  bool skip_past(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) {
      return false;
    }
    rest_.remove_prefix(at + end.size());
    return true;
  }

  // A comment or an instruction, which is skipped. None: something else stands here.
  std::optional<bool> aside() {
    if (take("<!--")) {
      return skip_past("-->");
    }
    return take("<?") ? std::optional(skip_past("?>")) : std::nullopt;
  }

  bool skip_misc() {
    while (true) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kAsciiBlanks), rest_.size()));
      const auto skipped = aside();
      if (!skipped) {
        return true;
      }
      if (!*skipped) {
        return false;
      }
    }
  }

  // The tag's name and attributes up to `>` or `/>`. The document's type begins with `!`: no name.
  bool begin_tag(std::string& name, bool& is_empty) {
    const std::size_t end = rest_.find_first_of(" \t\r\n/>");
    if (!take("<") || end == std::string_view::npos || end < 2) {
      return false;
    }
    const std::string_view whole = rest_.substr(0, end - 1);
    if (!is_ascii_letter(whole.front()) && whole.front() != '_') {
      return false;
    }
    name = whole.substr(whole.find(':') + 1);
    rest_.remove_prefix(end - 1);
    for (char quote = 0; !rest_.empty(); rest_.remove_prefix(1)) {
      const char c = rest_.front();
      if (quote != 0) {
        quote = c == quote ? '\0' : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '<') {
        return false;
      } else if (c == '>' || rest_.starts_with("/>")) {
        is_empty = c == '/';
        rest_.remove_prefix(is_empty ? 2 : 1);
        return true;
      }
    }
    return false;
  }

  bool end_tag(const std::string& name) {
    const std::size_t end = rest_.find('>');
    if (!take("</") || end == std::string_view::npos) {
      return false;
    }
    const std::string_view whole = trim_ascii(rest_.substr(0, end - 2));
    rest_.remove_prefix(end - 1);
    return whole.substr(whole.find(':') + 1) == name;
  }

  bool text(std::string& into) {
    const std::size_t end = rest_.find_first_of("<&");
    if (end == std::string_view::npos) {
      return false;
    }
    into += rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (!take("&")) {
      return true;
    }
    const std::size_t semicolon = rest_.find(';');
    if (semicolon == std::string_view::npos || !add_entity(into, rest_.substr(0, semicolon))) {
      return false;
    }
    rest_.remove_prefix(semicolon + 1);
    return true;
  }

  bool character_data(std::string& into) {
    const std::size_t end = rest_.find("]]>");
    if (end == std::string_view::npos) {
      return false;
    }
    into += rest_.substr(0, end);
    rest_.remove_prefix(end + 3);
    return true;
  }

  bool element(XmlElement& into, int depth) {  // NOLINT(misc-no-recursion): kDepthMax
    bool is_empty = false;
    if (depth > kDepthMax || !begin_tag(into.name, is_empty)) {
      return false;
    }
    while (!is_empty) {
      if (!text(into.text)) {
        return false;
      }
      if (rest_.starts_with("</")) {
        return end_tag(into.name);
      }
      if (take("<![CDATA[")) {
        if (!character_data(into.text)) {
          return false;
        }
      } else if (const auto skipped = aside()) {
        if (!*skipped) {
          return false;
        }
      } else if (rest_.starts_with('<')) {
        into.children.emplace_back();
        if (!element(into.children.back(), depth + 1)) {
          return false;
        }
      }
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view wanted) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const XmlElement& one) { return one.name == wanted; });
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view wanted) const {
  const XmlElement* found = child(wanted);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::optional<XmlElement> parse_xml(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return Reader(text).document();
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto found = std::find_if(kEntities.begin(), kEntities.end(),
                                    [c](const auto& entity) { return entity.second == c; });
    if (found == kEntities.end()) {
      out.push_back(c);
    } else {
      out.append("&").append(found->first).append(";");
    }
  }
  return out;
}

}  // namespace core
