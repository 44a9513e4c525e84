#include "core/video/local/part_notes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <limits>
#include <vector>

#include "core/files/beneath.h"
#include "core/files/read_whole.h"
#include "core/text/http_headers.h"

namespace core {
namespace {

constexpr std::string_view kSuffix = ".notes";
constexpr std::string_view kHead = "reeltally part 2";
constexpr std::string_view kEnd = "end";
constexpr std::size_t kBytesMax = kEtagBytesMax + 256;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

std::string notes_text(const PartNotes& notes, const std::string& boot_id) {
  assert(is_strong_etag(notes.validator));
  const PromisedContent& promised = notes.promised;
  std::string text = std::string(kHead) + "\n" + boot_id + "\n";
  text += (promised.length ? std::to_string(*promised.length) : "") + "\n";
  text += (promised.crc64 ? std::to_string(*promised.crc64) : "") + "\n";
  text += (is_md5_base64(promised.md5_base64) ? promised.md5_base64 : "") + "\n";
  return text + notes.validator + "\n" + std::string(kEnd) + "\n";
}

PartNotes parse_notes(std::string_view text, const std::string& boot_id) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() != 7 || lines[0] != kHead || lines[6] != kEnd || boot_id.empty() ||
      lines[1] != boot_id || !is_strong_etag(lines[5])) {
    return {};
  }
  PartNotes notes{std::string(lines[5]), {}};
  const auto length = parse_unsigned(lines[2]);
  notes.promised.crc64 = parse_unsigned(lines[3]);
  notes.promised.md5_base64 = lines[4];
  if (length && *length <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    notes.promised.length = static_cast<std::int64_t>(*length);
  }
  const bool readable = notes.promised.length.has_value() != lines[2].empty() &&
                        notes.promised.crc64.has_value() != lines[3].empty() &&
                        (lines[4].empty() || is_md5_base64(lines[4]));
  return readable ? notes : PartNotes{};
}

PartNotesFile::PartNotesFile(int folder, const std::string& part, const std::string& boot_id)
    : folder_(folder), name_(part + std::string(kSuffix)), boot_id_(boot_id) {}

PartNotes PartNotesFile::read(std::int64_t part_bytes) const {
  const Descriptor file = open_beneath(folder_, name_, O_RDONLY);
  struct stat status {};
  if (!file.valid() || fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return {};
  }
  std::array<char, kBytesMax> text{};
  const ssize_t count = read_at(file.number(), text.data(), text.size(), 0);
  if (count <= 0) {
    return {};
  }
  PartNotes notes = parse_notes({text.data(), static_cast<std::size_t>(count)}, boot_id_);
  if (notes.promised.length && part_bytes > *notes.promised.length) {
    return {};
  }
  return notes;
}

int PartNotesFile::write(const PartNotes& notes) const {
  const Descriptor file = open_beneath(folder_, name_, O_WRONLY | O_CREAT | O_EXCL, kPartMode);
  if (!file.valid()) {
    return errno;
  }
  std::size_t written = 0;
  return write_at(file.number(), notes_text(notes, boot_id_), 0, written);
}

int PartNotesFile::remove() const {
  return unlinkat(folder_, name_.c_str(), 0) == 0 || errno == ENOENT ? 0 : errno;
}

}  // namespace core
