#include "core/video/video_container.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/text/ascii.h"

namespace core {
namespace {

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) {
    number = (number << 8U) | static_cast<unsigned char>(byte);
  }
  return number;
}

// Fills `header` up to `need` bytes from the beginning of `bytes`; returns whether it is full.
bool fill(char* header, std::size_t& size, std::size_t need, std::string_view& bytes) {
  const std::size_t take = std::min(need - size, bytes.size());
  std::copy_n(bytes.data(), take, header + size);
  size += take;
  bytes.remove_prefix(take);
  return size == need;
}

void skip(std::uint64_t& left, std::string_view& bytes) {
  const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
  left -= take;
  bytes.remove_prefix(take);
}

std::string cut_text(std::uint64_t missing, const std::string& where) {
  return "it is cut: " + std::to_string(missing) + " bytes of " + where + " are missing";
}

}  // namespace

// Boxes.

namespace {

constexpr std::size_t kShortHeader = 8;   // size and type
constexpr std::size_t kLongHeader = 16;   // with a 64-bit size
constexpr std::uint64_t kToTheEnd = 0;    // as size: up to the end of the file
constexpr std::uint64_t kLargeSize = 1;   // as size: use the 64-bit size
constexpr std::uint64_t kBrandBytes = 8;  // ftyp's major brand and its version

}  // namespace

void BoxWalk::update(std::string_view bytes) {
  while (!bytes.empty() && failure_.empty()) {
    if (left_ > 0) {
      has_media_ = has_media_ || box_ == "mdat";
      skip(left_, bytes);
      continue;
    }
    const bool large =
        header_size_ >= kShortHeader && big_endian({header_.data(), 4}) == kLargeSize;
    if (fill(header_.data(), header_size_, large ? kLongHeader : kShortHeader, bytes)) {
      begin_box();
    }
  }
}

void BoxWalk::begin_box() {
  std::uint64_t size = big_endian({header_.data(), 4});
  if (size == kLargeSize && header_size_ == kShortHeader) {
    return;  // the 64-bit size is read next
  }
  if (size == kLargeSize) {
    size = big_endian({header_.data() + kShortHeader, 8});
  } else if (size == kToTheEnd) {
    size = std::numeric_limits<std::uint64_t>::max();
    to_the_end_ = true;
  }
  box_.assign(header_.data() + 4, 4);
  const bool readable =
      std::all_of(box_.begin(), box_.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (!readable) {
    failure_ = "the bytes after its last complete box are not a box";
  } else if (size < header_size_ + (box_ == "ftyp" ? kBrandBytes : 0)) {
    failure_ = "its box '" + box_ + "' states a size that is too small";
  } else {
    left_ = size - header_size_;
    header_size_ = 0;
    has_index_ = has_index_ || box_ == "moov";
    wants_media_ = box_ == "moof" || (wants_media_ && box_ != "mdat");
  }
}

std::string BoxWalk::failure() const {
  if (!failure_.empty()) {
    return failure_;
  }
  if (left_ > 0 && !to_the_end_) {
    return cut_text(left_, "box '" + box_ + "'");
  }
  if (header_size_ > 0) {
    return "it is cut inside the header of a box";
  }
  if (!has_index_) {
    return "it has no box 'moov' (the index of its tracks)";
  }
  if (wants_media_) {
    return "it is cut after a box 'moof': the pictures of its last fragment are missing";
  }
  return has_media_ ? "" : "it has no box 'mdat' (the pictures)";
}

// Elements.

namespace {

namespace element {
constexpr std::uint64_t kHeader = 0x1A45DFA3;
constexpr std::uint64_t kDocType = 0x4282;
constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kTracks = 0x1654AE6B;
constexpr std::uint64_t kCluster = 0x1F43B675;
}  // namespace element

// The length of a variable-size integer by its first byte: one more than the number of leading zero
// bits.
std::size_t varint_size(char first) {
  const auto byte = static_cast<unsigned char>(first);
  std::size_t size = 1;
  for (unsigned mask = 0x80U; mask != 0 && (byte & mask) == 0; mask >>= 1U) {
    ++size;
  }
  return size;  // 9 is invalid
}

struct ElementHeader {
  std::uint64_t id = 0;
  std::optional<std::uint64_t> size;  // none: unknown
  std::size_t bytes = 0;
};

// The header at the beginning of `bytes`, which contain all of it; none if it is not a header.
std::optional<ElementHeader> element_header(std::string_view bytes) {
  constexpr std::size_t kIdBytesMax = 4;
  constexpr std::size_t kSizeBytesMax = 8;
  if (bytes.empty()) {
    return std::nullopt;
  }
  const std::size_t id_size = varint_size(bytes.front());
  if (id_size > kIdBytesMax || bytes.size() <= id_size) {
    return std::nullopt;
  }
  const std::size_t size_size = varint_size(bytes[id_size]);
  if (size_size > kSizeBytesMax || bytes.size() < id_size + size_size) {
    return std::nullopt;
  }
  const std::uint64_t value_mask = (std::uint64_t{1} << (7 * size_size)) - 1;
  const std::uint64_t size = big_endian(bytes.substr(id_size, size_size)) & value_mask;
  ElementHeader header{big_endian(bytes.substr(0, id_size)), size, id_size + size_size};
  if (size == value_mask) {
    header.size.reset();
  }
  return header;
}

// The DocType of an EBML header at the beginning of `bytes`; empty if there is none.
std::string_view doc_type(std::string_view bytes) {
  const auto header = element_header(bytes);
  if (!header || header->id != element::kHeader || !header->size ||
      *header->size > bytes.size() - header->bytes) {
    return "";
  }
  std::string_view children = bytes.substr(header->bytes, static_cast<std::size_t>(*header->size));
  while (const auto child = element_header(children)) {
    if (!child->size || *child->size > children.size() - child->bytes) {
      return "";
    }
    const auto size = static_cast<std::size_t>(*child->size);
    if (child->id == element::kDocType) {
      const std::string_view text = children.substr(child->bytes, size);
      return text.substr(0, text.find('\0'));
    }
    children.remove_prefix(child->bytes + size);
  }
  return "";
}

}  // namespace

std::size_t ElementWalk::header_need() const {
  if (header_size_ == 0) {
    return 1;
  }
  const std::size_t id_size = varint_size(header_[0]);
  if (id_size > 4) {
    return 0;
  }
  if (header_size_ <= id_size) {
    return id_size + 1;
  }
  const std::size_t size_size = varint_size(header_[id_size]);
  return size_size > 8 ? 0 : id_size + size_size;
}

void ElementWalk::update(std::string_view bytes) {
  while (!bytes.empty() && failure_.empty()) {
    const std::size_t before = bytes.size();
    if (left_ > 0) {
      skip(left_, bytes);
      position_ += before - bytes.size();
      continue;
    }
    const std::size_t need = header_need();
    if (need == 0) {
      failure_ = "the bytes after its last complete element are not an element";
      return;
    }
    const bool filled = fill(header_.data(), header_size_, need, bytes);
    position_ += before - bytes.size();
    if (filled && header_need() == header_size_) {
      begin_element();
    }
  }
}

void ElementWalk::begin_element() {
  const auto header = element_header({header_.data(), header_size_});
  const std::uint64_t begin = position_ - header_size_;
  header_size_ = 0;
  if (!header) {
    failure_ = "the bytes after its last complete element are not an element";
    return;
  }
  if (segment_end_ && begin >= *segment_end_) {
    in_segment_ = false;
    segment_end_.reset();
  }
  if (header->id == element::kSegment) {
    in_segment_ = true;
    segment_end_ = header->size ? std::optional(position_ + *header->size) : std::nullopt;
    return;
  }
  has_tracks_ = has_tracks_ || (in_segment_ && header->id == element::kTracks);
  has_cluster_ = has_cluster_ || (in_segment_ && header->id == element::kCluster);
  if (!header->size) {
    if (header->id != element::kCluster) {
      failure_ = "an element of unknown size in it is neither Segment nor Cluster";
    }
    return;  // its children are read like its siblings
  }
  left_ = *header->size;
  if (segment_end_ && position_ + left_ > *segment_end_) {
    failure_ = "an element in its Segment ends after the Segment";
  }
}

std::string ElementWalk::failure() const {
  if (!failure_.empty()) {
    return failure_;
  }
  if (segment_end_ && position_ < *segment_end_) {
    return cut_text(*segment_end_ - position_, "its Segment");
  }
  if (left_ > 0) {
    return cut_text(left_, "its last element");
  }
  if (header_size_ > 0) {
    return "it is cut inside the header of an element";
  }
  if (!has_tracks_) {
    return "it has no Tracks";
  }
  return has_cluster_ ? "" : "it has no Cluster (the pictures)";
}

// The first bytes.

namespace {

struct Magic {
  std::size_t at;
  std::string_view bytes;
  std::string_view what;
};

constexpr Magic kOtherFiles[] = {
    {0, "#EXTM3U", "a playlist (HLS)"},
    {0, "%PDF", "a PDF document"},
    {0, "\x89PNG", "a PNG picture"},
    {0, "\xFF\xD8\xFF", "a JPEG picture"},
    {0, "GIF8", "a GIF picture"},
    {8, "WEBP", "a WebP picture"},
    {8, "AVI ", "an AVI file, which is not supported"},
    {8, "WAVE", "a WAVE sound"},
    {0, "FLV\x01", "a Flash video, which is not supported"},
    {0, "OggS", "an Ogg file, which is not supported"},
    {0, "ID3", "an MP3 sound"},
    {0, "PK\x03\x04", "a ZIP archive"},
    {0, "\x1F\x8B", "gzip data"},
    {0, "\x28\xB5\x2F\xFD", "zstd data"},
};

// Major brands (ftyp) of the same family that are not videos.
constexpr std::pair<std::string_view, std::string_view> kOtherBrands[] = {
    {"M4A ", "a sound (MPEG-4 audio)"}, {"M4B ", "a sound (MPEG-4 audio)"},
    {"heic", "a HEIF picture"},         {"heix", "a HEIF picture"},
    {"mif1", "a HEIF picture"},         {"avif", "an AVIF picture"},
};

// With fewer bytes than a container's first header, the kind cannot be decided.
constexpr std::size_t kFirstHeaderBytes = 12;

bool holds(std::string_view head, std::size_t at, std::string_view bytes) {
  return head.size() >= at + bytes.size() && head.substr(at, bytes.size()) == bytes;
}

bool is_text(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](unsigned char c) {
    return c >= 0x20 || c == '\t' || c == '\r' || c == '\n' || c == 0x1B;
  });
}

// The kind of a text; `head` is without its byte order mark and leading blanks.
std::string_view text_kind(std::string_view head) {
  const std::string low = lower_ascii(head.substr(0, 1024));
  if (low.starts_with("<!doctype html") || low.find("<html") != std::string::npos) {
    return "an HTML page";
  }
  if (low.starts_with("<")) {
    return "XML, most likely an error message";
  }
  if (low.starts_with("{") || low.starts_with("[")) {
    return "JSON, most likely an error message";
  }
  return "plain text";
}

// The name of another known file kind; empty if it is none.
std::string_view other_file(std::string_view head) {
  for (const Magic& magic : kOtherFiles) {
    if (holds(head, magic.at, magic.bytes)) {
      return magic.what;
    }
  }
  constexpr std::size_t kTransportPacket = 188;
  if (holds(head, 0, "\x47") && holds(head, kTransportPacket, "\x47")) {
    return "an MPEG transport stream, which is not supported";
  }
  return {};
}

std::string_view what_else(std::string_view head) {
  if (std::all_of(head.begin(), head.end(), [](char c) { return c == '\0'; })) {
    return "only zero bytes";
  }
  if (!is_text(head)) {
    return "of an unknown kind";
  }
  if (holds(head, 0, "\xEF\xBB\xBF")) {
    head.remove_prefix(3);
  }
  const std::size_t blanks = std::min(head.find_first_not_of(" \t\r\n"), head.size());
  return text_kind(head.substr(blanks));
}

}  // namespace

void ContainerCheck::update(std::string_view bytes) {
  if (!sniffed_) {
    const std::size_t take = std::min(kHeadBytes - head_.size(), bytes.size());
    head_ += bytes.substr(0, take);
    bytes.remove_prefix(take);
    if (head_.size() < kHeadBytes) {
      return;
    }
    sniff();
  }
  if (auto* boxes = std::get_if<BoxWalk>(&walk_)) {
    boxes->update(bytes);
  } else if (auto* elements = std::get_if<ElementWalk>(&walk_)) {
    elements->update(bytes);
  }
}

void ContainerCheck::sniff() {
  sniffed_ = true;
  const std::string_view head = head_;
  if (head.empty()) {
    report_.failure = "it is empty";
    return;
  }
  if (holds(head, 4, "ftyp")) {
    const std::string_view brand = head.substr(8, 4);
    report_.extension = brand == "qt  " ? "mov" : "mp4";
    for (const auto& [other, what] : kOtherBrands) {
      if (brand == other) {
        report_ = {ContentKind::other, "", "it is " + std::string(what)};
      }
    }
    walk_.emplace<BoxWalk>().update(head);
    return;
  }
  if (holds(head, 0, "\x1A\x45\xDF\xA3")) {
    const std::string_view type = doc_type(head);
    report_.extension = type == "webm" ? "webm" : type == "matroska" ? "mkv" : "";
    if (report_.extension.empty()) {
      report_.kind = ContentKind::other;
      report_.failure = "its EBML header names neither webm nor matroska";
    }
    walk_.emplace<ElementWalk>().update(head);
    return;
  }
  const std::string_view other = other_file(head);
  const bool is_start = head.size() < kFirstHeaderBytes && !is_text(head);
  report_.kind = !other.empty() ? ContentKind::other
                 : is_start     ? ContentKind::video
                                : ContentKind::unknown;
  report_.failure = "it is " + std::string(other.empty() ? what_else(head) : other);
}

ContainerReport ContainerCheck::finish() {
  if (!sniffed_) {
    sniff();
  }
  if (report_.failure.empty()) {
    if (const auto* boxes = std::get_if<BoxWalk>(&walk_)) {
      report_.failure = boxes->failure();
    } else if (const auto* elements = std::get_if<ElementWalk>(&walk_)) {
      report_.failure = elements->failure();
    }
  }
  if (!report_.failure.empty()) {
    report_.extension.clear();
  }
  return report_;
}

}  // namespace core
