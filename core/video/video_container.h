// Checks whether a file is a complete video: the container's magic, and a walk over its outermost
// boxes, which must end exactly at the end of the file (design.md c5, c7). An error page or a cut
// file is not a video.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace core {

/// The kind of file by its first bytes.
enum class ContentKind {
  video,    ///< a supported container, complete or not; or an empty file
  unknown,  ///< text, most likely an error page, or bytes of an unknown kind
  other,    ///< a picture, a sound, a document, an unsupported container
};

/// The result of a walk: an extension, or a failure.
struct ContainerReport {
  ContentKind kind = ContentKind::video;
  std::string extension;  ///< "mp4", "mov", "webm" or "mkv"; empty: not a complete video
  std::string failure;    ///< for users, e.g. "it is an HTML page"; quotes no content
};

/// Walks over the outermost boxes of an ISO base media file (ISO/IEC 14496-12 §4.2), in pieces.
class BoxWalk {
 public:
  void update(std::string_view bytes);
  /// Empty if the boxes end exactly where the bytes end, and contain what a video needs.
  [[nodiscard]] std::string failure() const;

 private:
  void begin_box();

  std::array<char, 16> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t left_ = 0;  ///< bytes of the current box still to come
  bool to_the_end_ = false;
  bool has_index_ = false;    ///< moov
  bool has_media_ = false;    ///< a non-empty mdat
  bool wants_media_ = false;  ///< after a fragment's index (moof), before its mdat
  std::string box_;           ///< the type of the current box
  std::string failure_;
};

/// Walks over the elements of a WebM or Matroska file (RFC 8794, RFC 9559), in pieces: those of the
/// top level and of the Segment, and of a Cluster whose size is unknown.
class ElementWalk {
 public:
  void update(std::string_view bytes);
  /// Empty if the elements end exactly where the bytes end, and contain what a video needs.
  [[nodiscard]] std::string failure() const;

 private:
  static constexpr std::size_t kHeaderBytesMax = 12;  // an ID of four bytes, a size of eight

  /// The total size of the current header; 0 if it is not a header.
  [[nodiscard]] std::size_t header_need() const;
  void begin_element();

  std::array<char, kHeaderBytesMax> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t position_ = 0;  ///< of the next byte
  std::uint64_t left_ = 0;      ///< bytes of the current element still to come
  std::optional<std::uint64_t> segment_end_;
  bool in_segment_ = false;
  bool has_tracks_ = false;
  bool has_cluster_ = false;
  std::string failure_;
};

/// Examines the first bytes, then walks over the rest, in pieces; one file for each object.
class ContainerCheck {
 public:
  void update(std::string_view bytes);
  /// To be called after the last piece.
  [[nodiscard]] ContainerReport finish();

 private:
  // Enough for an EBML header, and to distinguish a page from a video.
  static constexpr std::size_t kHeadBytes = 4096;
  struct Unknown {};

  void sniff();

  std::string head_;
  bool sniffed_ = false;
  ContainerReport report_;
  std::variant<Unknown, BoxWalk, ElementWalk> walk_;
};

}  // namespace core
