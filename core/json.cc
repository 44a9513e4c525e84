#include "core/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

namespace core {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Below this, comparing every pair beats sorting.
constexpr std::size_t kPairwiseKeysMax = 16;

template <typename Container>
void forget(Container& container, std::size_t kept_bytes) {
  container.clear();
  if (container.capacity() * sizeof(typename Container::value_type) > kept_bytes) {
    container.shrink_to_fit();
  }
}

}  // namespace

std::string_view describe(JsonDefect defect) {
  switch (defect) {
    case JsonDefect::none:
      return "JSON";
    case JsonDefect::empty:
      return "an empty body";
    case JsonDefect::too_large:
      return "JSON that is too large";
    case JsonDefect::too_deep:
      return "JSON that is nested too deeply";
    case JsonDefect::duplicate_key:
      return "JSON with a key twice in one object";
    case JsonDefect::not_unicode:
      return "no UTF-8 text";
    case JsonDefect::syntax:
      return "no valid JSON";
  }
  return "?";
}

JsonKind JsonValue::kind() const { return document_->nodes_[node_].kind; }

std::string_view JsonValue::text() const { return is_string() ? scalar() : std::string_view(); }

std::string_view JsonValue::scalar() const {
  if (!exists()) return {};
  const JsonDocument::Node& node = document_->nodes_[node_];
  return document_->slice(node.text_at, node.text_bytes);
}

std::string_view JsonValue::key() const {
  if (!exists()) return {};
  const JsonDocument::Node& node = document_->nodes_[node_];
  return document_->slice(node.key_at, node.key_bytes);
}

JsonValue JsonValue::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const std::vector<JsonDocument::Node>& nodes = document_->nodes_;
  const std::uint32_t end = nodes[node_].end;
  for (std::uint32_t at = node_ + 1; at < end; at = nodes[at].end) {
    const JsonDocument::Node& node = nodes[at];
    if (node.key_bytes == key.size() && document_->slice(node.key_at, node.key_bytes) == key) {
      return {document_, at, end};
    }
  }
  return {};
}

JsonValue JsonValue::first_child() const {
  if (!exists()) return {};
  const std::uint32_t end = document_->nodes_[node_].end;
  if (node_ + 1 == end) return {};
  return {document_, node_ + 1, end};
}

JsonValue JsonValue::next_sibling() const {
  if (!exists()) return {};
  const std::uint32_t next = document_->nodes_[node_].end;
  if (next >= parent_end_) return {};
  return {document_, next, parent_end_};
}

/// The callbacks of nlohmann's SAX parser. A `false` ends the reading.
class JsonDocument::Reader {
 public:
  explicit Reader(JsonDocument& document) : document_(document) {}
  [[nodiscard]] JsonDefect defect() const { return defect_; }

  bool null() { return add(JsonKind::null, {}); }
  bool boolean(bool value) { return add(JsonKind::boolean, value ? "true" : "false"); }

  bool number_integer(std::int64_t value) {
    // The lexer calls this for negative numbers only, so a zero was written "-0".
    return value == 0 ? add(JsonKind::number, "-0") : add_number(value);
  }
  bool number_unsigned(std::uint64_t value) { return add_number(value); }
  bool number_float(double /*value*/, const std::string& as_sent) {
    return add(JsonKind::number, as_sent);
  }
  bool string(const std::string& text) { return add(JsonKind::string, text); }

  bool start_object(std::size_t /*unknown*/) { return open(JsonKind::object); }
  bool start_array(std::size_t /*unknown*/) { return open(JsonKind::array); }
  bool end_object() { return keys_are_distinct() ? close() : fail(JsonDefect::duplicate_key); }
  bool end_array() { return close(); }

  bool key(const std::string& text) {
    key_at_ = append(text);
    key_bytes_ = static_cast<std::uint32_t>(text.size());
    return true;
  }

  // Texts of JSON have no binary values; nlohmann asks for the method all the same.
  static bool binary(const nlohmann::json::binary_t& /*value*/) { return false; }

  bool parse_error(std::size_t /*position*/, const std::string& /*last*/,
                   const nlohmann::json::exception& /*error*/) {
    return fail(JsonDefect::syntax);
  }

 private:
  bool fail(JsonDefect defect) {
    defect_ = defect;
    return false;
  }

  std::uint32_t append(std::string_view text) {
    const auto at = static_cast<std::uint32_t>(document_.texts_.size());
    document_.texts_.append(text);
    return at;
  }

  template <typename Integer>
  bool add_number(Integer value) {
    std::array<char, std::numeric_limits<Integer>::digits10 + 3> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return add(JsonKind::number, {digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  bool add(JsonKind kind, std::string_view text) {
    std::vector<Node>& nodes = document_.nodes_;
    if (nodes.size() == kValuesMax) return fail(JsonDefect::too_large);
    const std::uint32_t at = append(text);
    nodes.push_back({.key_at = key_at_,
                     .key_bytes = key_bytes_,
                     .text_at = at,
                     .text_bytes = static_cast<std::uint32_t>(text.size()),
                     .end = static_cast<std::uint32_t>(nodes.size() + 1),
                     .kind = kind});
    key_bytes_ = 0;
    return true;
  }

  bool open(JsonKind kind) {
    if (document_.open_.size() == kDepthMax) return fail(JsonDefect::too_deep);
    document_.open_.push_back(static_cast<std::uint32_t>(document_.nodes_.size()));
    return add(kind, {});
  }

  bool close() {
    document_.nodes_[document_.open_.back()].end =
        static_cast<std::uint32_t>(document_.nodes_.size());
    document_.open_.pop_back();
    return true;
  }

  bool keys_are_distinct() {
    const std::vector<Node>& nodes = document_.nodes_;
    std::vector<std::string_view>& keys = document_.keys_;
    keys.clear();
    for (std::size_t at = document_.open_.back() + 1; at < nodes.size(); at = nodes[at].end) {
      keys.push_back(document_.slice(nodes[at].key_at, nodes[at].key_bytes));
    }
    if (keys.size() > kPairwiseKeysMax) {
      std::sort(keys.begin(), keys.end());
      return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
    }
    for (auto key = keys.begin(); key != keys.end(); ++key) {
      if (std::find(keys.begin(), key, *key) != key) return false;
    }
    return true;
  }

  JsonDocument& document_;
  std::uint32_t key_at_ = 0;
  std::uint32_t key_bytes_ = 0;
  JsonDefect defect_ = JsonDefect::none;
};

void JsonDocument::clear() {
  forget(nodes_, kKeptBytes);
  forget(texts_, kKeptBytes);
  forget(keys_, kKeptBytes);
  open_.clear();
}

JsonDefect JsonDocument::read(std::string_view text) {
  clear();
  if (text.size() > kBytesMax) return JsonDefect::too_large;
  // nlohmann skips the byte order mark itself.
  const std::size_t start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  if (text.find_first_not_of(kBlanks, start) == std::string_view::npos) return JsonDefect::empty;
  // nlohmann takes a NUL byte for the end of the text and would not see what comes behind it.
  if (text.find('\0') != std::string_view::npos) return JsonDefect::not_unicode;
  Reader reader(*this);
  if (nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &reader)) {
    return JsonDefect::none;
  }
  clear();
  return reader.defect();
}

JsonValue JsonDocument::root() const {
  if (nodes_.empty()) return {};
  return {this, 0, nodes_[0].end};
}

JsonDefect JsonNest::read(std::string_view text) {
  inner_used_ = 0;
  return outer_.read(text);
}

JsonValue JsonNest::unwrapped(JsonValue value) {
  const std::string_view text = value.text();
  const std::size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos || text[start] != '{') return value;
  if (inner_used_ == kInnerDocumentsMax) return value;
  if (inner_used_ == inner_.size()) inner_.emplace_back();
  JsonDocument& document = inner_[inner_used_];
  if (document.read(text) != JsonDefect::none) return value;
  ++inner_used_;
  return document.root();
}

}  // namespace core
