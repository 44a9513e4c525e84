// JSON read into flat, reusable memory (RFC 8259), strict where money depends on it.
#pragma once

#include <array>
#include <concepts>
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

/// One bit out of 64 for a key. An object stores the marks of all its keys; most of the keys that
/// are looked up belong to other vendors, and a missing mark shows their absence without a search.
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

/// A key with its mark, for keys that are looked up in a loop: the mark is found at compile time.
struct MarkedKey {
  consteval MarkedKey(const char* key) : text(key), mark(key_mark(text)) {}
  std::string_view text;
  std::uint64_t mark;
};

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// A value in a JsonDocument, or "absent": every look-up in an absent value gives an absent value,
/// so paths need no checks. Cheap to copy; valid until its document reads another text.
class JsonValue {
 public:
  JsonValue() = default;

  /// Whether a value exists here; `null` is a value.
  [[nodiscard]] bool exists() const { return document_ != nullptr; }
  /// True for `null` and for an absent value: most readers treat both the same.
  [[nodiscard]] bool is_null() const { return !exists() || kind() == JsonKind::null; }
  [[nodiscard]] bool is_object() const { return exists() && kind() == JsonKind::object; }
  [[nodiscard]] bool is_array() const { return exists() && kind() == JsonKind::array; }
  [[nodiscard]] bool is_string() const { return exists() && kind() == JsonKind::string; }
  [[nodiscard]] bool is_number() const { return exists() && kind() == JsonKind::number; }
  [[nodiscard]] bool is_boolean() const { return exists() && kind() == JsonKind::boolean; }
  /// The value must exist.
  [[nodiscard]] JsonKind kind() const;

  /// The decoded text of a string; empty for everything else.
  [[nodiscard]] std::string_view text() const;
  /// A string's text; a number exactly as sent ("5.0", "1e3", "-0"); "true" or "false".
  /// Empty for `null`, for containers and when absent.
  [[nodiscard]] std::string_view scalar() const;
  /// The key of this value if it is a member of an object; else empty.
  [[nodiscard]] std::string_view key() const;

  /// The member of an object; absent if there is none or this is not an object. Also absent if the
  /// object repeats the key, because choosing one would be a guess; the document then remembers it
  /// (JsonDocument::met_repeated_key).
  [[nodiscard]] JsonValue operator[](std::string_view key) const {
    const std::uint64_t mark = key_mark(key);
    return may_hold(mark) ? find(key, mark) : JsonValue();
  }
  // A template, so that plain texts are not converted.
  template <std::same_as<MarkedKey> Key>
  [[nodiscard]] JsonValue operator[](const Key& key) const {
    return may_hold(key.mark) ? find(key.text, key.mark) : JsonValue();
  }
  /// False if this has no member with any of the keys whose marks are combined.
  [[nodiscard]] bool may_hold(std::uint64_t marks) const;

  /// The first value inside an array or object, and the next value after this one; absent at the
  /// end. Walking over a repeated key counts as looking it up.
  [[nodiscard]] JsonValue first_child() const;
  [[nodiscard]] JsonValue next_sibling() const;

  /// The values inside an array or object, for range-for; none for other values.
  class Children;
  [[nodiscard]] Children children() const;

  friend bool operator==(const JsonValue&, const JsonValue&) = default;

 private:
  friend class JsonDocument;
  [[nodiscard]] JsonValue find(std::string_view key, std::uint64_t mark) const;

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

/// Why a text is not accepted as JSON.
enum class JsonFailure {
  none,
  empty,        ///< only white space
  too_large,    ///< over kBytesMax, or more than kValuesMax values
  too_deep,     ///< over kDepthMax
  not_unicode,  ///< a NUL byte in the text: UTF-16, or binary
  syntax,       ///< not JSON, cut, not UTF-8, text after the end, or a number beyond double
};
/// For users, e.g. "JSON that is nested too deeply".
[[nodiscard]] std::string_view describe(JsonFailure failure);

/// One JSON text. Whatever its bytes are, nothing here throws except std::bad_alloc. A UTF-8 byte
/// order mark at the beginning is ignored (RFC 8259 §8.1 allows it). Memory is kept for the next
/// text, up to kKeptBytes. One thread at a time; not movable, because values point to it.
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

  /// Reads a text and forgets the previous one. After any failure the document is empty.
  [[nodiscard]] JsonFailure read(std::string_view text);

  /// Absent if the document is empty.
  [[nodiscard]] JsonValue root() const;

  /// Whether a key was looked up, since `read`, that its object repeats: the result is then not
  /// usable. A repeated key that is never looked up does no harm.
  [[nodiscard]] bool met_repeated_key() const { return met_repeated_key_; }

 private:
  friend class JsonValue;
  class Reader;
  struct Parser;

  /// Nodes are in text order: a container's children follow it, up to `end`.
  struct Node {
    std::string_view key;  // texts lie in the parser's memory
    std::string_view text;
    std::uint32_t end = 0;
    JsonKind kind = JsonKind::null;
    bool repeats_key = false;         // of an object
    std::uint8_t key_bit = 0;         // of a member: the bit of its key's mark
    std::uint8_t table = kTablesMax;  // of an object; kTablesMax: none
    std::uint64_t key_marks = 0;      // of an object: which keys it may hold
    std::uint64_t shared_marks = 0;   // of an object: those of several keys
  };
  /// For each bit of an object's key_marks: its first member with that bit. Others are not set.
  using KeyTable = std::array<std::uint32_t, 64>;
  static constexpr std::uint8_t kTablesMax = 16;

  void clear();

  std::vector<Node> nodes_;
  std::array<KeyTable, kTablesMax> tables_;
  std::uint8_t tables_used_ = 0;
  std::vector<std::string_view> keys_;
  std::unique_ptr<Parser> parser_;
  mutable bool met_repeated_key_ = false;
};

inline JsonKind JsonValue::kind() const { return document_->nodes_.data()[node_].kind; }

inline bool JsonValue::may_hold(std::uint64_t marks) const {
  return exists() && (document_->nodes_.data()[node_].key_marks & marks) != 0;
}

inline std::string_view JsonValue::scalar() const {
  if (!exists()) {
    return {};
  }
  return document_->nodes_.data()[node_].text;
}

inline std::string_view JsonValue::text() const {
  return is_string() ? scalar() : std::string_view();
}

/// The objects of an array, each exactly as it is in `text`, which JsonDocument accepts. `pointer`
/// leads to the array (RFC 6901). Empty if it does not, or if a value of the array is no object.
/// Any thread.
[[nodiscard]] std::vector<std::string_view> objects_as_sent(std::string_view text,
                                                            std::string_view pointer);

/// JSON documents inside JSON strings: gateways and vendors send JSON as text inside JSON
/// (gateway.md T6, T7). One thread at a time.
class JsonNest {
 public:
  static constexpr std::size_t kInnerDocumentsMax = 8;

  /// Reads the outermost text and forgets all earlier texts.
  [[nodiscard]] JsonFailure read(std::string_view text);
  [[nodiscard]] JsonValue root() const { return outer_.root(); }

  /// The object inside a string that begins with `{`, if it is JSON and the limit is not reached;
  /// else the value itself.
  [[nodiscard]] JsonValue unwrapped(JsonValue value);

  /// See JsonDocument::met_repeated_key, for any of the texts.
  [[nodiscard]] bool met_repeated_key() const;

 private:
  JsonDocument outer_;
  std::deque<JsonDocument> inner_;
  std::size_t inner_used_ = 0;
};

}  // namespace core
