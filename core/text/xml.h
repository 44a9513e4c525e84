// XML as the answers of the S3 API are written in: elements and texts, nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// An element: its name without a namespace's prefix, and what stands in it.
struct XmlElement {
  std::string name;
  std::string text;  ///< all text in it but that of its children, decoded
  std::vector<XmlElement> children;

  /// The first child of that name; null when there is none.
  [[nodiscard]] const XmlElement* child(std::string_view wanted) const;
  /// The text of the first child of that name; empty when there is none.
  [[nodiscard]] std::string_view text_of(std::string_view wanted) const;
};

/// The root. None for what is not well-formed, is nested deeper than 16 elements, or declares a
/// document type: no S3 answer does, and entities of one's own can grow without bound. Comments,
/// attributes and processing instructions are skipped.
[[nodiscard]] std::optional<XmlElement> parse_xml(std::string_view text);

/// The text with the five characters escaped that mean something in XML.
[[nodiscard]] std::string xml_escaped(std::string_view text);

}  // namespace core
