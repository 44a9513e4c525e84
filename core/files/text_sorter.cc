#include "core/files/text_sorter.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "core/files/beneath.h"
#include "core/files/read_whole.h"
#include "core/files/unnamed_file.h"

namespace core {
namespace {

constexpr std::size_t kReadAhead = std::size_t{64} << 10U;  // of each run
constexpr std::size_t kWriteAtOnce = std::size_t{1} << 20U;

using Size = std::uint32_t;

}  // namespace

// Reads a run from its beginning to its end.
class TextSorter::RunReader {
 public:
  RunReader(const TextSorter& sorter, const Run& run) : sorter_(sorter), rest_(run) { next(); }

  [[nodiscard]] bool has_text() const { return has_text_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  void next() {
    has_text_ = rest_.at < rest_.end || used_ < buffer_.size();
    if (has_text_) {
      Size size = 0;
      std::memcpy(&size, take(sizeof size).data(), sizeof size);
      text_ = take(size);
    }
  }

 private:
  // Valid until the next call.
  std::string_view take(std::size_t size) {
    if (buffer_.size() - used_ < size) {
      fill(size);
    }
    used_ += size;
    return std::string_view(buffer_).substr(used_ - size, size);
  }
  void fill(std::size_t size) {
    buffer_.erase(0, used_);
    used_ = 0;
    const std::size_t have = buffer_.size();
    buffer_.resize(have + std::min(std::max(size - have, kReadAhead), rest_.end - rest_.at));
    const std::size_t wanted = buffer_.size() - have;
    const ssize_t got = read_at(sorter_.file_.number(), buffer_.data() + have, wanted,
                                static_cast<off_t>(rest_.at));
    if (got < 0) {
      sorter_.fail("read");
    }
    rest_.at += wanted;
    if (static_cast<std::size_t>(got) < wanted || buffer_.size() < size) {
      errno = EIO;
      sorter_.fail("read");
    }
  }

  const TextSorter& sorter_;
  Run rest_;
  std::string buffer_;
  std::size_t used_ = 0;
  bool has_text_ = false;
  std::string_view text_;
};

void TextSorter::add(std::string_view text) {
  if (!places_.empty() &&
      bytes_.size() + text.size() + (places_.size() + 1) * sizeof(Place) > in_memory_max_) {
    spill();
  }
  places_.push_back({bytes_.size(), text.size()});
  bytes_ += text;
}

void TextSorter::each(const std::function<void(std::string_view text)>& visit) {
  if (runs_.empty()) {
    sort();
    for (const Place& place : places_) {
      visit(text(place));
    }
  } else {
    spill();
    merge(visit);
  }
  places_.clear();
  bytes_.clear();
  runs_.clear();
  file_bytes_ = 0;
}

void TextSorter::sort() {
  std::sort(places_.begin(), places_.end(),
            [this](const Place& one, const Place& other) { return text(one) < text(other); });
}

void TextSorter::spill() {
  if (!file_.valid()) {
    file_ = open_unnamed_file();
    if (!file_.valid()) {
      fail("make");
    }
  }
  sort();
  Run run{.at = file_bytes_, .end = 0};
  std::string pending;
  for (const Place& place : places_) {
    const auto size = static_cast<Size>(place.size);
    pending.append(reinterpret_cast<const char*>(&size), sizeof size);
    pending += text(place);
    if (pending.size() >= kWriteAtOnce) {
      append_to_file(pending);
      pending.clear();
    }
  }
  append_to_file(pending);
  run.end = file_bytes_;
  runs_.push_back(run);
  places_.clear();
  bytes_.clear();
}

void TextSorter::append_to_file(std::string_view bytes) {
  std::size_t written = 0;
  errno = write_at(file_.number(), bytes, static_cast<off_t>(file_bytes_), written);
  if (errno != 0) {
    fail("write");
  }
  file_bytes_ += written;
}

void TextSorter::merge(const std::function<void(std::string_view text)>& visit) {
  std::vector<std::unique_ptr<RunReader>> heap;  // the least text is in front
  const auto is_after = [](const auto& one, const auto& other) {
    return one->text() > other->text();
  };
  for (const Run& run : runs_) {
    heap.push_back(std::make_unique<RunReader>(*this, run));
  }
  std::make_heap(heap.begin(), heap.end(), is_after);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), is_after);
    visit(heap.back()->text());
    heap.back()->next();
    if (heap.back()->has_text()) {
      std::push_heap(heap.begin(), heap.end(), is_after);
    } else {
      heap.pop_back();
    }
  }
}

void TextSorter::fail(const char* doing) const {
  throw Error(std::string("cannot ") + doing + " the temporary file that sorts " + what_ + ": " +
              errno_text(errno) + "; free space in TMPDIR or /tmp");
}

}  // namespace core
