#include "core/video/s3/upload_note.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <vector>

#include "core/files/beneath.h"
#include "core/files/draft_file.h"
#include "core/files/read_whole.h"

namespace core {
namespace {

constexpr std::string_view kSuffix = ".upload";
constexpr std::string_view kHead = "reeltally upload 1";
constexpr std::string_view kEnd = "end";
constexpr std::size_t kLines = 7;

}  // namespace

std::string upload_note_text(const UploadNote& note) {
  std::string text;
  for (const std::string& line :
       {std::string(kHead), note.object.bucket, note.object.key, note.sha256,
        std::to_string(note.part_bytes), note.upload, std::string(kEnd)}) {
    text += line + '\n';
  }
  return text;
}

std::optional<UploadNote> parse_upload_note(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  if (lines.size() != kLines || !text.empty() || lines.front() != kHead || lines.back() != kEnd) {
    return std::nullopt;
  }
  UploadNote note{.object = {lines[1], lines[2]}, .sha256 = lines[3], .upload = lines[5]};
  const std::string& number = lines[4];
  const auto read = std::from_chars(number.data(), number.data() + number.size(), note.part_bytes);
  const bool is_good = read.ec == std::errc() && read.ptr == number.data() + number.size() &&
                       note.part_bytes > 0 && !note.upload.empty();
  return is_good ? std::optional(std::move(note)) : std::nullopt;
}

UploadNoteFile::UploadNoteFile(int folder, const std::string& part)
    : folder_(folder), name_(part + std::string(kSuffix)) {}

std::optional<UploadNote> UploadNoteFile::read() const {
  const Descriptor file = open_beneath(folder_, name_, O_RDONLY);
  if (!file.valid()) {
    return std::nullopt;
  }
  std::string text;
  const int error = read_whole(file.number(), [&](std::string_view piece) { text += piece; });
  return error == 0 ? parse_upload_note(text) : std::nullopt;
}

int UploadNoteFile::write(const UploadNote& note) const {
  DraftFile draft(folder_, name_);
  draft.remove();
  int error = draft.create();
  error = error != 0 ? error : draft.write(upload_note_text(note));
  return error != 0 ? error : draft.publish_over();
}

void UploadNoteFile::remove() const { static_cast<void>(unlinkat(folder_, name_.c_str(), 0)); }

}  // namespace core
