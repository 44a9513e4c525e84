#include "core/text/json.h"

// Makes every simdjson call that could throw on malformed text a compile error.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "core/text/ascii.h"

namespace core {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// For fewer keys than this, comparing every pair is faster than sorting.
constexpr std::size_t kPairwiseKeysMax = 16;

template <typename Container>
void forget(Container& container, std::size_t kept_bytes) {
  container.clear();
  if (container.capacity() * sizeof(typename Container::value_type) > kept_bytes) {
    container.shrink_to_fit();
  }
}

}  // namespace

std::string_view describe(JsonFailure failure) {
  switch (failure) {
    case JsonFailure::none:
      return "JSON";
    case JsonFailure::empty:
      return "an empty body";
    case JsonFailure::too_large:
      return "JSON that is too large";
    case JsonFailure::too_deep:
      return "JSON that is nested too deeply";
    case JsonFailure::not_unicode:
      return "no UTF-8 text";
    case JsonFailure::syntax:
      return "invalid JSON";
  }
  return "?";
}

std::string_view JsonValue::key() const {
  if (!exists()) {
    return {};
  }
  return document_->nodes_[node_].key;
}

JsonValue JsonValue::find(std::string_view key, std::uint64_t mark) const {
  const auto bit = static_cast<std::uint8_t>(std::countr_zero(mark));
  const JsonDocument::Node* nodes = document_->nodes_.data();
  const JsonDocument::Node& object = nodes[node_];
  const std::uint32_t end = object.end;
  JsonValue found;
  std::uint32_t at =
      object.table == JsonDocument::kTablesMax ? node_ + 1 : document_->tables_[object.table][bit];
  const bool is_only_one = (object.shared_marks & mark) == 0;
  for (; at < end; at = nodes[at].end) {
    if (nodes[at].key_bit != bit) {
      continue;
    }
    if (nodes[at].key != key) {
      if (is_only_one) {
        break;
      }
      continue;
    }
    if (found.exists()) {
      document_->met_repeated_key_ = true;
      return {};
    }
    found = {document_, at, end};
    if (is_only_one || !object.repeats_key) {
      break;
    }
  }
  return found;
}

JsonValue JsonValue::first_child() const {
  if (!exists()) {
    return {};
  }
  const JsonDocument::Node& node = document_->nodes_[node_];
  if (node.repeats_key) {
    document_->met_repeated_key_ = true;
  }
  if (node_ + 1 == node.end) {
    return {};
  }
  return {document_, node_ + 1, node.end};
}

JsonValue JsonValue::next_sibling() const {
  if (!exists()) {
    return {};
  }
  const std::uint32_t next = document_->nodes_[node_].end;
  if (next >= parent_end_) {
    return {};
  }
  return {document_, next, parent_end_};
}

// simdjson instead of nlohmann's SAX parser, which the rest of the program uses: reading is the
// largest single cost of a query, and takes 13,000 instructions for a typical answer instead of
// 94,300 (valgrind --tool=callgrind), a quarter of the time.

// What simdjson needs besides the text: its indexes, and a buffer for decoded strings.
struct JsonDocument::Parser {
  simdjson::ondemand::parser parser;
  std::string padded;  // the text, followed by the readable bytes that simdjson requires
};

// Walks the whole text, so that all of it is checked, and stores its values in a flat array.
class JsonDocument::Reader {
 public:
  explicit Reader(JsonDocument& document) : document_(document) {}

  JsonFailure read(simdjson::ondemand::document& text) {
    const bool at_end =
        add_value(text, {}) && text.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return failure_ == JsonFailure::none && !at_end ? JsonFailure::syntax : failure_;
  }

 private:
  bool fail(JsonFailure failure) {
    failure_ = failure;
    return false;
  }

  bool add(JsonKind kind, std::string_view key, std::string_view text) {
    std::vector<Node>& nodes = document_.nodes_;
    if (nodes.size() == kValuesMax) {
      return fail(JsonFailure::too_large);
    }
    nodes.push_back({.key = key,
                     .text = text,
                     .end = static_cast<std::uint32_t>(nodes.size() + 1),
                     .kind = kind});
    return true;
  }

  // `value` is the whole document or a value in it: simdjson uses different types.
  template <typename Value>
  bool add_value(Value& value, std::string_view key) {
    simdjson::ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) {
      return fail(JsonFailure::syntax);
    }
    switch (type) {
      case simdjson::ondemand::json_type::object:
        return add_object(value, key);
      case simdjson::ondemand::json_type::array:
        return add_array(value, key);
      case simdjson::ondemand::json_type::number:
        return add_number(value, key);
      case simdjson::ondemand::json_type::string: {
        std::string_view text;
        return value.get_string().get(text) == simdjson::SUCCESS ? add(JsonKind::string, key, text)
                                                                 : fail(JsonFailure::syntax);
      }
      case simdjson::ondemand::json_type::boolean:
        return add_boolean(value, key);
      case simdjson::ondemand::json_type::null:
        return add_null(value, key);
    }
    return fail(JsonFailure::syntax);
  }

  template <typename Value>
  bool add_number(Value& value, std::string_view key) {
    std::string_view token;
    if (!read_token(value, token) || !is_number(value, token)) {
      return fail(JsonFailure::syntax);
    }
    return add(JsonKind::number, key, token);
  }

  // Parsing it checks the grammar, and that it is finite. A short integer is parsed with less work.
  template <typename Value>
  static bool is_number(Value& value, std::string_view token) {
    constexpr std::size_t kShort = 18;
    if (token.size() <= kShort && std::all_of(token.begin(), token.end(), is_ascii_digit)) {
      std::int64_t integer = 0;
      return value.get_int64().get(integer) == simdjson::SUCCESS;
    }
    double number = 0;
    return value.get_double().get(number) == simdjson::SUCCESS;
  }

  // simdjson checks only the beginning of these words: it accepts "nan" as null, and "falsee" as
  // false if it is the whole text.
  template <typename Value>
  bool add_boolean(Value& value, std::string_view key) {
    std::string_view token;
    bool yes = false;
    const bool is_one = read_token(value, token) &&
                        value.get_bool().get(yes) == simdjson::SUCCESS &&
                        token == (yes ? "true" : "false");
    return is_one ? add(JsonKind::boolean, key, token) : fail(JsonFailure::syntax);
  }

  template <typename Value>
  bool add_null(Value& value, std::string_view key) {
    std::string_view token;
    bool yes = false;
    const bool is_one = read_token(value, token) && value.is_null().get(yes) == simdjson::SUCCESS &&
                        yes && token == "null";
    return is_one ? add(JsonKind::null, key, {}) : fail(JsonFailure::syntax);
  }

  // The raw token, up to the next comma or bracket.
  template <typename Value>
  static bool read_token(Value& value, std::string_view& token) {
    if (!text_of(value.raw_json_token(), token)) {
      return false;
    }
    token = token.substr(0, token.find_last_not_of(kAsciiBlanks) + 1);
    return true;
  }

  // simdjson returns the token of a value directly, but that of a document with an error code.
  static bool text_of(std::string_view token, std::string_view& text) {
    text = token;
    return true;
  }
  static bool text_of(simdjson::simdjson_result<std::string_view>&& token, std::string_view& text) {
    return std::move(token).get(text) == simdjson::SUCCESS;
  }

  template <typename Value>
  bool add_array(Value& value, std::string_view key) {
    simdjson::ondemand::array array;
    const std::size_t node = document_.nodes_.size();
    if (value.get_array().get(array) != simdjson::SUCCESS) {
      return fail(JsonFailure::syntax);
    }
    if (!open(JsonKind::array, key)) {
      return false;
    }
    for (auto item : array) {
      simdjson::ondemand::value inner;
      if (item.get(inner) != simdjson::SUCCESS) {
        return fail(JsonFailure::syntax);
      }
      if (!add_value(inner, {})) {
        return false;
      }
    }
    return close(node);
  }

  template <typename Value>
  bool add_object(Value& value, std::string_view key) {
    simdjson::ondemand::object object;
    const std::size_t node = document_.nodes_.size();
    if (value.get_object().get(object) != simdjson::SUCCESS) {
      return fail(JsonFailure::syntax);
    }
    if (!open(JsonKind::object, key)) {
      return false;
    }
    for (auto field : object) {
      std::string_view name;
      simdjson::ondemand::value inner;
      if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
          field.value().get(inner) != simdjson::SUCCESS) {
        return fail(JsonFailure::syntax);
      }
      if (!add_value(inner, name)) {
        return false;
      }
    }
    mark_keys(node);
    return close(node);
  }

  bool open(JsonKind kind, std::string_view key) {
    if (depth_ == kDepthMax) {
      return fail(JsonFailure::too_deep);
    }
    ++depth_;
    return add(kind, key, {});
  }

  bool close(std::size_t node) {
    document_.nodes_[node].end = static_cast<std::uint32_t>(document_.nodes_.size());
    --depth_;
    return true;
  }

  // Sets the marks of an object's keys, and whether a key is repeated.
  void mark_keys(std::size_t node) {
    std::vector<Node>& nodes = document_.nodes_;
    const std::uint8_t number = document_.tables_used_;
    KeyTable& table = number == kTablesMax ? spare_ : document_.tables_[number];
    std::uint64_t marks = 0;
    std::uint64_t shared = 0;
    std::size_t keys = 0;
    bool must_sort = false;
    bool repeats = false;
    for (std::size_t at = node + 1; at < nodes.size(); at = nodes[at].end, ++keys) {
      const std::uint64_t mark = key_mark(nodes[at].key);
      const auto bit = static_cast<std::uint8_t>(std::countr_zero(mark));
      nodes[at].key_bit = bit;
      if ((marks & mark) == 0) {
        table[bit] = static_cast<std::uint32_t>(at);
      } else if (keys < kPairwiseKeysMax) {
        repeats = repeats || is_repeated(at, table[bit]);
      } else {
        must_sort = true;
      }
      shared |= marks & mark;
      marks |= mark;
    }
    Node& object = nodes[node];
    object.repeats_key = repeats || (must_sort && has_repeated_key(node));
    object.key_marks = marks;
    object.shared_marks = shared;
    if (number != kTablesMax) {
      object.table = document_.tables_used_++;
    }
  }

  // Whether one of the members from `first` to before `at` has the key of that one.
  [[nodiscard]] bool is_repeated(std::size_t at, std::size_t first) const {
    const std::vector<Node>& nodes = document_.nodes_;
    while (first != at && nodes[first].key != nodes[at].key) {
      first = nodes[first].end;
    }
    return first != at;
  }

  [[nodiscard]] bool has_repeated_key(std::size_t node) {
    const std::vector<Node>& nodes = document_.nodes_;
    std::vector<std::string_view>& keys = document_.keys_;
    keys.clear();
    for (std::size_t at = node + 1; at < nodes.size(); at = nodes[at].end) {
      keys.push_back(nodes[at].key);
    }
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
  }

  JsonDocument& document_;
  KeyTable spare_;
  std::size_t depth_ = 0;
  JsonFailure failure_ = JsonFailure::none;
};

JsonDocument::JsonDocument() = default;
JsonDocument::~JsonDocument() = default;

void JsonDocument::clear() {
  forget(nodes_, kKeptBytes);
  forget(keys_, kKeptBytes);
  tables_used_ = 0;
  met_repeated_key_ = false;
  if (parser_ != nullptr && parser_->parser.capacity() > kKeptBytes) {
    parser_.reset();
  }
}

JsonFailure JsonDocument::read(std::string_view text) {
  clear();
  if (text.size() > kBytesMax) {
    return JsonFailure::too_large;
  }
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (text.find_first_not_of(kAsciiBlanks) == std::string_view::npos) {
    return JsonFailure::empty;
  }
  if (text.find('\0') != std::string_view::npos) {
    return JsonFailure::not_unicode;
  }
  if (parser_ == nullptr) {
    parser_ = std::make_unique<Parser>();
  }
  std::string& padded = parser_->padded;
  padded.assign(text);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  simdjson::ondemand::document document;
  const auto error =
      parser_->parser.iterate(padded.data(), text.size(), padded.size()).get(document);
  if (error == simdjson::MEMALLOC) {
    throw std::bad_alloc();
  }
  const JsonFailure failure =
      error == simdjson::SUCCESS ? Reader(*this).read(document) : JsonFailure::syntax;
  if (failure != JsonFailure::none) {
    clear();
  }
  return failure;
}

JsonValue JsonDocument::root() const {
  if (nodes_.empty()) {
    return {};
  }
  return {this, 0, nodes_[0].end};
}

JsonFailure JsonNest::read(std::string_view text) {
  inner_used_ = 0;
  return outer_.read(text);
}

JsonValue JsonNest::unwrapped(JsonValue value) {
  const std::string_view text = value.text();
  const std::size_t start = text.find_first_not_of(kAsciiBlanks);
  if (start == std::string_view::npos || text[start] != '{') {
    return value;
  }
  if (inner_used_ == kInnerDocumentsMax) {
    return value;
  }
  if (inner_used_ == inner_.size()) {
    inner_.emplace_back();
  }
  JsonDocument& document = inner_[inner_used_];
  if (document.read(text) != JsonFailure::none) {
    return value;
  }
  ++inner_used_;
  return document.root();
}

bool JsonNest::met_repeated_key() const {
  const auto used_end = inner_.begin() + static_cast<std::ptrdiff_t>(inner_used_);
  return outer_.met_repeated_key() ||
         std::any_of(inner_.begin(), used_end,
                     [](const JsonDocument& inner) { return inner.met_repeated_key(); });
}

std::vector<std::string_view> objects_as_sent(std::string_view text, std::string_view pointer) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const simdjson::padded_string padded(text);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.at_pointer(pointer).get_array().get(array) != simdjson::SUCCESS) {
    return {};
  }
  std::vector<std::string_view> objects;
  for (auto item : array) {
    simdjson::ondemand::object object;
    std::string_view raw;
    if (item.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(raw) != simdjson::SUCCESS) {
      return {};
    }
    raw = raw.substr(0, raw.find_last_of('}') + 1);
    objects.push_back(
        text.substr(static_cast<std::size_t>(raw.data() - padded.data()), raw.size()));
  }
  return objects;
}

}  // namespace core
