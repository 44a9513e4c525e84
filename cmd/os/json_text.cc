#include "cmd/os/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

namespace cmd {
namespace {

using Json = nlohmann::ordered_json;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes digits off the text; returns how many.
std::size_t take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
  const bool found = !text.empty() && characters.find(text.front()) != std::string_view::npos;
  text.remove_prefix(found ? 1 : 0);
  return found;
}

// Exact numbers are binary values, which JSON has not, so nothing else in `value` can be one.
class JsonWriter {
 public:
  JsonWriter(bool pretty, bool only_ascii) : pretty_(pretty), only_ascii_(only_ascii) {}

  std::string text(const Json& value) {
    write(value, 0);
    return std::move(text_);
  }

 private:
  void write(const Json& value, std::size_t depth) {
    if (value.is_binary()) {
      text_.append(value.get_binary().begin(), value.get_binary().end());
    } else if (value.is_structured() && !value.empty()) {
      write_members(value, depth + 1);
    } else {
      constexpr int kOneLine = -1;
      text_ += value.dump(kOneLine, ' ', only_ascii_, Json::error_handler_t::replace);
    }
  }

  void write_members(const Json& value, std::size_t depth) {
    text_ += value.is_object() ? '{' : '[';
    const char* separator = "";
    for (const auto& member : value.items()) {
      text_ += separator;
      end_line(depth);
      if (value.is_object()) {
        write(Json(member.key()), depth);
        text_ += pretty_ ? ": " : ":";
      }
      write(member.value(), depth);
      separator = ",";
    }
    end_line(depth - 1);
    text_ += value.is_object() ? '}' : ']';
  }

  void end_line(std::size_t depth) {
    constexpr std::size_t kIndent = 2;
    if (pretty_) {
      text_ += '\n';
      text_.append(depth * kIndent, ' ');
    }
  }

  bool pretty_;
  bool only_ascii_;
  std::string text_;
};

}  // namespace

bool is_json_number(std::string_view text) {
  take_one_of(text, "-");
  if (!take_one_of(text, "0") && take_digits(text) == 0) {
    return false;
  }
  if (take_one_of(text, ".") && take_digits(text) == 0) {
    return false;
  }
  if (take_one_of(text, "eE")) {
    take_one_of(text, "+-");
    if (take_digits(text) == 0) {
      return false;
    }
  }
  return text.empty();
}

Json exact_number(std::string_view text) {
  return is_json_number(text)
             ? Json::binary(Json::binary_t::container_type(text.begin(), text.end()))
             : Json(text);
}

Json exact_number(const core::Decimal& number) { return exact_number(number.text()); }

Json exact_numbers(const std::map<std::string, core::Decimal>& numbers) {
  Json json = Json::object();
  for (const auto& [name, number] : numbers) {
    json[name] = exact_number(number);
  }
  return json;
}

std::string json_text(const Json& value, bool only_ascii) {
  return JsonWriter(false, only_ascii).text(value);
}

std::string json_page(const Json& value) { return JsonWriter(true, false).text(value) + "\n"; }

void print_json(std::ostream& out, const Json& value, bool only_ascii) {
  out << json_text(value, only_ascii) << '\n';
}

}  // namespace cmd
