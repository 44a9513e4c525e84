// Is this a whole video? The container's magic, and a walk over its outermost boxes that must end
// exactly where the file does (design.md c5, c7): an error page or a cut file is no video.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace core {

/// What kind of file the first bytes announce.
enum class ContentKind {
  video,    ///< a supported container, whole or not; or nothing at all
  unknown,  ///< text, an error page most likely, or bytes of no known kind
  other,    ///< a picture, a sound, a document, a container that is not supported
};

/// What a walk found: an extension, or a failure.
struct ContainerReport {
  ContentKind kind = ContentKind::video;
  std::string extension;  ///< "mp4", "mov", "webm" or "mkv"; empty: no whole video
  std::string failure;    ///< for people, e.g. "it is an HTML page"; quotes nothing of the content
};

/// The outermost boxes of an ISO base media file (ISO/IEC 14496-12 §4.2). Fed in pieces.
class BoxWalk {
 public:
  void update(std::string_view bytes);
  /// Empty when the boxes end where the bytes did and hold what a video needs.
  [[nodiscard]] std::string failure() const;

 private:
  void begin_box();

  std::array<char, 16> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t left_ = 0;  ///< bytes of the current box still to come
  bool to_the_end_ = false;
  bool has_index_ = false;    ///< moov
  bool has_media_ = false;    ///< mdat that holds something
  bool wants_media_ = false;  ///< after a fragment's index (moof), before its mdat
  std::string box_;           ///< the current one's type
  std::string failure_;
};

/// The elements of a WebM or Matroska file (RFC 8794, RFC 9559): those of the top level and of the
/// Segment, and of a Cluster whose size is unknown. Fed in pieces.
class ElementWalk {
 public:
  void update(std::string_view bytes);
  /// Empty when the elements end where the bytes did and hold what a video needs.
  [[nodiscard]] std::string failure() const;

 private:
  static constexpr std::size_t kHeaderBytesMax = 12;  // an ID of four bytes, a size of eight

  /// Bytes that the header under way needs in all; 0 when it is none.
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

/// Looks at the first bytes, then walks. Fed in pieces; one file for each object.
class ContainerCheck {
 public:
  void update(std::string_view bytes);
  /// After the last piece.
  [[nodiscard]] ContainerReport finish();

 private:
  // Enough for an EBML header and to tell a page from a video.
  static constexpr std::size_t kHeadBytes = 4096;
  struct Unknown {};

  void sniff();

  std::string head_;
  bool sniffed_ = false;
  ContainerReport report_;
  std::variant<Unknown, BoxWalk, ElementWalk> walk_;
};

}  // namespace core
