// JSON read into flat, reusable memory (RFC 8259), strict where money depends on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace core {

class JsonDocument;

/// One of 64 bits for a key. An object keeps the marks of all its keys, and most keys that readers
/// look for are those of other vendors: this tells their absence without a search.
[[nodiscard]] constexpr std::uint64_t key_mark(std::string_view key) {
  if (key.empty()) {
    return 1;
  }
  const auto byte = [key](std::size_t at) {
    return std::size_t{static_cast<unsigned char>(key[at])};
  };
  const std::size_t sum = byte(0) + 5 * byte(key.size() / 2) + 11 * byte(key.size() - 1);
  return std::uint64_t{1} << ((sum + 3 * key.size()) % 64);
}

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// A place in a JsonDocument, or nowhere ("absent"): looking further from nowhere stays nowhere, so
/// paths need no checks. Cheap to copy; valid until its document reads another text.
class JsonValue {
 public:
  JsonValue() = default;

  /// Whether there is a value here at all; `null` is one.
  [[nodiscard]] bool exists() const { return document_ != nullptr; }
  /// Absent and `null` are the same to most readers.
  [[nodiscard]] bool is_null() const { return !exists() || kind() == JsonKind::null; }
  [[nodiscard]] bool is_object() const { return exists() && kind() == JsonKind::object; }
  [[nodiscard]] bool is_array() const { return exists() && kind() == JsonKind::array; }
  [[nodiscard]] bool is_string() const { return exists() && kind() == JsonKind::string; }
  [[nodiscard]] bool is_number() const { return exists() && kind() == JsonKind::number; }
  [[nodiscard]] bool is_boolean() const { return exists() && kind() == JsonKind::boolean; }
  /// The value must exist.
  [[nodiscard]] JsonKind kind() const;

  /// A string's text, decoded; empty for everything else.
  [[nodiscard]] std::string_view text() const;
  /// A string's text; a number exactly as sent ("5.0", "1e3", "-0"); "true" or "false".
  /// Empty for `null`, for containers and when absent.
  [[nodiscard]] std::string_view scalar() const;
  /// The key under which this value stands in an object; else empty.
  [[nodiscard]] std::string_view key() const;

  /// The member of an object; absent when there is none or this is no object. Which one of two of
  /// the same name would be a guess: absent, and the document remembers that it was asked
  /// (JsonDocument::met_repeated_key).
  [[nodiscard]] JsonValue operator[](std::string_view key) const {
    return may_hold(key_mark(key)) ? find(key) : JsonValue();
  }

  /// The first value inside an array or object, and the next one beside this; absent at the end.
  /// Walking an object in which a name is repeated is to ask for that one, too.
  [[nodiscard]] JsonValue first_child() const;
  [[nodiscard]] JsonValue next_sibling() const;

  /// The values inside an array or object, for range-for; nothing for all else.
  class Children;
  [[nodiscard]] Children children() const;

  friend bool operator==(const JsonValue&, const JsonValue&) = default;

 private:
  friend class JsonDocument;
  [[nodiscard]] bool may_hold(std::uint64_t mark) const;
  [[nodiscard]] JsonValue find(std::string_view key) const;

  JsonValue(const JsonDocument* document, std::uint32_t node, std::uint32_t parent_end)
      : document_(document), node_(node), parent_end_(parent_end) {}

  const JsonDocument* document_ = nullptr;
  std::uint32_t node_ = 0;
  std::uint32_t parent_end_ = 0;
};

class JsonValue::Children {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = JsonValue;
    using difference_type = std::ptrdiff_t;
    using pointer = const JsonValue*;
    using reference = const JsonValue&;

    explicit Iterator(JsonValue value) : value_(value) {}
    reference operator*() const { return value_; }
    Iterator& operator++() {
      value_ = value_.next_sibling();
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    JsonValue value_;
  };

  explicit Children(JsonValue first) : first_(first) {}
  [[nodiscard]] Iterator begin() const { return Iterator(first_); }
  [[nodiscard]] Iterator end() const { return Iterator(JsonValue()); }

 private:
  JsonValue first_;
};

inline JsonValue::Children JsonValue::children() const { return Children(first_child()); }

/// Why a text is not taken as JSON.
enum class JsonFailure {
  none,
  empty,        ///< nothing but white space
  too_large,    ///< over kBytesMax, or more than kValuesMax values
  too_deep,     ///< over kDepthMax
  not_unicode,  ///< a NUL byte in the text: UTF-16, or binary
  syntax,       ///< not JSON, cut, not UTF-8, something behind it, or a number beyond double
};
/// For people, e.g. "JSON that is nested too deeply".
[[nodiscard]] std::string_view describe(JsonFailure failure);

/// One text of JSON. Whatever bytes it is made of, nothing here throws but for want of memory. A
/// UTF-8 byte order mark in front is ignored (RFC 8259 §8.1 allows it). Memory
/// is kept for the next text, up to kKeptBytes. One thread at a time; not movable, since values
/// point at it.
class JsonDocument {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{8} << 20U;
  static constexpr std::size_t kDepthMax = 64;
  static constexpr std::size_t kValuesMax = 1'000'000;
  static constexpr std::size_t kKeptBytes = std::size_t{1} << 20U;

  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  /// Reads a text and forgets the one before. Without JsonFailure::none the document is empty.
  [[nodiscard]] JsonFailure read(std::string_view text);

  /// Absent while the document is empty.
  [[nodiscard]] JsonValue root() const;

  /// Whether something was looked for, since `read`, under a key that its object repeats: what was
  /// found then counts for nothing. A repeated key that nobody looks for harms nothing.
  [[nodiscard]] bool met_repeated_key() const { return met_repeated_key_; }

 private:
  friend class JsonValue;
  class Reader;
  struct Parser;

  /// Nodes stand in the order of the text: a container's children follow it, up to `end`.
  struct Node {
    std::uint32_t key_at = 0;
    std::uint32_t key_bytes = 0;
    std::uint32_t text_at = 0;
    std::uint32_t text_bytes = 0;
    std::uint32_t end = 0;
    JsonKind kind = JsonKind::null;
    bool repeats_key = false;     // of an object
    std::uint64_t key_marks = 0;  // of an object: which keys it may hold
  };

  void clear();
  [[nodiscard]] std::string_view slice(std::uint32_t at, std::uint32_t bytes) const {
    return {texts_.data() + at, bytes};
  }

  std::vector<Node> nodes_;
  std::string texts_;
  std::vector<std::string_view> keys_;
  std::unique_ptr<Parser> parser_;
  mutable bool met_repeated_key_ = false;
};

inline JsonKind JsonValue::kind() const { return document_->nodes_.data()[node_].kind; }

inline bool JsonValue::may_hold(std::uint64_t mark) const {
  return exists() && (document_->nodes_.data()[node_].key_marks & mark) != 0;
}

inline std::string_view JsonValue::scalar() const {
  if (!exists()) {
    return {};
  }
  const JsonDocument::Node& node = document_->nodes_.data()[node_];
  return document_->slice(node.text_at, node.text_bytes);
}

inline std::string_view JsonValue::text() const {
  return is_string() ? scalar() : std::string_view();
}

/// Documents within documents: gateways and vendors put JSON as text inside JSON (gateway.md T6,
/// T7). One thread at a time.
class JsonNest {
 public:
  static constexpr std::size_t kInnerDocumentsMax = 8;

  /// Reads the outermost text and forgets all texts before.
  [[nodiscard]] JsonFailure read(std::string_view text);
  [[nodiscard]] JsonValue root() const { return outer_.root(); }

  /// The object inside a string that begins with `{`, when it is JSON and the limit is not reached;
  /// else the value itself.
  [[nodiscard]] JsonValue unwrapped(JsonValue value);

  /// JsonDocument::met_repeated_key of any text.
  [[nodiscard]] bool met_repeated_key() const;

 private:
  JsonDocument outer_;
  std::deque<JsonDocument> inner_;
  std::size_t inner_used_ = 0;
};

}  // namespace core
