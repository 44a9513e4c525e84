#include "core/video/file_name.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "core/error.h"
#include "core/files/sha256.h"
#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace core {
namespace {

// The maximum length of one part of a path, including the dot and suffix of a part file. The kernel
// allows 255, encrypted and foreign file systems fewer.
constexpr std::size_t kPartBytesMax = 200;
constexpr std::string_view kPartSuffix = ".part";
constexpr std::size_t kNameBytesMax = kPartBytesMax - 1 - kPartSuffix.size();

constexpr std::size_t kShortHashDigits = 8;
constexpr std::size_t kLiteralExtensionMax = 5;  // ".webm" without its dot, and one more
constexpr std::string_view kPlaceholders =
    "{task_id}, {account}, {model}, {date}, {status}, {index}, {ext}, {label:NAME}";

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw UsageError("name template \"" + std::string(text) + "\": " + why);
}

// Characters that cause trouble in a name for shells, terminals, Windows or human readers.
bool is_unsafe(char32_t code) {
  constexpr std::u32string_view kReserved = U"/\\:*?\"<>|";
  const bool is_control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  return is_control || is_invisible(code) || kReserved.find(code) != std::u32string_view::npos;
}

std::string date_text(UtcTime time) {
  using std::chrono::sys_days;
  using std::chrono::year;
  if (time == UtcTime{} || time < sys_days{year{1} / 1 / 1} ||
      time >= sys_days{year{9999} / 12 / 31}) {
    return "";
  }
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text.data();
}

std::string label_value(const Labels& labels, std::string_view name) {
  const auto found = std::find_if(labels.begin(), labels.end(),
                                  [&](const auto& label) { return label.first == name; });
  return found == labels.end() ? "" : found->second;
}

// Where the literal extension of a template (`.mp4`) begins, or npos.
std::size_t literal_extension(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == text.size() ||
      text.size() - dot - 1 > kLiteralExtensionMax) {
    return std::string_view::npos;
  }
  const std::string_view tail = text.substr(dot + 1);
  const bool plain = std::all_of(tail.begin(), tail.end(), is_ascii_alphanumeric);
  return plain ? dot : std::string_view::npos;
}

}  // namespace

std::string safe_part(std::string_view text, std::size_t bytes_max) {
  assert(bytes_max >= 2 * kShortHashDigits);
  std::string part;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Character character = utf8_character(rest, 0);
    if (!character.valid || is_unsafe(character.code)) {
      part += '_';
    } else {
      part += rest.substr(0, character.bytes);
    }
    rest.remove_prefix(character.bytes);
  }
  if (part.empty()) {
    return "_";
  }
  if (part.front() == '.' || part.front() == '-') {
    part.front() = '_';
  }
  if (part.back() == '.' || part.back() == ' ') {
    part.back() = '_';
  }
  if (part.size() > bytes_max) {
    part.resize(utf8_start(part, bytes_max - 1 - kShortHashDigits).size());
    part += '-' + sha256_hex(text).substr(0, kShortHashDigits);
  }
  return part;
}

std::string part_file_name(const NameFields& fields) {
  constexpr std::size_t kIdBytesMax = 120;
  constexpr std::size_t kHashDigits = 16;
  const std::string index = std::to_string(fields.index);
  // An account's name and a task's ID contain no NUL, so every video has a different text.
  const std::string identity = fields.account + '\0' + fields.task_id + '\0' + index;
  std::string name = ".";
  name += safe_part(fields.task_id, kIdBytesMax);
  name += '-' + index + '-' + sha256_hex(identity).substr(0, kHashDigits);
  name += kPartSuffix;
  return name;
}

NameTemplate::NameTemplate(std::string_view text) {
  if (text.empty()) {
    refuse(text, "it is empty; the default is " + std::string(kDefault));
  }
  if (text.front() == '/') {
    refuse(text, "it begins with \"/\"; names are relative to the output folder (--output)");
  }
  folders_ = parse(text);
  for (const Part& part : folders_) {
    check_part(part, text);
    has_index_ = has_index_ || std::any_of(part.begin(), part.end(), [](const Piece& piece) {
                   return piece.kind == Piece::Kind::index;
                 });
  }
  Part last = std::move(folders_.back());
  folders_.pop_back();
  if (folders_.size() > kFoldersMax) {
    refuse(text, "it makes more than " + std::to_string(kFoldersMax) + " folders");
  }
  take_last(std::move(last));
}

std::vector<NameTemplate::Part> NameTemplate::parse(std::string_view text) {
  std::vector<Part> parts(1);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '/') {
      parts.emplace_back();
      ++at;
    } else if (text[at] == '{') {
      const std::size_t end = text.find_first_of("{}", at + 1);
      if (end == std::string_view::npos || text[end] == '{') {
        refuse(text, "a \"{\" is not closed; placeholders are " + std::string(kPlaceholders));
      }
      parts.back().push_back(placeholder(text.substr(at + 1, end - at - 1), text));
      at = end + 1;
    } else if (text[at] == '}') {
      refuse(text, "a \"}\" has no \"{\"; placeholders are " + std::string(kPlaceholders));
    } else {
      const std::size_t end = std::min(text.find_first_of("/{}", at), text.size());
      parts.back().push_back({Piece::Kind::literal, std::string(text.substr(at, end - at))});
      at = end;
    }
  }
  return parts;
}

NameTemplate::Piece NameTemplate::placeholder(std::string_view name, std::string_view text) {
  using Kind = Piece::Kind;
  constexpr std::array<std::pair<std::string_view, Kind>, 7> kNames{{
      {"task_id", Kind::task_id},
      {"account", Kind::account},
      {"model", Kind::model},
      {"date", Kind::date},
      {"status", Kind::status},
      {"index", Kind::index},
      {"ext", Kind::ext},
  }};
  if (name.starts_with(kLabelMark) && name.size() > kLabelMark.size()) {
    return {Kind::label, std::string(name.substr(kLabelMark.size()))};
  }
  for (const auto& [known, kind] : kNames) {
    if (name == known) {
      return {kind, ""};
    }
  }
  refuse(text, "unknown placeholder {" + std::string(name) + "}; valid are " +
                   std::string(kPlaceholders));
}

void NameTemplate::check_part(const Part& part, std::string_view text) {
  if (part.empty()) {
    refuse(text, "it has an empty part between, before or after \"/\"");
  }
  const bool literal = part.size() == 1 && part.front().kind == Piece::Kind::literal;
  if (literal && (part.front().text == "." || part.front().text == "..")) {
    refuse(text,
           "a part of it is \"" + part.front().text + "\"; names stay below the output folder");
  }
}

void NameTemplate::take_last(Part part) {
  stem_ = std::move(part);
  const bool by_content = stem_.size() > 1 && stem_.back().kind == Piece::Kind::ext &&
                          stem_[stem_.size() - 2].kind == Piece::Kind::literal &&
                          stem_[stem_.size() - 2].text.ends_with('.');
  if (by_content) {
    extension_ = {{Piece::Kind::literal, "."}, stem_.back()};
    stem_.pop_back();
    stem_.back().text.pop_back();
  } else if (stem_.back().kind == Piece::Kind::literal) {
    std::string& text = stem_.back().text;
    if (const std::size_t dot = literal_extension(text); dot != std::string::npos) {
      extension_ = {{Piece::Kind::literal, text.substr(dot)}};
      text.resize(dot);
    }
  }
}

std::string NameTemplate::value(const Piece& piece, const NameFields& fields,
                                std::string_view extension) {
  switch (piece.kind) {
    case Piece::Kind::literal:
      return piece.text;
    case Piece::Kind::task_id:
      return fields.task_id;
    case Piece::Kind::account:
      return fields.account;
    case Piece::Kind::model:
      return fields.model;
    case Piece::Kind::date:
      return date_text(fields.finish_time);
    case Piece::Kind::status:
      return fields.status;
    case Piece::Kind::index:
      return std::to_string(fields.index);
    case Piece::Kind::ext:
      return std::string(extension);
    case Piece::Kind::label:
      return label_value(fields.labels, piece.text);
  }
  return "";
}

std::string NameTemplate::join(const Part& part, const NameFields& fields,
                               std::string_view extension) {
  std::string text;
  for (const Piece& piece : part) {
    const std::string found = value(piece, fields, extension);
    text += found.empty() && piece.kind != Piece::Kind::literal ? "_" : found;
  }
  return text;
}

std::string NameTemplate::render(const NameFields& fields, std::string_view extension,
                                 int nth) const {
  std::string path;
  for (const Part& folder : folders_) {
    path += safe_part(join(folder, fields, extension), kNameBytesMax) + '/';
  }
  std::string tail;
  if (fields.index > 1 && !has_index_) {
    tail += '-' + std::to_string(fields.index);
  }
  if (nth > 1) {
    tail += '-' + std::to_string(nth);
  }
  tail += join(extension_, fields, extension);
  return path + safe_part(join(stem_, fields, extension), kNameBytesMax - tail.size()) + tail;
}

}  // namespace core
